"""Opening, changing and ending visits: 2201 2202 2203 2203A, 2401 2402 2403 2404 2405."""

from collections.abc import Sequence
from typing import Any

from yibao.domains.visits.operations import AdmissionFacts, NewDiagnosis
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.cancel_visit import cancel_step
from yibao.workflows.change_admission import AdmissionChange, admission_step
from yibao.workflows.change_visit import VisitChange, diagnoses_step, discharge_step, undo_discharge_step
from yibao.workflows.open_visit import VisitWish, open_visit_step

_PHARMACY = "pharmacy"


@handles("2201")
def register(context: Context, data: dict[str, Any]) -> bytes:
    """门诊挂号: open an outpatient visit, at a pharmacy a purchase."""
    sent = data["data"]
    is_pharmacy = context.institution.kind == _PHARMACY
    wish = _wish(
        context,
        sent,
        care="pharmacy" if is_pharmacy else "outpatient",
        medical_type="41" if is_pharmacy else "11",
        number=sent["ipt_otp_no"],
        department=(sent["dept_code"], sent["dept_name"]),
        physician=(sent["atddr_no"], sent["dr_name"]),
        details={"caty": sent["caty"]},
        diagnoses=(),
    )
    return context.change(
        sent["psn_no"],
        open_visit_step(wish),
        lambda opened: {
            "data": {"mdtrt_id": str(opened.visit_id), "psn_no": sent["psn_no"], "ipt_otp_no": sent["ipt_otp_no"]}
        },
    )


@handles("2401")
def admit(context: Context, data: dict[str, Any]) -> bytes:
    """入院办理: open an inpatient visit."""
    sent = data["mdtrtinfo"]
    wish = _wish(
        context,
        sent,
        care="inpatient",
        medical_type=sent["med_type"],
        number=sent["ipt_no"],
        department=(sent["adm_dept_codg"], sent["adm_dept_name"]),
        physician=(sent["atddr_no"], sent["chfpdr_name"]),
        details=_plain(sent, "coner_name", "tel", "medrcdno", "adm_diag_dscr", "adm_bed", "dise_codg", "dise_name"),
        diagnoses=_diagnoses(data["diseinfo"]),
    )
    return context.change(
        sent["psn_no"], open_visit_step(wish), lambda opened: {"result": {"mdtrt_id": str(opened.visit_id)}}
    )


@handles("2202", "2404")
def cancel(context: Context, data: dict[str, Any]) -> bytes:
    """门诊挂号撤销, 入院撤销: cancel a visit without fees."""
    sent = data["data"]
    change = _change(context, sent, is_inpatient=context.envelope.infno == "2404")
    return context.change(sent["psn_no"], cancel_step(change), lambda _made: None)


@handles("2203", "2203A")
def bring_diagnoses(context: Context, data: dict[str, Any]) -> bytes:
    """门诊就诊信息上传: medical category and diagnoses."""
    sent = data["mdtrtinfo"]
    step = diagnoses_step(
        _change(context, sent, is_inpatient=False),
        medical_type=sent["med_type"],
        details=_plain(sent, "main_cond_dscr", "dise_codg", "dise_name", "birctrl_type", "matn_type"),
        diagnoses=_diagnoses(data["diseinfo"]),
    )
    return context.change(sent["psn_no"], step, lambda _made: None)


@handles("2402")
def end_stay(context: Context, data: dict[str, Any]) -> bytes:
    """出院办理: discharge an inpatient."""
    sent = data["dscginfo"]
    step = discharge_step(
        _change(context, sent, is_inpatient=True),
        ended_at=sent["endtime"],
        details=_plain(
            sent, "dscg_dept_codg", "dscg_dept_name", "dscg_bed", "dscg_way", "oprn_oprt_code", "oprn_oprt_name"
        ),
        diagnoses=_diagnoses(data["diseinfo"]),
    )
    return context.change(sent["psn_no"], step, lambda _made: None)


