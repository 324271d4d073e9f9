"""What hospitals ask of their prescriptions: 7105 D005 content, 7106 D006 review, 7107 D007 what was handed over."""

from typing import Any

from yibao.domains.prescriptions.models import Dispensing, Event, Prescription
from yibao.domains.prescriptions.queries import event_of
from yibao.domains.prescriptions.signatures import moment_text, quantity_text
from yibao.domains.prescriptions.states import Step
from yibao.interfaces.gateway.catalogue import TRANSACTIONS
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.interfaces.gateway.handlers.looking_up import reader_of
from yibao.interfaces.gateway.handlers.prescribing import house_of
from yibao.interfaces.gateway.handlers.prescription_words import (
    REVIEW_NAMES,
    of_lines,
    of_prescription,
    of_visit,
    state_words,
    typed,
)
from yibao.workflows.end_prescription import noting_step
from yibao.workflows.look_up_prescriptions import (
    Asked,
    look_up_dispensings,
    look_up_prescription,
    look_up_review,
    moment_of,
    patient_of,
)


def _asked(sent: dict[str, Any]) -> Asked:
    return Asked(
        sent["hiRxno"], record_id(sent["mdtrtId"], field="mdtrtId") if sent["mdtrtId"] else None, sent["psnName"],
        sent["certno"],
    )  # fmt: skip


@handles("7105")
def report_payment(context: Context, data: dict[str, Any]) -> bytes:
    """处方支付状态同步: note what the hospital tells of the payment; the answer is the prescription."""
    sent = data["data"]
    step = noting_step(
        number=sent["hi_rxno"], house=house_of(context), step=Step.PAYMENT,
        details={"hosp_rxno": sent["hosp_rxno"], "status": sent["rx_pay_status_code"]}, happened_at=sent["pay_time"],
        actor=context.envelope.opter, at=context.now,
    )  # fmt: skip
    return context.change(patient_of(number=sent["hi_rxno"]), step, lambda made: _content(context, made))


@handles("D005")
def content(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方信息查询."""
    return context.answer(_content(context, look_up_prescription(reader_of(context), _asked(data["data"]))))


def _content(context: Context, prescription: Prescription) -> dict[str, Any]:
    """The whole prescription under the names of the centre."""
    root = TRANSACTIONS["D005"].output["root"]
    review = event_of(prescription, Step.APPROVE)
    reviewed = (
        {"pharName": review.details["pharmacist"], "pharChkTime": moment_text(review.happened_at)} if review else {}
    )
    visit = prescription.visit
    seen = {} if visit is None else {"mdtrtTime": moment_text(visit.began_at), "medType": visit.medical_type}
    return {
        "root": {
            **typed(root.fields, of_prescription(prescription, context.now)),
            "rxDetlList": [typed(root.nodes["rxDetlList"].fields, each) for each in of_lines(prescription)],
            "rxOtpinfo": typed(root.nodes["rxOtpinfo"].fields, {**seen, **of_visit(prescription, reviewed)}),
            "rxDiseList": [
                typed(root.nodes["rxDiseList"].fields, each) for each in prescription.details.get("diseases", [])
            ],
        }
    }


@handles("7106", "D006")
def review(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方审核结果查询: the latest review."""
    prescription, found = look_up_review(reader_of(context), _asked(data["data"]))
    return context.answer({"root": _review(context, prescription, found)})


def _review(context: Context, prescription: Prescription, found: Event) -> dict[str, Any]:
    told = state_words(prescription, context.now)
    code = "1" if found.step in {Step.APPROVE, Step.RETAIL_APPROVE} else "2"
    return {
        "hiRxno": prescription.number,
        "pharName": found.details.get("pharmacist"),
        "pharCode": found.practitioner.code if found.practitioner else None,
        "rxChkStasCodg": code,
        "rxChkStasName": REVIEW_NAMES[code],
        "rxChkOpnn": found.details.get("opinion") or "",
        "rxChkTime": found.happened_at,
        "rxStasCodg": told["rxStasCodg"],
        "rxStasName": told["rxStasName"],
    }


@handles("7107", "D007")
def handed_over(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方取药结果查询: what was handed over and stands."""
    prescription, found = look_up_dispensings(reader_of(context), _asked(data["data"]))
    node = TRANSACTIONS[context.envelope.infno].output["root"].nodes["seltdelts"]
    told = state_words(prescription, context.now)
    rows = [typed(node.fields, each) for row in found if row.kind == Dispensing.Kind.SALE for each in _rows(row)]
    return context.answer(
        {"root": {"hiRxno": prescription.number, "setlTime": moment_of(found), **told, "seltdelts": rows}}
    )


def _rows(row: Dispensing) -> list[dict[str, Any]]:
    """The drugs of one dispensing."""
    return [
        {
            **each.line.details,
            **{name: value for name, value in each.details.items() if value},
            "medListCodg": each.line.item_code,
            "drugGenname": each.line.item_name,
            "cnt": quantity_text(each.quantity_e4),
            "takeDrugFlag": "1",
        }
        for each in row.lines.all()
    ]
