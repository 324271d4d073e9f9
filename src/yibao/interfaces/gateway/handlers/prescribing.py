"""Hospitals' prescriptions in the institution interface: 7101 pre-check, 7102 review and seal, 7103 handed over, 7104 withdrawal."""

from collections.abc import Mapping
from typing import Any

from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.signatures import Sealed
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.interfaces.gateway.handlers.prescription_words import APPROVING, REFUSING, state_words, words
from yibao.workflows.check_prescription import Drug, House, PrescriptionWish
from yibao.workflows.dispense_prescription import Handover, Sold, handing_over_step
from yibao.workflows.end_prescription import withdrawing_step
from yibao.workflows.look_up_prescriptions import patient_of
from yibao.workflows.review_prescription import Review, UnknownReviewCodeError, review_and_seal_step
from yibao.workflows.upload_prescription import prescribing_step

_SIGNED = {
    "medcWayCodg": "medc_way_codg",
    "sinDoscnt": "sin_doscnt",
    "sinDosunt": "sin_dosunt",
    "usedFrquCodg": "used_frqu_codg",
    "medcDays": "medc_days",
}
"""What of a drug's use is signed, by its name in the prescription's words."""


def house_of(context: Context) -> House:
    """The institution that speaks."""
    who = context.institution
    return House(who.id, who.code, who.name, who.region, who.designated_from, who.designated_until)


def review_code(code: str, *, field: str = "rx_chk_stas_codg") -> bool:
    """Whether a pharmacist approves.

    :raises UnknownReviewCodeError: the code says neither.
    """
    if code not in APPROVING | REFUSING:
        raise UnknownReviewCodeError(field=field, sent=code)
    return code in APPROVING


def drugs_of(infno: str, rows: list[dict[str, Any]], names: tuple[str, str, str, str, str]) -> list[Drug]:
    """The drugs of a prescription; `names` are those of code, name, specification, quantity and unit in the message."""
    code, name, specification, quantity, unit = names
    drugs = []
    for place, row in enumerate(rows):
        told = words(infno, "rxdrugdetail", row)
        signed = {text: told[kept] for kept, text in _SIGNED.items() if kept in told}
        drugs.append(
            Drug(
                row[code], row[name], row[specification], row[quantity], row[unit],
                f"rxdrugdetail[{place}].{code}", signed, told,
            )
        )  # fmt: skip
    return drugs