@handles("2403")
def change_admission(context: Context, data: dict[str, Any]) -> bytes:
    """入院信息变更: time, ward, physician, number and diagnoses of an admission."""
    sent = data["adminfo"]
    told = _plain(
        sent, "coner_name", "tel", "medrcdno", "adm_diag_dscr", "adm_bed", "dise_codg", "dise_name", "main_cond_dscr"
    )
    facts = AdmissionFacts(
        began_at=sent["begntime"],
        medical_type=sent["med_type"],
        number_at_institution=sent["ipt_otp_no"],
        department_code=sent["adm_dept_codg"],
        department_name=sent["adm_dept_name"],
        physician_code=sent["atddr_no"],
        physician_name=sent["chfpdr_name"],
        details={**told, **_emergency(sent)},
    )
    wish = AdmissionChange(_change(context, sent, is_inpatient=True), facts, _diagnoses(data["diseinfo"] or []))
    return context.change(sent["psn_no"], admission_step(wish), lambda _made: None)


def _emergency(sent: dict[str, Any]) -> dict[str, object]:
    """The emergency flag (急诊标志) where the extension brings one."""
    flags = [each.get("er_flag") for each in sent.get("exp_content") or [] if isinstance(each, dict)]
    return {"er_flag": flags[0]} if flags and flags[0] is not None else {}


@handles("2405")
def undo_end_of_stay(context: Context, data: dict[str, Any]) -> bytes:
    """出院撤销: take the discharge back."""
    sent = data["data"]
    step = undo_discharge_step(_change(context, sent, is_inpatient=True))
    return context.change(sent["psn_no"], step, lambda _made: None)


def _change(context: Context, sent: dict[str, Any], *, is_inpatient: bool) -> VisitChange:
    """Which visit of whom is to be changed."""
    return VisitChange(
        institution_id=context.institution.id,
        person_number=sent["psn_no"],
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id"),
        is_inpatient=is_inpatient,
        at=context.now,
    )


def _wish(
    context: Context,
    sent: dict[str, Any],
    *,
    care: str,
    medical_type: str,
    number: str,
    department: tuple[str | None, str | None],
    physician: tuple[str | None, str | None],
    details: dict[str, object],
    diagnoses: Sequence[NewDiagnosis],
) -> VisitWish:
    """What both kinds of opening have in common."""
    institution = context.institution
    return VisitWish(
        institution_id=institution.id,
        institution_region=institution.region,
        designated_from=institution.designated_from,
        designated_until=institution.designated_until,
        agreement_gaps=institution.agreement_gaps,
        person_number=sent["psn_no"],
        scheme=sent["insutype"],
        division=context.envelope.insuplc_admdvs,
        care=care,
        medical_type=medical_type,
        number_at_institution=number,
        voucher_kind=sent["mdtrt_cert_type"],
        voucher_number=sent["mdtrt_cert_no"],
        began_at=sent["begntime"],
        department_code=department[0] or "",
        department_name=department[1] or "",
        physician_code=physician[0] or "",
        physician_name=physician[1] or "",
        details=details,
        diagnoses=diagnoses,
        at=context.now,
        infno=context.request.infno,
        operator=context.request.operator,
    )


def _plain(sent: dict[str, Any], *names: str) -> dict[str, object]:
    """The named members that were sent, for the visit's further details."""
    return {name: sent[name] for name in names if sent.get(name) is not None}


def _diagnoses(rows: list[dict[str, Any]]) -> list[NewDiagnosis]:
    """Diagnoses as they are kept; the first in order is the main one where nothing says so."""
    return [
        NewDiagnosis(
            kind=row["diag_type"],
            is_main=(row.get("maindiag_flag") or ("1" if place == 0 else "0")) == "1",
            rank=row["diag_srt_no"],
            code=row["diag_code"],
            name=row["diag_name"],
            department=row["diag_dept"] or "",
            physician_code=row["dise_dor_no"] or "",
            physician_name=row["dise_dor_name"] or "",
            diagnosed_at=row["diag_time"],
        )
        for place, row in enumerate(rows)
        if row.get("vali_flag") != "0"
    ]
