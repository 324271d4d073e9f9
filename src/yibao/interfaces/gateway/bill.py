"""A settlement as the national interface shows it: setlinfo and setldetail, with the sum rules that hold on each.

Rules: knowledge of gateway settlement, section 1 (read from real answers, third party).
"""

from typing import Any

from django.utils.timezone import localdate

from yibao.domains.ledger.models import Fund
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.operations import NewSettlement
from yibao.workflows.reverse_settlement import Reversed
from yibao.workflows.settle_visit import Settled, age_on

ACCOUNT_FUND = "310200"
FUND_MEMBERS = {
    "310": "hifp_pay",
    "390": "hifp_pay",
    "320": "cvlserv_pay",
    "370": "hifes_pay",
    "392": "hifmi_pay",
    "330": "hifob_pay",
    "610": "maf_pay",
}
CRITICAL_ILLNESS_FUND = "390200"
_CLEARING = {"outpatient": "11", "inpatient": "21", "pharmacy": "41"}
_BY_ITEM = "01"


def member_of(fund: str) -> str:
    """The member of setlinfo in which a fund's payment stands; what has none of its own is oth_pay."""
    if fund == CRITICAL_ILLNESS_FUND:
        return "hifmi_pay"
    return FUND_MEMBERS.get(fund[:3], "oth_pay")


def amounts_of(settlement: NewSettlement | Settlement) -> dict[str, int]:
    """The sums of setlinfo in fen; a rate over one segment is not known of a layered policy, so pool_prop_selfpay is 0.

    What relatives' accounts paid (acct_mulaid_pay) is a part of acct_pay, so that person = acct_pay + cash (our default).
    """
    amounts = dict.fromkeys((*FUND_MEMBERS.values(), "oth_pay"), 0)
    for fund, fen in zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True):
        amounts[member_of(fund)] += fen
    return {
        **amounts,
        "medfee_sumamt": settlement.total_fen,
        "fulamt_ownpay_amt": settlement.full_self_pay_fen,
        "overlmt_selfpay": settlement.over_ceiling_fen,
        "preselfpay_amt": settlement.self_pay_first_fen,
        "inscp_scp_amt": settlement.in_scope_fen,
        "act_pay_dedc": settlement.deductible_fen,
        "pool_prop_selfpay": 0,
        "fund_pay_sumamt": settlement.fund_fen,
        "balc": settlement.balance_after_fen,
        "acct_mulaid_pay": settlement.shared_account_fen,
    }


def shares_of(settlement: NewSettlement | Settlement) -> dict[str, int]:
    """What person, account and hospital bear, in fen."""
    return {
        "psn_part_amt": settlement.person_fen,
        "acct_pay": settlement.account_fen,
        "psn_cash_pay": settlement.cash_fen,
        "hosp_part_amt": settlement.hospital_fen,
    }


def details_of(settlement: NewSettlement | Settlement, names: dict[str, str]) -> list[dict[str, Any]]:
    """setldetail: one row per fund that paid, and one for the personal account."""
    paid = list(zip(settlement.fund_codes, settlement.fund_amounts_fen, strict=True))
    if settlement.account_fen:
        paid.append((ACCOUNT_FUND, settlement.account_fen))
    return [
        {
            "fund_pay_type": fund,
            "inscp_scp_amt": settlement.in_scope_fen,
            "crt_payb_lmt_amt": None,
            "fund_payamt": fen,
            "fund_pay_type_name": names.get(fund),
            "setl_proc_info": None,
        }
        for fund, fen in paid
    ]


def bill_of(settled: Settled, *, is_trial: bool) -> dict[str, Any]:
    """The output of a settlement or a trial."""
    settlement, person, visit = settled.settlement, settled.person, settled.visit
    info = {
        **amounts_of(settlement),
        **shares_of(settlement),
        "mdtrt_id": str(visit.visit_id),
        "psn_no": person.number,
        "psn_name": person.name,
        "psn_cert_type": person.document_type,
        "certno": person.document_number,
        "gend": person.sex,
        "naty": person.ethnicity or None,
        "brdy": person.birth_date,
        "age": settled.age * 10,
        "insutype": visit.scheme,
        "psn_type": visit.person_type,
        "cvlserv_flag": "1" if visit.is_civil_servant else "0",
        "setl_time": None if is_trial else settlement.settled_at,
        "mdtrt_cert_type": settlement.voucher_kind,
        "med_type": visit.medical_type,
        "medins_setl_id": settlement.msgid,
        "clr_optins": settled.care_region,
        "clr_way": None if is_trial else _BY_ITEM,
        "clr_type": _CLEARING[visit.care],
    }
    if not is_trial:
        info["setl_id"] = str(settlement.id)
    return {"setlinfo": info, "setldetail": details_of(settlement, fund_names())}


def reversal_bill_of(turned: Reversed) -> dict[str, Any]:
    """The output of 2208 and 2305: the reversing settlement."""
    reversal, original = turned.reversal, turned.original
    return {
        "setlinfo": {
            **amounts_of(reversal),
            **shares_of(reversal),
            "mdtrt_id": str(original.visit_id),
            "setl_id": str(reversal.id),
            "clr_optins": original.institution.division.pooling_region,
            "setl_time": reversal.settled_at,
            "medins_setl_id": reversal.msgid,
        },
        "setldetail": details_of(reversal, fund_names()),
    }


def kept_bill_of(settlement: Settlement, *, is_reversed: bool) -> dict[str, Any]:
    """The output of 5203: a settlement that was kept, with where and whether it was reversed."""
    person, visit, enrolment = settlement.person, settlement.visit, settlement.enrolment
    return {
        "setlinfo": {
            **amounts_of(settlement),
            "setl_id": str(settlement.pk),
            "mdtrt_id": str(visit.pk),
            "psn_no": person.number,
            "psn_name": person.name,
            "psn_cert_type": person.document_type,
            "certno": person.document_number,
            "gend": person.sex,
            "naty": person.ethnicity or None,
            "brdy": person.birth_date,
            "age": age_on(person.birth_date, localdate(settlement.settled_at)) * 10,
            "insutype": enrolment.scheme,
            "psn_type": enrolment.person_type,
            "cvlserv_flag": "1" if enrolment.is_civil_servant else "0",
            "emp_name": enrolment.employer.name if enrolment.employer else None,
            "insu_optins": enrolment.division_id,
            "fixmedins_code": settlement.institution.code,
            "fixmedins_name": settlement.institution.name,
            "begndate": localdate(visit.began_at),
            "enddate": localdate(visit.ended_at) if visit.ended_at else None,
            "setl_time": settlement.settled_at,
            "mdtrt_cert_type": settlement.voucher_kind,
            "med_type": visit.medical_type,
            "clr_type": _CLEARING[visit.care],
            "clr_way": _BY_ITEM,
            "clr_optins": settlement.institution.division.pooling_region,
            "psn_pay": settlement.person_fen,
            "acct_pay": settlement.account_fen,
            "cash_payamt": settlement.cash_fen,
            "medins_setl_id": settlement.msgid,
            "refd_setl_flag": "1" if is_reversed else "0",
            "year": str(settlement.benefit_year),
            "invono": settlement.invoice or None,
            "opter_id": settlement.operator or None,
            "opt_time": settlement.settled_at,
        },
        "setldetail": details_of(settlement, fund_names()),
    }


_NAMES: dict[str, str] = {}


def fund_names() -> dict[str, str]:
    """The Chinese names of the funds, read once."""
    if not _NAMES:
        _NAMES.update(Fund.objects.values_list("code", "name_zh"))
    return _NAMES
