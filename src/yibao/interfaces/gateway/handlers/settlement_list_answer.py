"""A settlement list as 4103 shows it: the fields of the interface from the columns that keep them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Model

from yibao.domains.settlement_lists.models import SettlementList
from yibao.interfaces.gateway.catalogue.values import BEIJING

_HEAD = {
    "medcasno": "record_number", "gend": "sex", "brdy": "birth_date", "age_days": "age_days", "ntly": "nationality",
    "naty": "ethnicity", "prfs": "occupation", "nwb_adm_type": "newborn_kind", "nwb_bir_wt": "birth_weight_cg",
    "nwb_adm_wt": "admission_weight_cg", "ipt_med_type": "medical_kind", "adm_way_code": "admission_way",
    "trt_type": "treatment_kind", "adm_time": "admitted_at", "dscg_time": "discharged_at",
    "adm_caty": "admission_department", "refl_caty": "transfer_department", "dscg_caty": "discharge_department",
    "act_ipt_days": "stay_days", "otp_wm_diag": "outpatient_name", "otp_wm_diag_dise_code": "outpatient_code",
    "otp_tcm_diag": "outpatient_tcm_name", "otp_tcm_diag_dise_code": "outpatient_tcm_code",
    "spga_nurscare_days": "special_nursing_days", "lv1_nurscare_days": "first_nursing_days",
    "scd_nurscare_days": "second_nursing_days", "lv3_nurscare_days": "third_nursing_days", "dscg_way": "discharge_way",
    "chfpdr_name": "physician_name", "chfpdr_code": "physician_code", "bill_code": "bill_code", "bill_no": "bill_number",
    "setl_begndate": "settled_from", "setl_enddate": "settled_until", "psn_selfpay_amt": "self_paid_fen",
    "psn_ownpay_fee": "own_cost_fen", "acct_payamt": "account_fen", "psn_cashpay": "cash_fen", "hi_paymtd": "pay_method",
    "stas_type": "state",
}  # fmt: skip
_DETAILS = {
    "curr_addr": "curr_addr", "emp_name": "emp_name", "emp_addr": "emp_addr",
    "emp_tel": "emp_tel", "emp_poscode": "poscode", "coner_name": "coner_name", "patn_rlts": "patn_rlts",
    "coner_addr": "coner_addr", "coner_tel": "coner_tel", "hi_no": "hi_no", "hi_type": "hi_type", "biz_sn": "biz_sn",
    "hi_setl_lv": "hi_setl_lv", "sp_psn_type": "sp_psn_type", "mul_nwb_bir_wt": "mul_nwb_bir_wt",
    "mul_nwb_adm_wt": "mul_nwb_adm_wt", "opsp_diag_caty": "opsp_diag_caty", "acp_optins_name": "acp_medins_name",
    "acp_optins_code": "acp_optins_code", "dscg31days_rinp_flag": "days_rinp_flag_31", "rinp_pup": "days_rinp_pup_31",
    "medins_fill_dept": "medins_fill_dept", "medins_fill_psn": "medins_fill_psn", "resp_nurs_code": "resp_nurs_code",
    "opsp_mdtrt_time": "opsp_mdtrt_date", "hsorg_name": "hsorg", "hsorg_opter_name": "hsorg_opter",
}  # fmt: skip
_TEXT_DATES = frozenset({"setl_begndate", "setl_enddate"})
_PARTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "payinfo": ("payments", "", {"fund_pay_type": "fund", "fund_payamt": "amount_fen"}),
    "opspdiseinfo": (
        "diseases", "setl_list_opsp_trt_id",
        {"diag_code": "code", "diag_name": "name", "oprn_oprt_name": "operation_name", "oprn_oprt_code": "operation_code"},
    ),
    "diseinfo": (
        "diagnoses", "setl_list_diag_id",
        {"diag_type": "kind", "diag_code": "code", "diag_name": "name", "adm_cond_type": "condition"},
    ),
    "iteminfo": (
        "charges", "setl_list_chrgitm_id",
        {
            "med_chrgitm_type": "category", "item_sumamt": "amount_fen", "item_claa_amt": "class_a_fen",
            "item_clab_amt": "class_b_fen", "item_ownpay_amt": "self_paid_fen", "item_oth_amt": "other_fen",
        },
    ),
    "oprninfo": (
        "operations", "setl_list_oprn_id",
        {
            "oprn_oprt_name": "name", "oprn_oprt_code": "code", "anst_way": "anaesthesia", "oper_dr_name": "surgeon_name",
            "oper_dr_code": "surgeon_code", "anst_dr_name": "anaesthetist_name", "anst_dr_code": "anaesthetist_code",
            "oprn_oprt_date": "began_at", "oprn_oprt_begntime": "began_at", "oprn_oprt_endtime": "ended_at",
            "anst_begntime": "anaesthesia_began_at", "anst_endtime": "anaesthesia_ended_at",
        },
    ),
    "icuinfo": (
        "intensive_care", "setl_list_scs_cutd_id",
        {"scs_cutd_ward_type": "ward_kind", "scs_cutd_inpool_time": "entered_at", "scs_cutd_exit_time": "left_at"},
    ),
    "bldinfo": ("transfusions", "setl_List_bld_Id", {"bld_cat": "kind", "bld_amt": "amount", "bld_unt": "unit"}),
}  # fmt: skip
_AS_DIGITS = frozenset({"anst_begntime", "anst_endtime"})
_AS_TEXT = frozenset({"oprn_oprt_begntime", "oprn_oprt_endtime"})


def answer_of(found: SettlementList, institution_name: str) -> dict[str, Any]:
    """The nodes of 4103."""
    person = found.person
    named = {"setl_id": str(found.settlement_id), "mdtrt_id": str(found.visit_id), "psn_no": person.number}
    head: dict[str, Any] = {
        name: _text_of_day(getattr(found, column)) if name in _TEXT_DATES else _said(getattr(found, column))
        for name, column in _HEAD.items()
    }
    head |= {name: found.details.get(detail) for name, detail in _DETAILS.items()}
    declared = found.details.get("dcla_time")
    head["dcla_time"] = datetime.fromisoformat(declared) if declared else None
    head |= named | {
        "setl_list_sn": str(found.pk),
        "fixmedins_name": institution_name,
        "fixmedins_code": found.institution.code,
        "psn_name": person.name,
        "psn_cert_type": person.document_type,
        "certno": person.document_number,
        "age": found.age_years * 10 if found.age_years is not None else None,
        "age_days": str(found.age_days) if found.age_days is not None else None,
        "insutype": found.settlement.enrolment.scheme,
        "insu_admdvs": found.settlement.enrolment.division_id,
        "diag_code_cnt": found.diagnoses.count(),
        "oprn_oprt_code_cnt": found.operations.count(),
        **_duration("vent_used", found.ventilator_minutes),
        **_duration("bfadm_coma", found.coma_before_minutes),
        **_duration("afadm_coma", found.coma_after_minutes),
    }
    return {"setlinfo": head} | {node: _rows(found, node, named) for node in _PARTS}


def _rows(found: SettlementList, node: str, named: dict[str, str]) -> list[dict[str, Any]]:
    """The rows of a part."""
    related, number, columns = _PARTS[node]
    rows: Iterable[Model] = getattr(found, related).all()
    return [_row(node, row, number, columns) | named for row in rows]


def _row(node: str, row: Any, number: str, columns: dict[str, str]) -> dict[str, Any]:
    """One row of a part."""
    told = {name: _in_form(name, getattr(row, column)) for name, column in columns.items()}
    if number:
        told[number] = str(row.pk)
    if node == "diseinfo":
        told["maindiag_flag"] = "1" if row.is_main else "0"
    if node == "oprninfo":
        told["main_oprn_flag"] = "1" if row.kind == "1" else "0"
    if node == "icuinfo" and row.minutes is not None:
        told["scs_cutd_sum_dura"] = _written(row.minutes)
    return told


def _in_form(name: str, value: Any) -> Any:
    """A value as the field writes it: some times are text there."""
    if isinstance(value, datetime) and name in _AS_DIGITS:
        return f"{value.astimezone(BEIJING):%Y%m%d%H%M%S}"
    if isinstance(value, datetime) and name in _AS_TEXT:
        return f"{value.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    return _said(value)


def _said(value: Any) -> Any:
    """A value, or none for an empty text."""
    return None if value == "" else value


def _text_of_day(day: date | None) -> str | None:
    """A day as text, where the field is text."""
    return day.isoformat() if day is not None else None


def _duration(name: str, minutes: int | None) -> dict[str, str | None]:
    """A duration as days, hours and minutes, a field each."""
    days, hours, rest = ("", "", "") if minutes is None else map(str, _split(minutes))
    return {f"{name}_days": days or None, f"{name}_h_cnt": hours or None, f"{name}_m_cnt": rest or None}


def _split(minutes: int) -> tuple[int, int, int]:
    """Days, hours and minutes."""
    return minutes // 1440, minutes // 60 % 24, minutes % 60


def _written(minutes: int) -> str:
    """A duration as lists write it: days/hours/minutes."""
    return "/".join(map(str, _split(minutes)))
