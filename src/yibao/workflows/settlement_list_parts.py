"""The fields of a settlement list by the columns that keep them; what has none stands in the further details."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement_lists.checking import Finding
from yibao.domains.settlement_lists.checks import VERSION
from yibao.domains.settlement_lists.durations import minutes_of
from yibao.domains.settlement_lists.operations import NewList
from yibao.domains.settlement_lists.sent_lists import SentList, age_in_days, day_of, moment_of
from yibao.workflows.exactly_once import Request

Row = Mapping[str, Any]
_BEIJING: Final = ZoneInfo("Asia/Shanghai")
TEXTS: Final = {
    "medcasno": "record_number", "gend": "sex", "ntly": "nationality", "naty": "ethnicity", "prfs": "occupation",
    "nwb_adm_type": "newborn_kind", "ipt_med_type": "medical_kind", "trt_type": "treatment_kind",
    "adm_way": "admission_way", "adm_caty": "admission_department", "refldept_dept": "transfer_department",
    "dscg_caty": "discharge_department", "dscg_way": "discharge_way", "wm_dise_code": "outpatient_code",
    "otp_wm_dise": "outpatient_name", "tcm_dise_code": "outpatient_tcm_code", "otp_tcm_dise": "outpatient_tcm_name",
    "chfpdr_code": "physician_code", "chfpdr_name": "physician_name", "hi_paymtd": "pay_method", "bill_code": "bill_code",
    "bill_no": "bill_number",
}  # fmt: skip
"""Fields that are text, by column; empty when not sent."""
VALUES: Final = {
    "brdy": "birth_date", "nwb_bir_wt": "birth_weight_cg", "nwb_adm_wt": "admission_weight_cg", "adm_time": "admitted_at",
    "dscg_time": "discharged_at", "spga_nurscare_days": "special_nursing_days", "lv1_nurscare_days": "first_nursing_days",
    "scd_nurscare_days": "second_nursing_days", "lv3_nurscare_days": "third_nursing_days",
    "setl_begn_date": "settled_from", "setl_end_date": "settled_until", "psn_selfpay": "self_paid_fen",
    "psn_ownpay": "own_cost_fen", "acct_pay": "account_fen", "psn_cashpay": "cash_fen",
}  # fmt: skip
"""Other fields, by column; none when not sent."""
DURATIONS: Final = {
    "vent_used_dura": "ventilator_minutes",
    "pwcry_bfadm_coma_dura": "coma_before_minutes",
    "pwcry_afadm_coma_dura": "coma_after_minutes",
}
_COMPUTED: Final = {
    "age",
    "nwb_age",
    "act_ipt_days",
    "mdtrt_id",
    "setl_id",
    "psn_no",
    "fixmedins_code",
    "fixmedins_name",
}
_BLOOD: Final = ("bld_cat", "bld_amt", "bld_unt")


def list_of(
    sent: SentList, settlement: Settlement, findings: Sequence[Finding], *, version: int, request: Request, at: datetime
) -> NewList:
    """A list, read and checked, as it is kept."""
    head = sent.head
    levels = [finding.level for finding in findings]
    columns: dict[str, object] = {
        "settlement_id": settlement.pk,
        "visit_id": settlement.visit_id,
        "person_id": settlement.person_id,
        "institution_id": settlement.institution_id,
        "version": version,
        "state": "0",
        "checks_version": VERSION,
        "errors": levels.count("1"),
        "warnings": levels.count("2"),
        **{column: head.get(name) or "" for name, column in TEXTS.items()},
        **{column: head.get(name) for name, column in VALUES.items()},
        **{column: minutes_of(head.get(name)) for name, column in DURATIONS.items()},
        **_ages(head),
        "stay_days": _stay_days(head),
        "details": _details(head),
        "infno": request.infno,
        "msgid": request.msgid,
        "operator": request.operator,
        "uploaded_at": at,
    }
    nodes = sent.nodes
    return NewList(
        columns=columns,
        diagnoses=[_diagnosis(rank, row) for rank, row in enumerate(nodes.get("diseinfo", ()), 1)],
        operations=[
            _operation(rank, row) for rank, row in enumerate(nodes.get("oprninfo", ()), 1) if row["oprn_oprt_code"]
        ],
        intensive_care=[_intensive_care(rank, row) for rank, row in enumerate(nodes.get("icuinfo", ()), 1)],
        transfusions=[_transfusion(rank, row) for rank, row in enumerate(_blood(sent), 1)],
        charges=[_charge(row) for row in nodes.get("iteminfo", ())],
        payments=[{"fund": row["fund_pay_type"], "amount_fen": row["fund_payamt"]} for row in nodes.get("payinfo", ())],
        diseases=[_disease(rank, row) for rank, row in enumerate(nodes.get("opspdiseinfo", ()), 1)],
        findings=findings,
    )


def _ages(head: Row) -> dict[str, object]:
    """Years of age, or days below one year, at admission; as sent where admission or birth are not known."""
    days = age_in_days(head)
    if days is None:
        years = head.get("age")
        return {"age_years": years // 10 if years is not None else None, "age_days": head.get("nwb_age")}
    born, admitted = head["brdy"], head["adm_time"]
    day = moment_of(admitted)
    assert day is not None
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return {"age_years": years, "age_days": days if years < 1 else None}


def _stay_days(head: Row) -> int | None:
    """Days of stay as sent, or from admission to discharge, at least one."""
    if head.get("act_ipt_days") is not None:
        return int(head["act_ipt_days"])
    admitted, left = day_of(head.get("adm_time")), day_of(head.get("dscg_time"))
    return None if admitted is None or left is None else max((left - admitted).days, 1)


def _details(head: Row) -> dict[str, object]:
    """What has no column of its own."""
    kept = {*TEXTS, *VALUES, *_COMPUTED}
    return {name: value for name, value in head.items() if name not in kept and value is not None}


def _diagnosis(rank: int, row: Row) -> dict[str, object]:
    return {
        "rank": rank,
        "kind": row["diag_type"],
        "is_main": row["maindiag_flag"] == "1",
        "code": row["diag_code"],
        "name": row["diag_name"],
        "condition": row["adm_cond_type"] or "",
    }


def _operation(rank: int, row: Row) -> dict[str, object]:
    return {
        "rank": rank,
        "kind": row.get("oprn_oprt_type") or "",
        "code": row["oprn_oprt_code"],
        "name": row.get("oprn_oprt_name") or "",
        "began_at": moment_of(row.get("oprn_oprt_begntime")) or _midnight(row.get("oprn_oprt_date")),
        "ended_at": moment_of(row.get("oprn_oprt_endtime")),
        "anaesthesia": row.get("anst_way") or "",
        "anaesthesia_began_at": moment_of(row.get("anst_begntime")),
        "anaesthesia_ended_at": moment_of(row.get("anst_endtime")),
        "surgeon_code": row.get("oper_dr_code") or "",
        "surgeon_name": row.get("oper_dr_name") or "",
        "anaesthetist_code": row.get("anst_dr_code") or "",
        "anaesthetist_name": row.get("anst_dr_name") or "",
    }


def _midnight(day: date | None) -> datetime | None:
    """The beginning of a day in Beijing."""
    return None if day is None else datetime.combine(day, time.min, _BEIJING)


def _intensive_care(rank: int, row: Row) -> dict[str, object]:
    entered, left = row["scs_cutd_inpool_time"], row["scs_cutd_exit_time"]
    told = minutes_of(row["scs_cutd_sum_dura"])
    minutes = told if told is not None else max(int((left - entered).total_seconds() // 60), 0)
    return {
        "rank": rank,
        "ward_kind": row["scs_cutd_ward_type"],
        "entered_at": entered,
        "left_at": left,
        "minutes": minutes,
    }


def _blood(sent: SentList) -> list[Row]:
    """Transfusions: a node of version A, members of the head before."""
    rows = [row for row in sent.nodes.get("bldinfo", ()) if row["bld_cat"] is not None]
    head = {name: sent.head.get(name) for name in _BLOOD}
    return rows if rows or head["bld_cat"] is None else [head]


def _transfusion(rank: int, row: Row) -> dict[str, object]:
    return {"rank": rank, "kind": row["bld_cat"], "amount": row["bld_amt"], "unit": row["bld_unt"] or ""}


def _charge(row: Row) -> dict[str, object]:
    return {
        "category": row["med_chrgitm"],
        "amount_fen": row["amt"],
        "class_a_fen": row["claa_sumfee"],
        "class_b_fen": row["clab_amt"],
        "self_paid_fen": row["fulamt_ownpay_amt"],
        "other_fen": row["oth_amt"],
    }


def _disease(rank: int, row: Row) -> dict[str, object]:
    return {
        "rank": rank,
        "code": row["diag_code"],
        "name": row["diag_name"],
        "operation_code": row["oprn_oprt_code"] or "",
        "operation_name": row["oprn_oprt_name"] or "",
    }
