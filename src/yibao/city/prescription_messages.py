"""The inputs of the transactions about one electronic prescription, as systems of hospitals and pharmacies write them (71xx, 72xx)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from yibao.city.clinic import DISEASE, Clinic, Patient, yuan
from yibao.city.goods import Good
from yibao.city.providers import Provider
from yibao.city.signers import Signer
from yibao.city.speaker import moment

Input = dict[str, Any]
FOR_OUTSIDE, FOR_OURS = "1", "0"
APPROVED, REFUSED = "1", "2"
_SIGNED_OF_A_DRUG: Final = (
    "med_list_codg", "drug_genname", "drug_spec", "drug_cnt", "drug_cnt_unit", "medc_way_codg", "sin_doscnt",
    "sin_dosunt", "used_frqu_codg", "medc_days",
)  # fmt: skip
_DAYS: Final = 14
_DOCUMENT: Final = "01"
_LOT: Final = "CITY1"


@dataclass(frozen=True, slots=True)
class Paper:
    """What a physician prescribes: to whom, in which visit, which drug and how many packs, from when until when."""

    number: str
    clinic: Clinic
    patient: Patient
    visit: str
    medical_type: str
    drug: Good
    packs: int
    written: datetime
    until: datetime
    circulates: str = FOR_OUTSIDE

    @property
    def text(self) -> str:
        """What its practitioners sign (签名原文): JSON, names in order, no blanks, nothing empty."""
        told = {
            "fixmedins_code": self.clinic.hospital.code, "hosp_rxno": self.number,
            "prsc_dr_name": self.clinic.physician.name, "patn_name": self.patient.name, "certno": self.patient.document,
            "diag_code": DISEASE[0], "prsc_time": moment(self.written), "valid_end_time": moment(self.until),
            "drugs": [{name: self.row()[name] for name in _SIGNED_OF_A_DRUG}],
        }  # fmt: skip
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def row(self) -> Input:
        """The drug as 7101 tells it."""
        return {
            "med_list_codg": self.drug.code, "fixmedins_hilist_id": self.drug.code, "drug_genname": self.drug.name,
            "drug_dosform": self.drug.dosage_form, "drug_spec": self.drug.specification, "drug_cnt": str(self.packs),
            "drug_cnt_unit": self.drug.unit, "medc_way_codg": "1", "medc_way_dscr": "口服",
            "medc_starttime": moment(self.written), "medc_endtime": moment(self.written + timedelta(days=_DAYS)),
            "medc_days": str(_DAYS), "sin_doscnt": "1", "sin_dosunt": "片", "used_frqu_codg": "11", "used_frqu_name": "每日一次",
        }  # fmt: skip

    def check(self, *, physician: Signer | None, pharmacist: Signer, reviews: bool) -> Input:
        """7101 电子处方上传预核验, with the signatures that come along: none, the physician's, or the pharmacist's too."""
        where, who = self.clinic.department, self.patient
        data = {
            "hosp_rxno": self.number, "rx_type_code": "1", "prsc_time": moment(self.written),
            "rx_drug_nums": str(self.packs), "valid_days": "3", "valid_end_time": moment(self.until), "rx_cotn_flag": "0",
            "rx_file": "", "rx_circ_flag": self.circulates,
        }  # fmt: skip
        if physician is not None:
            data["dr_sign_info"] = physician.sign(self.text)
            if reviews:
                data["phar_sign_info"] = pharmacist.sign(self.text)
        visit = {
            "mdtrt_id": self.visit, "med_type": self.medical_type, "ipt_op_no": self.number, "psn_no": who.number,
            "patn_name": who.name, "age": who.age, "gend": who.sex, "insuplc_admdvs": who.division,
            "psn_cert_type": who.document_type, "certno": who.document, "insutype": who.scheme,
            "prsc_dept_name": where[1], "prsc_dept_code": where[0], "prsc_dr_name": self.clinic.physician.name,
            "phar_name": pharmacist.name, "phar_prac_cert_no": pharmacist.code, "phar_chk_time": moment(self.written),
            "mdtrt_time": moment(self.written), "sp_dise_flag": "0", "diag_code": DISEASE[0], "diag_name": DISEASE[1],
            "rgst_fee": "0",
        }  # fmt: skip
        disease = {**self.clinic.diagnosis(self.written), "maindiag_flag": "1"}
        return {"data": data, "rxdrugdetail": [self.row()], "mdtrtinfo": visit, "diseinfo": [disease]}


def reviewed_and_sealed(
    hospital: Provider, number: str, pharmacist: Signer, *, code: str, opinion: str, at: datetime
) -> Input:
    """7102: the hospital's pharmacist approves or refuses; the answer has the hospital's seal."""
    return {
        "data": {
            "hi_rxno": number, "fixmedins_name": hospital.name, "fixmedins_code": hospital.code,
            "phar_cert_type": _DOCUMENT, "phar_name": pharmacist.name, "phar_prac_cert_no": pharmacist.code,
            "rchk_phar_certno": "-", "rchk_phar_name": pharmacist.name, "rx_chk_stas_codg": code,
            "rx_chk_opnn": opinion, "rx_chk_time": moment(at),
        }
    }  # fmt: skip


def withdrawn(number: str, physician: str, *, at: datetime) -> Input:
    """7104 电子处方撤销."""
    return {
        "data": {
            "hi_rxno": number, "prsc_dr_name": physician, "undo_dr_certno": "-", "undo_rea": "调整用药方案",
            "undo_time": moment(at),
        }
    }  # fmt: skip


def paid_here(hospital: Provider, drug: Good, packs: int, number: str, *, at: datetime) -> Input:
    """7103: the hospital's own dispensary hands over, paid in cash."""
    total = yuan(packs * drug.price_fen)
    row = {
        "medins_drug_no": drug.code, "drug_genname": drug.name, "drug_dosform": drug.dosage_form,
        "drug_spec": drug.specification, "drug_totlcnt": str(packs), "fixmedins_code": hospital.code,
        "fixmedins_name": hospital.name, "prdr_name": drug.maker, "pric": yuan(drug.price_fen),
        "total_unit": drug.unit, "sumamt": total,
    }  # fmt: skip
    sums = {"fund_pay_sumamt": "0", "psn_part_amt": total, "acct_pay": "0", "psn_cash_pay": total}
    return {"data": {"hi_rxno": number, **sums, "setl_time": moment(at)}, "seltdelts": [row]}


