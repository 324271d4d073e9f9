"""Records that the prescription benchmark stands on: pharmacies, practitioners with keys, a drug, accounts of patients."""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

import prepared_visits
from prepared_visits import CODE, REGION

BEIJING: Final = timezone(timedelta(hours=8))
DRUG: Final = "XL000000000000000000001"
NAME: Final = "测试片"
PACKS: Final = 2
PRICE_FEN: Final = 1250
SECRET: Final = "bench"
_SINCE: Final = date(2019, 1, 1)
_codes = itertools.count(86_000_000_000_000_000_001)
_serials = itertools.count(1)


@dataclass(frozen=True)
class Signer:
    """A practitioner and the private half of the key."""

    code: str
    name: str
    private_key: str

    def sign(self, text: str) -> str:
        """The signature over a text, in hex."""
        from yibao.core import sm2

        return sm2.sign(self.private_key, text.encode()).hex()


@dataclass(frozen=True)
class Person:
    """A patient: number, name, document."""

    number: str
    name: str
    document: str


@dataclass(frozen=True)
class Town:
    """A hospital with a physician and a pharmacist, pharmacies with a pharmacist each, and patients who have accounts."""

    physician: Signer
    pharmacist: Signer
    shops: list[tuple[str, Signer]]
    patients: list[Person]


def found(*, patients: int, pharmacies: int) -> Town:
    """Found all of it in the database of this home."""
    from yibao.domains.institutions.models import Institution
    from yibao.domains.messages.keys import KeyRow, Material, add_key
    from yibao.domains.messages.models import AccessPoint

    visits = prepared_visits.found(persons=patients)
    point = AccessPoint.objects.get(region_id=REGION)
    houses = Institution.objects.bulk_create(
        Institution(code=f"P110101{place:05d}", name=f"测试{place:02d}药店", kind="pharmacy", level="pharmacy",
                    division_id="110101", designated_from=_SINCE)
        for place in range(1, pharmacies + 1)
    )  # fmt: skip
    for house in houses:
        add_key(KeyRow(point.pk, house.pk, "", Material("")))
    _list_drug()
    people = [Person(number, f"测试{place}", document) for place, (_, number, document, _) in enumerate(visits.persons)]
    _open_accounts([row[0] for row in visits.persons])
    hospital = Institution.objects.get(code=CODE)
    physician, pharmacist = _staff(hospital.pk, "D"), _staff(hospital.pk, "Y")
    return Town(physician, pharmacist, [(house.code, _staff(house.pk, "Y")) for house in houses], people)


def _staff(institution_id: int, kind: str) -> Signer:
    """A practitioner with a key of the house's own system."""
    from yibao.core import sm2
    from yibao.domains.institutions.models import Practitioner
    from yibao.domains.prescriptions.signatures import keep_key

    code = f"{kind}110101{next(_serials):06d}"
    private = sm2.new_private_key()
    made = Practitioner.objects.create(
        code=code, name=f"测试{code[-6:]}", kind=kind, institution_id=institution_id, valid_from=_SINCE
    )
    keep_key(practitioner_id=made.pk, public_key=sm2.public_key_of(private), at=datetime(2026, 1, 1, tzinfo=UTC))
    return Signer(code, made.name, private)


def _list_drug() -> None:
    """One drug of class 甲 in the catalogue."""
    from yibao.domains.catalogue.models import Coverage, Item

    drug = Item.objects.create(
        code=DRUG, kind="drug", name=NAME, unit="盒", charge_category="09", valid_from=_SINCE, version="bench"
    )
    Coverage.objects.create(
        item=drug, region_id=REGION, scheme="310", item_class="01", self_pay_first_ppm=0, valid_from=_SINCE
    )