@handles("7101")
def check(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方上传预核验: check, write, and take the signatures that came along."""
    sent, visit, rows = data["data"], data["mdtrtinfo"], data["diseinfo"]
    main = next((row for row in rows if row["maindiag_flag"] == "1"), rows[0] if rows else {})
    wish = PrescriptionWish(
        house=house_of(context), number_at_institution=sent["hosp_rxno"], person_number=visit["psn_no"],
        document_number=visit["certno"], patient_name=visit["patn_name"], scheme=visit["insutype"],
        visit_id=record_id(visit["mdtrt_id"], field="mdtrtinfo.mdtrt_id"),
        physician_code=_code(main.get("dise_dor_no"), main.get("dise_dor_name") == visit["prsc_dr_name"]),
        physician_name=visit["prsc_dr_name"], department_code=visit["prsc_dept_code"],
        department_name=visit["prsc_dept_name"], diagnosis_code=visit["diag_code"], diagnosis_name=visit["diag_name"],
        prescribed_at=sent["prsc_time"], valid_days=sent["valid_days"], valid_until=sent["valid_end_time"],
        is_long=False, may_repeat=sent["rept_flag"] == "1", most_uses=sent["max_rept_cnt"],
        interval_days=sent["min_inrv_days"], is_for_outside=sent["rx_circ_flag"] == "1",
        renews=sent["init_rxno"] or "",
        drugs=drugs_of("7101", data["rxdrugdetail"], ("med_list_codg", "drug_genname", "drug_spec", "drug_cnt", "drug_cnt_unit")),
        details=details_of(context, data, visit["insuplc_admdvs"]), at=context.now,
    )  # fmt: skip
    review = None
    if sent["phar_sign_info"] is not None:
        review = Review(
            number="", house=wish.house, pharmacist_name=visit["phar_name"],
            pharmacist_code=pharmacist_of(visit["phar_prac_cert_no"]), is_approved=True, opinion="",
            reviewed_at=visit["phar_chk_time"], at=context.now, actor=context.envelope.opter,
            signature=sent["phar_sign_info"],
        )  # fmt: skip
    step = prescribing_step(wish, context.request, physician_signature=sent["dr_sign_info"], review=review)
    return context.change(visit["psn_no"], step, lambda made: {"root": {"hi_rxno": made.number}})


def _code(sent: str | None, is_the_physician: bool) -> str | None:  # noqa: FBT001  # told where it is called
    """The national code of the physician, where the main diagnosis names the same one by it."""
    return sent if sent and is_the_physician and sent[:1] == "D" and len(sent) == 13 else None


def details_of(context: Context, data: Mapping[str, Any], division: str | None) -> dict[str, Any]:
    """What else the message says, in the prescription's words."""
    infno = context.envelope.infno
    return {
        "rx": words(infno, "data", data["data"]),
        "visit": words(infno, "mdtrtinfo", data["mdtrtinfo"] or {}),
        "diseases": [words(infno, "diseinfo", row) for row in data["diseinfo"]],
        "insuplc_admdvs": division,
    }


@handles("7102")
def review(context: Context, data: dict[str, Any]) -> bytes:
    """处方审核结果反馈: a pharmacist of the hospital or of the dispenser; the answer has the hospital's seal."""
    sent = data["data"]
    told = Review(
        number=sent["hi_rxno"], house=house_of(context), pharmacist_name=sent["phar_name"],
        pharmacist_code=pharmacist_of(sent["phar_prac_cert_no"]),
        is_approved=review_code(sent["rx_chk_stas_codg"]), opinion=sent["rx_chk_opnn"] or "",
        reviewed_at=sent["rx_chk_time"], at=context.now, actor=context.envelope.opter,
        details={"second_pharmacist": sent["rchk_phar_name"]},
    )  # fmt: skip
    return context.change(patient_of(number=sent["hi_rxno"]), review_and_seal_step(told), seal_answer)


def pharmacist_of(licence: str | None) -> str | None:
    """A licence number that is the national code of a pharmacist."""
    return licence if licence and licence[:1] == "Y" and len(licence) == 13 else None


def seal_answer(sealed: Sealed | None, document: str | None = None) -> dict[str, Any] | None:
    """The institution's seal as 7102 and D002 answer; a refused prescription has none."""
    if sealed is None:
        return None
    return {
        "root": {
            "rxFile": document,
            "signDigest": sealed.signature_base64,
            "signCertSn": sealed.certificate_number,
            "signCertDn": sealed.certificate_name,
        }
    }


@handles("7103")
def handed_over(context: Context, data: dict[str, Any]) -> bytes:
    """处方购药结果反馈: what was handed over and paid, by whoever holds the prescription; a hospital claims its own with it."""
    sent = data["data"]
    rows = [
        Sold(
            item_code="", own_code=row["medins_drug_no"] or "", specification=row["drug_spec"], quantity_e4=row["drug_totlcnt"], unit=row["total_unit"],
            is_split=False, where=f"seltdelts[{place}].medins_drug_no", price_e6=row["pric"] * 100,
            amount_fen=row["sumamt"], batch_number=row["bchno"] or "", lot=row["manu_lot_num"] or "",
            own_name=row["drug_genname"] or "",
            details={"drugProdname": row["drug_prodname"], "prdrName": row["prdr_name"], "aprvno": row["aprvno"]},
        )
        for place, row in enumerate(data["seltdelts"])
    ]  # fmt: skip
    given = Handover(
        number=sent["hi_rxno"], house=house_of(context), rows=rows, happened_at=sent["setl_time"], at=context.now,
        actor=context.envelope.opter, infno=context.envelope.infno, msgid=context.envelope.msgid,
        fund_fen=sent["fund_pay_sumamt"], account_fen=sent["acct_pay"], cash_fen=sent["psn_cash_pay"],
    )  # fmt: skip
    step = handing_over_step(given, must_scan=False, may_claim=True)
    return context.change(patient_of(number=sent["hi_rxno"]), step, lambda made: {"root": stands(context, made)})


def stands(context: Context, prescription: Prescription) -> dict[str, str]:
    """How a prescription stands, as uploads are answered."""
    told = state_words(prescription, context.now)
    return {"hiRxno": prescription.number, "rxStasCodg": told["rxStasCodg"], "rxStasName": told["rxStasName"]}


@handles("7104")
def withdraw(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方撤销."""
    sent = data["data"]
    step = withdrawing_step(
        number=sent["hi_rxno"] or "", house=house_of(context), physician_name=sent["prsc_dr_name"],
        physician_code=None, reason=sent["undo_rea"], happened_at=sent["undo_time"], actor=context.envelope.opter,
        at=context.now,
    )  # fmt: skip
    return context.change(patient_of(number=sent["hi_rxno"] or ""), step, lambda _made: None)
