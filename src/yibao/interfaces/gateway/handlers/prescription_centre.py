"""Hospitals' prescriptions in the envelope of the prescription centre: D001 pre-check, D002 seal, D003 upload, D004 withdrawal."""

import json
from typing import Any

from yibao.domains.prescriptions.models import Prescription
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.interfaces.gateway.handlers.prescribing import (
    details_of,
    drugs_of,
    house_of,
    seal_answer,
    stands,
)
from yibao.workflows.check_prescription import PrescriptionWish, number_of_patient
from yibao.workflows.end_prescription import withdrawing_step
from yibao.workflows.look_up_prescriptions import patient_of
from yibao.workflows.review_prescription import Review, sealing_step
from yibao.workflows.upload_prescription import Upload, prescribing_step, uploading_step

_SEALED = (
    "rxTraceCode", "hiRxno", "mdtrtId", "patnName", "psnCertType", "certno", "fixmedinsName", "fixmedinsCode", "drCode",
    "prscDrName", "pharDeptName", "pharDeptCode", "pharProfttlCodg", "pharProfttlName", "pharCode", "pharCertType",
    "pharCertno", "pharName", "pharPracCertNo",
)  # fmt: skip
"""The members of an upload that were sealed before, but the time of the review, which is written in several ways."""


@handles("D001")
def check(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方上传预核验."""
    sent, visit = data["data"], data["mdtrtinfo"] or {}
    get = visit.get
    person = get("psnNo") or number_of_patient(document_type=get("psnCertType"), number=get("certno"))
    wish = PrescriptionWish(
        house=house_of(context), number_at_institution=sent["hospRxno"], person_number=person,
        document_number=get("certno") or "", patient_name=get("patnName") or "", scheme=None,
        visit_id=record_id(visit["mdtrtId"], field="mdtrtinfo.mdtrtId") if get("mdtrtId") else None,
        physician_code=get("drCode"), physician_name=get("prscDrName") or "",
        department_code=get("prscDeptCode") or "", department_name=get("prscDeptName") or "",
        diagnosis_code=get("maindiagCode") or "", diagnosis_name=get("maindiagName") or "",
        prescribed_at=sent["prscTime"], valid_days=sent["valiDays"], valid_until=sent["valiEndTime"],
        is_long=sent["longRxFlag"] == "1", may_repeat=sent["reptFlag"] == "1", most_uses=sent["maxReptCnt"],
        interval_days=sent["minInrvDays"], is_for_outside=True, renews=sent["initRxno"] or "",
        drugs=drugs_of("D001", data["rxdrugdetail"], ("medListCodg", "drugGenname", "drugSpec", "drugCnt", "drugDosunt")),
        details=details_of(context, data, sent["insuPlcNo"]), at=context.now,
    )  # fmt: skip
    step = prescribing_step(wish, context.request, physician_signature=None, review=None)
    return context.change(person, step, _numbers)


def _numbers(made: Prescription) -> dict[str, Any]:
    return {"root": {"rxTraceCode": made.trace_code, "hiRxno": made.number}}


@handles("D002")
def seal(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方医保电子签名: the institution's seal over the text that will be uploaded; the document goes back as it came."""
    sent = data["data"]
    step = sealing_step(house=house_of(context), original=sent["originalValue"] or "", at=context.now)
    return context.change(None, step, lambda sealed: seal_answer(sealed, sent["originalRxFile"]))


@handles("D003")
def upload(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方上传: sealed as sent, signed by the physician, reviewed by the hospital's pharmacist."""
    sent = data["data"]
    review = Review(
        number=sent["hiRxno"], house=house_of(context), pharmacist_name=sent["pharName"],
        pharmacist_code=sent["pharCode"], is_approved=True, opinion="", reviewed_at=sent["pharChkTime"],
        at=context.now, actor=context.envelope.opter, signature=_extra(sent["extras"], "phar_sign_info"),
    )  # fmt: skip
    told = Upload(
        review=review, trace_code=sent["rxTraceCode"],
        members={name: sent[name] for name in _SEALED if sent[name] is not None}, seal=sent["signDigest"],
        patient_name=sent["patnName"], document_number=sent["certno"],
        physician_signature=_extra(sent["extras"], "dr_sign_info"),
    )  # fmt: skip
    return context.change(
        patient_of(number=sent["hiRxno"]), uploading_step(told), lambda made: {"root": stands(context, made)}
    )


def _extra(extension: str | None, name: str) -> str | None:
    """A member of the extension, where it is an object that has it."""
    try:
        members = json.loads(extension or "{}")
    except (ValueError, RecursionError):
        return None
    value = members.get(name) if isinstance(members, dict) else None
    return value if isinstance(value, str) and value else None


@handles("D004")
def withdraw(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方撤销."""
    sent = data["data"]
    step = withdrawing_step(
        number=sent["hiRxno"], house=house_of(context), physician_name=sent["undoDrName"],
        physician_code=sent["drCode"], reason=sent["undoRea"], happened_at=sent["undoTime"],
        actor=context.envelope.opter, at=context.now,
    )  # fmt: skip
    return context.change(patient_of(number=sent["hiRxno"]), step, lambda _made: None)