def _open_accounts(person_ids: list[int]) -> None:
    """An account on the public pages for each; one round of hashing, because signing in is not what is measured."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    from yibao.domains.personal_access.models import Account

    now, hasher = datetime.now(UTC), PBKDF2PasswordHasher()
    secret = hasher.encode(SECRET, "salt", iterations=1)
    Account.objects.bulk_create(
        Account(person_id=each, secret=secret, secret_set_at=now, activated_at=now) for each in person_ids
    )


def moment(**off: float) -> str:
    """A moment from now, as messages write it."""
    return f"{datetime.now(BEIJING) + timedelta(**off):%Y-%m-%d %H:%M:%S}"


def new_number() -> str:
    """A number of the hospital's own."""
    return f"RX{next(_serials)}"


def new_packs() -> list[str]:
    """Trace codes of the packs of one prescription."""
    return [str(next(_codes)) for _ in range(PACKS)]


def registration(person: Person, staff: Signer, *, number: str) -> dict[str, Any]:
    """The input of 2201."""
    return {
        "data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document, "psn_no": person.number, "insutype": "310",
            "begntime": moment(minutes=-5), "ipt_otp_no": number, "atddr_no": staff.code, "dr_name": staff.name,
            "dept_code": "A03", "dept_name": "内科", "caty": "A03",
        }
    }  # fmt: skip


def prescription(town: Town, person: Person, visit: str, *, number: str) -> tuple[dict[str, Any], str]:
    """The input of 7101 with both signatures, and the text that they are over."""
    from yibao.domains.prescriptions.signatures import canonical

    written, until = moment(minutes=-1), moment(days=2)
    row = {
        "med_list_codg": DRUG, "drug_genname": NAME, "drug_dosform": "片剂", "drug_spec": "5mg*28", "drug_cnt": str(PACKS),
        "drug_cnt_unit": "盒", "medc_way_codg": "1", "medc_way_dscr": "口服", "medc_starttime": written,
        "medc_endtime": until, "medc_days": "14", "sin_doscnt": "1", "sin_dosunt": "片", "used_frqu_codg": "11",
        "used_frqu_name": "每日一次",
    }  # fmt: skip
    signed = ("med_list_codg", "drug_genname", "drug_spec", "drug_cnt", "drug_cnt_unit", "medc_way_codg", "sin_doscnt",
              "sin_dosunt", "used_frqu_codg", "medc_days")  # fmt: skip
    text = canonical(
        {
            "fixmedins_code": CODE, "hosp_rxno": number, "prsc_dr_name": town.physician.name, "patn_name": person.name,
            "certno": person.document, "diag_code": "I10.x00", "prsc_time": written, "valid_end_time": until,
            "drugs": [{name: row[name] for name in signed}],
        }
    )  # fmt: skip
    data = {
        "hosp_rxno": number, "rx_type_code": "1", "prsc_time": written, "rx_drug_nums": str(PACKS), "valid_days": "3",
        "valid_end_time": until, "rx_cotn_flag": "0", "rx_file": "", "rx_circ_flag": "1",
        "dr_sign_info": town.physician.sign(text), "phar_sign_info": town.pharmacist.sign(text),
    }  # fmt: skip
    seen = {
        "mdtrt_id": visit, "med_type": "11", "ipt_op_no": number, "psn_no": person.number, "patn_name": person.name,
        "age": "46", "gend": "1", "insuplc_admdvs": "110101", "psn_cert_type": "01", "certno": person.document,
        "insutype": "310", "prsc_dept_name": "内科", "prsc_dept_code": "A03", "prsc_dr_name": town.physician.name,
        "phar_name": town.pharmacist.name, "phar_prac_cert_no": town.pharmacist.code, "phar_chk_time": written,
        "mdtrt_time": written, "sp_dise_flag": "0", "diag_code": "I10.x00", "diag_name": "高血压", "rgst_fee": "0",
    }  # fmt: skip
    disease = {
        "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": "1", "diag_code": "I10.x00", "diag_name": "高血压",
        "diag_dept": "内科", "dise_dor_no": town.physician.code, "dise_dor_name": town.physician.name,
        "diag_time": written,
    }  # fmt: skip
    return {"data": data, "rxdrugdetail": [row], "mdtrtinfo": seen, "diseinfo": [disease]}, text


