"""Pharmacies: 2102 sells in one message, 2103 takes the sale back."""

from typing import Any

from yibao.interfaces.gateway.bill import bill_of, reversal_bill_of
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.interfaces.gateway.handlers.fees import result_of
from yibao.workflows.buy_at_pharmacy import Bought, purchase_step
from yibao.workflows.open_visit import VisitWish
from yibao.workflows.reverse_settlement import ReversalWish, Reversed, reversal_step
from yibao.workflows.settle_visit import SettlementWish
from yibao.workflows.upload_fees import WishedLine

_PHARMACY_CARE = "41"
_NO_LIMIT_FLAG = "lmt_used_flag"


@handles("2102")
def sell(context: Context, data: dict[str, Any]) -> bytes:
    """药店结算: the visit has the message's number, as has its charge batch."""
    sent, rows = data["druginfo"], data["drugdetail"]
    step = purchase_step(
        _visit(context, sent),
        [_line(row) for row in rows],
        _bill(context, sent),
        context.request,
        kind=context.institution.kind,
    )
    return context.change(sent["psn_no"], step, _sold)


@handles("2103")
def take_back(context: Context, data: dict[str, Any]) -> bytes:
    """药店结算撤销: a reversing settlement; what was said under other names before stands under those of 2103."""
    sent = data["data"]
    wish = ReversalWish(
        institution_id=context.institution.id,
        person_number=sent["psn_no"],
        settlement_id=record_id(sent["setl_id"], field="setl_id"),
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id"),
        is_inpatient=False,
        at=context.now,
        is_purchase=True,
    )
    return context.change(sent["psn_no"], reversal_step(wish, context.request), _taken_back)


def _visit(context: Context, sent: dict[str, Any]) -> VisitWish:
    """The registration that a sale is."""
    institution = context.institution
    disease = {name: sent[name] for name in ("dise_codg", "dise_name") if sent[name] is not None}
    return VisitWish(
        institution_id=institution.id,
        institution_region=institution.region,
        designated_from=institution.designated_from,
        designated_until=institution.designated_until,
        agreement_gaps=institution.agreement_gaps,
        person_number=sent["psn_no"],
        scheme=sent["insutype"],
        division=context.envelope.insuplc_admdvs,
        care="pharmacy",
        medical_type=sent["med_type"] or _PHARMACY_CARE,
        number_at_institution=context.envelope.msgid,
        voucher_kind=sent["mdtrt_cert_type"],
        voucher_number=sent["mdtrt_cert_no"],
        began_at=sent["begntime"],
        department_code="",
        department_name="",
        physician_code="",
        physician_name="",
        details=disease,
        diagnoses=(),
        at=context.now,
        infno=context.request.infno,
        operator=context.request.operator,
    )


def _line(row: dict[str, Any]) -> WishedLine:
    """One line of a sale."""
    return WishedLine(
        number=row["feedetl_sn"],
        item_code=row["med_list_codg"],
        item_name="",
        quantity_e4=row["cnt"],
        price_e6=row["pric"],
        amount_fen=row["det_item_fee_sumamt"],
        approval=None,
        department_code="",
        physician_code=row["bilg_dr_codg"] or "",
        occurred_at=row["fee_ocur_time"],
    )


def _bill(context: Context, sent: dict[str, Any]) -> SettlementWish:
    """What is to be settled; the visit is not known yet."""
    return SettlementWish(
        institution_id=context.institution.id,
        institution_region=context.institution.region,
        person_number=sent["psn_no"],
        visit_id=0,
        is_inpatient=False,
        batch_number=context.envelope.msgid,
        voucher_kind=sent["mdtrt_cert_type"],
        voucher_number=sent["mdtrt_cert_no"],
        scheme=sent["insutype"],
        medical_type=sent["med_type"] or _PHARMACY_CARE,
        total_fen=sent["medfee_sumamt"],
        uses_account=sent["acct_used_flag"] == "1",
        is_midway=False,
        invoice=sent["invono"] or "",
        at=context.now,
        division=context.envelope.insuplc_admdvs,
    )


def _sold(bought: Bought) -> dict[str, Any]:
    """The output of 2102: settlement and lines."""
    bill = bill_of(bought.settled, is_trial=False)
    info = {name: value for name, value in bill["setlinfo"].items() if name != "hosp_part_amt"}
    lines = [{k: v for k, v in result_of(line).items() if k != _NO_LIMIT_FLAG} for line in bought.lines]
    return {"setlinfo": info, "setldetail": bill["setldetail"], "detlcutinfo": lines}


def _taken_back(turned: Reversed) -> dict[str, Any]:
    """The output of 2103: person and cash have other names there than in 2208, and the hospital's part has none."""
    bill = reversal_bill_of(turned)
    info = dict(bill["setlinfo"])
    info["psn_pay"], info["cash_payamt"] = info.pop("psn_part_amt"), info.pop("psn_cash_pay")
    del info["hosp_part_amt"]
    return {"setlinfo": info, "setldetail": bill["setldetail"]}
