"""Looking up: 5201 visits, 5202 diagnoses, 5203 a settlement, 5204 fee lines, 5206 accumulators."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localdate

from yibao.domains.visits.models import FeeLine, Visit
from yibao.interfaces.gateway.bill import kept_bill_of
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.look_up_records import (
    Reader,
    look_up_accumulators,
    look_up_diagnoses,
    look_up_lines,
    look_up_settlement,
    look_up_visits,
)
from yibao.workflows.settle_visit import age_on


def reader_of(context: Context) -> Reader:
    """Who looks up."""
    return Reader(context.institution.id, context.envelope.opter, context.envelope.infno, context.now)


@handles("5201")
def visits(context: Context, data: dict[str, Any]) -> bytes:
    """就诊信息查询: the visits that began between two times, both included."""
    sent = data["data"]
    found = look_up_visits(
        reader_of(context),
        number=sent["psn_no"],
        began_from=sent["begntime"],
        began_until=second_after(sent["endtime"]),
        medical_type=sent["med_type"],
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id") if sent["mdtrt_id"] else None,
    )
    return context.answer({"mdtrtinfo": [_visit(visit) for visit in found]})


def second_after(moment: datetime) -> datetime:
    """The end of the half-open time that includes this second; the last second of all has none after it."""
    try:
        return moment + timedelta(seconds=1)
    except OverflowError:
        return moment


def _visit(visit: Visit) -> dict[str, Any]:
    """One visit as 5201 shows it."""
    person, enrolment = visit.person, visit.enrolment
    return {
        "mdtrt_id": str(visit.pk),
        "psn_no": person.number,
        "psn_cert_type": person.document_type,
        "certno": person.document_number,
        "psn_name": person.name,
        "gend": person.sex,
        "naty": person.ethnicity or None,
        "brdy": person.birth_date,
        "age": age_on(person.birth_date, localdate(visit.began_at)) * 10,
        "insutype": enrolment.scheme,
        "psn_type": enrolment.person_type,
        "cvlserv_flag": "1" if enrolment.is_civil_servant else "0",
        "insu_optins": enrolment.division_id,
        "emp_name": enrolment.employer.name if enrolment.employer else None,
        "begntime": visit.began_at,
        "endtime": visit.ended_at,
        "mdtrt_cert_type": visit.voucher_kind,
        "med_type": visit.medical_type,
        "ipt_otp_no": visit.number_at_institution,
        "atddr_no": visit.physician_code or None,
        "chfpdr_name": visit.physician_name or None,
        "adm_dept_codg": visit.department_code or None,
        "adm_dept_name": visit.department_name or None,
        "inhosp_stas": "1" if visit.care == "inpatient" and visit.state == "open" else "0",
    }


@handles("5202")
def diagnoses(context: Context, data: dict[str, Any]) -> bytes:
    """诊断信息查询."""
    sent = data["data"]
    visit_id = record_id(sent["mdtrt_id"], field="mdtrt_id")
    found = look_up_diagnoses(reader_of(context), number=sent["psn_no"], visit_id=visit_id)
    return context.answer(
        {
            "diseinfo": [
                {
                    "diag_info_id": str(diagnosis.pk),
                    "mdtrt_id": str(visit_id),
                    "psn_no": sent["psn_no"],
                    "inout_diag_type": diagnosis.stage,
                    "diag_type": diagnosis.kind,
                    "maindiag_flag": "1" if diagnosis.is_main else "0",
                    "diag_srt_no": diagnosis.rank,
                    "diag_code": diagnosis.code,
                    "diag_name": diagnosis.name,
                    "diag_dept": diagnosis.department or None,
                    "dise_dor_no": diagnosis.physician_code or None,
                    "dise_dor_name": diagnosis.physician_name or None,
                    "diag_time": diagnosis.diagnosed_at,
                }
                for diagnosis in found
            ]
        }
    )


@handles("5203")
def settlement(context: Context, data: dict[str, Any]) -> bytes:
    """结算信息查询."""
    sent = data["data"]
    found, is_reversed = look_up_settlement(
        reader_of(context),
        number=sent["psn_no"],
        settlement_id=record_id(sent["setl_id"], field="setl_id"),
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id"),
    )
    return context.answer(kept_bill_of(found, is_reversed=is_reversed))


@handles("5204")
def lines(context: Context, data: dict[str, Any]) -> bytes:
    """费用明细查询: the output is itself a list."""
    sent = data["data"]
    found = look_up_lines(
        reader_of(context),
        number=sent["psn_no"],
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id"),
        settlement_id=record_id(sent["setl_id"], field="setl_id") if sent["setl_id"] else None,
    )
    return context.answer({"root": [_line(line, settlement_id) for line, settlement_id in found]})


def _line(line: FeeLine, settlement_id: int | None) -> dict[str, Any]:
    """One fee line as 5204 shows it."""
    return {
        "mdtrt_id": str(line.visit_id),
        "setl_id": str(settlement_id) if settlement_id else None,
        "feedetl_sn": line.number,
        "med_type": line.visit.medical_type,
        "fee_ocur_time": line.occurred_at,
        "cnt": line.quantity_e4,
        "pric": line.price_e6,
        "det_item_fee_sumamt": line.amount_fen,
        "pric_uplmt_amt": line.ceiling_price_e6,
        "selfpay_prop": line.self_pay_first_ppm // 100,
        "fulamt_ownpay_amt": line.full_self_pay_fen,
        "overlmt_amt": line.over_ceiling_fen,
        "preselfpay_amt": line.self_pay_first_fen,
        "inscp_scp_amt": line.in_scope_fen,
        "chrgitm_lv": line.item_class,
        "hilist_code": line.item_code,
        "hilist_name": line.item_name,
        "med_list_codg": line.item_code,
        "med_chrgitm_type": line.charge_category,
        "bilg_dept_codg": line.department_code or None,
        "bilg_dr_codg": line.physician_code or None,
    }


CUMULATIVE_CODES = {
    "outpatient_deductible": "OP_DEDUCT",
    "outpatient_paid": "OP_PAID",
    "outpatient_pooled_paid": "OP_POOLED",
    "inpatient_cost": "IP_COST",
    "inpatient_paid": "IP_PAID",
    "inpatient_pooled_paid": "IP_POOLED",
    "inpatient_large_paid": "IP_LARGE",
    "outpatient_cost": "OP_COST",
    "inpatient_deductible": "IP_DEDUCT",
    "inpatient_large_cost": "IP_LA_COST",
    "pooled_paid": "POOLED",
    "large_paid": "LA_PAID",
    "chronic_deductible": "CH_DEDUCT",
    "chronic_cost": "CH_COST",
    "critical_deductible": "CI_DEDUCT",
    "critical_excess": "CI_EXCESS",
    "critical_cost": "CI_COST",
    "critical_paid": "CI_PAID",
    "assistance_outpatient_paid": "MA_OP_PAID",
    "assistance_inpatient_paid": "MA_IP_PAID",
    "assistance_paid": "MA_PAID",
    "assistance_cost": "MA_COST",
    "grave_deductible": "MA_GR_DED",
    "grave_paid": "MA_GR_PAID",
    "supplement_in_deductible": "SI_IN_DED",
    "supplement_in_paid": "SI_IN_PAID",
    "supplement_out_deductible": "SI_OUT_DED",
    "supplement_out_paid": "SI_OUT_PAY",
    "supplement_drug_deductible": "SI_DRG_DED",
    "supplement_drug_paid": "SI_DRG_PAY",
    "supplement_all_deductible": "SI_ALL_DED",
    "supplement_all_paid": "SI_ALL_PAY",
    "zhelibao_cost": "ZLB_COST",
}
"""累计类别代码 by accumulator: no national list is at hand and the field holds ten characters (our default)."""
_LONGEST = 10
_SLOTTED = {"chronic_cost": "CHC"}


def cumulative_code(name: str) -> str:
    """The code of an accumulator; one counted by month, quarter or disease has a code for each: CHC_HYPERT, OP03."""
    base, *slots = name.split("@")
    if not slots:
        return CUMULATIVE_CODES.get(base, base[:_LONGEST])
    short = _SLOTTED.get(base) or "".join(word[0] for word in base.split("_")).upper()[:3]
    when = "".join(slot.upper() for slot in slots if slot.isdigit() or (slot[:1] == "q" and slot[1:].isdigit()))
    disease = "".join(slot for slot in slots if slot.upper() not in when)
    code = f"{short}{when}"
    return f"{code}_{disease.upper().replace('_', '')}"[:_LONGEST] if disease else code


@handles("5206")
def accumulators(context: Context, data: dict[str, Any]) -> bytes:
    """人员累计信息查询: one row per scheme, year and accumulator; cum_ym filters by its year when it is sent."""
    sent = data["data"]
    wanted = (sent["cum_ym"] or "")[:4]
    found = look_up_accumulators(reader_of(context), number=sent["psn_no"])
    return context.answer(
        {
            "cuminfo": [
                {
                    "insutype": row.scheme,
                    "year": str(row.year),
                    "cum_ym": f"{row.year}00",
                    "cum_type_code": cumulative_code(name),
                    "cum": fen,
                }
                for row in found
                if not wanted or str(row.year) == wanted
                for name, fen in sorted(row.amounts.items())
            ]
        }
    )