def shown(pharmacy: Provider, qr_code: str) -> Input:
    """7201: the patient shows the QR of a prescription at the counter."""
    return {"data": {**_terminal(pharmacy), "epc_qrcd": qr_code}}


def chosen_by(pharmacy: Provider, patient: Patient) -> Input:
    """7202: did this patient choose us?"""
    return {"data": {**_terminal(pharmacy), "insuplc_admdvs": patient.division, **patient.shown}}


def _terminal(pharmacy: Provider) -> dict[str, str]:
    return {
        "app_chnl_id": "1", "app_chnl_user_id": "1", "dev_info": "收银台", "ip_info": "10.0.0.1", "opter": "1001",
        "opter_name": "店员", "optins": pharmacy.code,
    }  # fmt: skip


def opened(patient: Patient, **leave: str) -> Input:
    """7203: the prescription by its token or authorisation number; the pharmacy claims it with this."""
    return {"data": {**leave, "insuplc_admdvs": patient.division}}


def reviewed(number: str, pharmacist: Signer, text: str, *, code: str, opinion: str, at: datetime) -> Input:
    """7204: the pharmacy's own pharmacist approves or refuses, and signs."""
    return {
        "data": {
            "hi_rxno": number, "phar_cert_type": _DOCUMENT, "phar_certno": "-", "phar_name": pharmacist.name,
            "phar_prac_cert_no": pharmacist.code, "phar_sign_info": pharmacist.sign(text),
            "rchk_phar_cert_type": _DOCUMENT, "rchk_phar_certno": "-", "rchk_phar_name": pharmacist.name,
            "rx_chk_opnn": opinion, "rx_chk_stas_codg": code, "rx_chk_time": moment(at),
        }
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paid:
    """Who paid what was handed over, in fen; without a settlement all of it was cash."""

    fund_fen: int = 0
    account_fen: int = 0
    cash_fen: int = 0
    settlement: str = ""


def handed_over(
    number: str, drug: Good, pharmacist: Signer, codes: Sequence[str], paid: Paid, *, leave: str, at: datetime
) -> Input:
    """7206: packs by their trace codes."""
    sums = {
        "fund_pay_sumamt": yuan(paid.fund_fen), "psn_part_amt": yuan(paid.account_fen + paid.cash_fen),
        "acct_pay": yuan(paid.account_fen), "psn_cash_pay": yuan(paid.cash_fen), "setl_time": moment(at),
    }  # fmt: skip
    data = {
        "hi_rxno": number, "phar_cert_type": _DOCUMENT, "phar_name": pharmacist.name,
        "phar_prac_cert_no": pharmacist.code, "dspeer_cert_type": _DOCUMENT, "dspeer_name": pharmacist.name,
        "pro__cert_type": _DOCUMENT, "pro_name": pharmacist.name, "hi_feesetl_type": "1", "sel_retn_time": moment(at),
        "download_ide_code": leave, **sums, **({"setl_id": paid.settlement} if paid.settlement else {}),
    }  # fmt: skip
    return {"data": data, "selinfo": [_pack(drug, code, at.date()) for code in codes]}


def _pack(drug: Good, code: str, day: date) -> Mapping[str, str]:
    """One pack."""
    return {
        "med_list_codg": drug.code, "fixmedins_hilist_id": drug.code, "fixmedins_hilist_name": drug.name,
        "drug_dosform": drug.dosage_form, "drug_spec": drug.specification, "manu_lotnum": _LOT,
        "prdr_name": drug.maker, "manu_date": f"{day.year - 1}-06-01", "expy_end": f"{day.year + 2}-05-31", "rx_flag": "1",
        "trdn_flag": "0", "finl_trns_pric": yuan(drug.price_fen), "drug_trac_codg": code, "sel_retn_cnt": "1",
        "drug_cnt_unit": drug.unit, "sumamt": yuan(drug.price_fen),
    }  # fmt: skip


def delivery(number: str, *, code: str, state: str, at: datetime) -> Input:
    """7205: how the delivery fares."""
    return {
        "data": {
            "hi_rxno": number, "delv_no": f"YD{number[-12:]}", "delv_entp_name": "演示同城配送", "delver_cert_type": _DOCUMENT,
            "delv_stas_codg": code, "delv_stas_name": state, "delv_stas_time": moment(at),
        }
    }  # fmt: skip