def chosen_by(person: Person, shop: str) -> dict[str, Any]:
    """The input of 7202."""
    return {
        "data": {
            "app_chnl_id": "1", "app_chnl_user_id": "1", "dev_info": "t", "ip_info": "10.0.0.1", "opter": "1",
            "opter_name": "店员", "optins": shop, "insuplc_admdvs": "110101", "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.document,
        }
    }  # fmt: skip


def review(number: str, pharmacist: Signer, text: str) -> dict[str, Any]:
    """The input of 7204."""
    return {
        "data": {
            "hi_rxno": number, "phar_cert_type": "01", "phar_certno": "-", "phar_name": pharmacist.name,
            "phar_prac_cert_no": pharmacist.code, "phar_sign_info": pharmacist.sign(text), "rchk_phar_cert_type": "01",
            "rchk_phar_certno": "-", "rchk_phar_name": pharmacist.name, "rx_chk_opnn": "合理", "rx_chk_stas_codg": "1",
            "rx_chk_time": moment(),
        }
    }  # fmt: skip


def fees(person: Person, staff: Signer, visit: str, *, number: str) -> dict[str, Any]:
    """The input of 2204."""
    total = f"{PACKS * PRICE_FEN / 100:.2f}"
    return {
        "feedetail": [
            {
                "feedetl_sn": number, "mdtrt_id": visit, "psn_no": person.number, "chrg_bchno": number,
                "rx_circ_flag": "1", "fee_ocur_time": moment(minutes=-1), "med_list_codg": DRUG,
                "medins_list_codg": DRUG, "det_item_fee_sumamt": total, "cnt": str(PACKS),
                "pric": f"{PRICE_FEN / 100:.2f}", "bilg_dept_codg": "YD", "bilg_dept_name": "药品零售",
                "bilg_dr_codg": staff.code, "bilg_dr_name": staff.name, "hosp_appr_flag": "1",
            }
        ]
    }  # fmt: skip


def bill(person: Person, visit: str, *, number: str) -> dict[str, Any]:
    """The input of 2207."""
    return {
        "data": {
            "psn_no": person.number, "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document, "med_type": "41",
            "medfee_sumamt": f"{PACKS * PRICE_FEN / 100:.2f}", "psn_setlway": "01", "mdtrt_id": visit,
            "chrg_bchno": number, "insutype": "310", "acct_used_flag": "1", "invono": number,
        }
    }  # fmt: skip


def handed_over(
    number: str, pharmacist: Signer, packs: list[str], settled: dict[str, Any], *, leave: str
) -> dict[str, Any]:
    """The input of 7206 with the settlement that paid it."""
    price = f"{PRICE_FEN / 100:.2f}"
    data = {
        "hi_rxno": number, "phar_cert_type": "01", "phar_name": pharmacist.name, "phar_prac_cert_no": pharmacist.code,
        "dspeer_cert_type": "01", "dspeer_name": pharmacist.name, "pro__cert_type": "01", "pro_name": pharmacist.name,
        "hi_feesetl_type": "1", "setl_id": settled["setl_id"], "sel_retn_time": moment(), "download_ide_code": leave,
        "fund_pay_sumamt": settled["fund_pay_sumamt"], "psn_part_amt": settled["psn_part_amt"],
        "acct_pay": settled["acct_pay"], "psn_cash_pay": settled["psn_cash_pay"], "setl_time": moment(),
    }  # fmt: skip
    rows = [
        {
            "med_list_codg": DRUG, "fixmedins_hilist_id": DRUG, "fixmedins_hilist_name": NAME, "drug_dosform": "片剂",
            "drug_spec": "5mg*28", "manu_lotnum": "L1", "prdr_name": "测试药厂", "manu_date": "2026-01-01", "rx_flag": "1",
            "trdn_flag": "0", "finl_trns_pric": price, "drug_trac_codg": code, "sel_retn_cnt": "1",
            "drug_cnt_unit": "盒", "sumamt": price,
        }
        for code in packs
    ]  # fmt: skip
    return {"data": data, "selinfo": rows}
