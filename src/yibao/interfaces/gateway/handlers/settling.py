"""Settling and undoing: 2206 2206A 2207 2207A 2208, 2303 2303A 2304 2304A 2305, 2601."""

from typing import Any

from yibao.interfaces.gateway.bill import bill_of, reversal_bill_of
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.reverse_settlement import ReversalWish, reversal_step
from yibao.workflows.settle_visit import SettlementWish, settlement_step, try_settlement
from yibao.workflows.settle_with_traces import TracedLine, settlement_with_traces_step
from yibao.workflows.undo_uncertain import UndoWish, UnknownOriginalError, undo_step


@handles("2206", "2206A", "2303", "2303A")
def try_it(context: Context, data: dict[str, Any]) -> bytes:
    """预结算: what a settlement would say; nothing is kept."""
    settled = try_settlement(_wish(context, data["data"]), context.request)
    return context.answer(bill_of(settled, is_trial=True))


@handles("2207", "2207A", "2304", "2304A")
def settle(context: Context, data: dict[str, Any]) -> bytes:
    """结算: settle, keep, answer."""
    sent = data["data"]
    wish = _wish(context, sent)
    step = settlement_step(wish, context.request)
    if traced := data.get("drug_trac_info"):
        lines = [TracedLine(row["feedetl_sn"], row["drug_trac_codg"], row["trdn_flag"] == "1") for row in traced]
        step = settlement_with_traces_step(
            step, wish, context.request, institution=context.institution.code, traced=lines
        )
    return context.change(sent["psn_no"], step, lambda settled: bill_of(settled, is_trial=False))


@handles("2208", "2305")
def reverse(context: Context, data: dict[str, Any]) -> bytes:
    """结算撤销: a reversing settlement with every amount negative."""
    sent = data["data"]
    wish = ReversalWish(
        institution_id=context.institution.id,
        person_number=sent["psn_no"],
        settlement_id=record_id(sent["setl_id"], field="setl_id"),
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id"),
        is_inpatient=context.envelope.infno == "2305",
        at=context.now,
    )
    return context.change(sent["psn_no"], reversal_step(wish, context.request), reversal_bill_of)


@handles("2601")
def undo(context: Context, data: dict[str, Any]) -> bytes:
    """冲正: undo what is uncertain."""
    sent = data["data"]
    wish = UndoWish(
        institution_id=context.institution.id,
        person_number=sent["psn_no"],
        msgid=sent["omsgid"],
        infno=sent["oinfno"],
        at=context.now,
    )
    return context.change(
        sent["psn_no"],
        undo_step(wish, context.request),
        lambda made: UnknownOriginalError(msgid=wish.msgid) if made == "refused" else None,
    )


def _wish(context: Context, sent: dict[str, Any]) -> SettlementWish:
    """What the institution asks for."""
    is_inpatient = context.envelope.infno in {"2303", "2303A", "2304", "2304A"}
    return SettlementWish(
        institution_id=context.institution.id,
        institution_region=context.institution.region,
        person_number=sent["psn_no"],
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id"),
        is_inpatient=is_inpatient,
        batch_number=None if is_inpatient else sent["chrg_bchno"],
        voucher_kind=sent["mdtrt_cert_type"],
        voucher_number=sent["mdtrt_cert_no"],
        scheme=sent["insutype"],
        medical_type=sent.get("med_type"),
        total_fen=sent["medfee_sumamt"],
        uses_account=sent.get("acct_used_flag") == "1",
        is_midway=sent.get("mid_setl_flag") == "1",
        invoice=sent.get("invono") or "",
        at=context.now,
        division=context.envelope.insuplc_admdvs,
    )
