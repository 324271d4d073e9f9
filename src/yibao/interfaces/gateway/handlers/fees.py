"""Fee lines: 2204 2205 for outpatients, 2301 2302 for inpatients."""

from typing import Any

from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.change_visit import VisitChange
from yibao.workflows.upload_fees import KeptLine, MixedUploadError, WishedLine, upload_step
from yibao.workflows.warn_unmatched import UnmatchedItemsError, unmatched_codes
from yibao.workflows.withdraw_fees import withdraw_batch_step, withdraw_lines_step

_NO_CEILING_E6 = 999_999 * 1_000_000


@handles("2204", "2301")
def upload(context: Context, data: dict[str, Any]) -> bytes:
    """费用明细上传: keep the lines; the answer is how the catalogue splits each."""
    rows = data["feedetail"]
    first = rows[0]
    is_inpatient = context.envelope.infno == "2301"
    for place, row in enumerate(rows):
        for name in ("psn_no", "mdtrt_id") if is_inpatient else ("psn_no", "mdtrt_id", "chrg_bchno"):
            if row[name] != first[name]:
                raise MixedUploadError(field=f"feedetail[{place}].{name}")
    step = upload_step(
        _change(context, first, is_inpatient=is_inpatient),
        care_region=context.institution.region,
        batch_number=context.envelope.msgid if is_inpatient else first["chrg_bchno"],
        lines=[_line(row) for row in rows],
    )
    return context.change(
        first["psn_no"],
        step,
        lambda kept: {"result": [result_of(line) for line in kept]},
        warning=_warning(context, rows),
    )


def _warning(context: Context, rows: list[dict[str, Any]]) -> UnmatchedItemsError | None:
    """What the region wants its institutions to hear of items that they never matched."""
    unmatched = unmatched_codes(
        institution_id=context.institution.id,
        region=context.institution.region,
        own_codes=[row["medins_list_codg"] for row in rows],
        at=context.now,
    )
    return UnmatchedItemsError(count=len(unmatched), first="、".join(unmatched[:5])) if unmatched else None


@handles("2205")
def withdraw_batch(context: Context, data: dict[str, Any]) -> bytes:
    """门诊费用明细信息撤销: a charge batch, or 0000 for all."""
    sent = data["data"]
    step = withdraw_batch_step(_change(context, sent, is_inpatient=False), batch_number=sent["chrg_bchno"])
    return context.change(sent["psn_no"], step, lambda _made: None)


@handles("2302")
def withdraw_lines(context: Context, data: dict[str, Any]) -> bytes:
    """住院费用明细撤销: lines by number, or 0000 for all."""
    rows = data["data"]
    first = rows[0]
    for place, row in enumerate(rows):
        for name in ("psn_no", "mdtrt_id"):
            if row[name] != first[name]:
                raise MixedUploadError(field=f"data[{place}].{name}")
    step = withdraw_lines_step(
        _change(context, first, is_inpatient=True), line_numbers=[row["feedetl_sn"] for row in rows]
    )
    return context.change(first["psn_no"], step, lambda _made: None)


def _change(context: Context, sent: dict[str, Any], *, is_inpatient: bool) -> VisitChange:
    """Which visit of whom the lines belong to."""
    return VisitChange(
        institution_id=context.institution.id,
        person_number=sent["psn_no"],
        visit_id=record_id(sent["mdtrt_id"], field="mdtrt_id"),
        is_inpatient=is_inpatient,
        at=context.now,
    )


def _line(row: dict[str, Any]) -> WishedLine:
    """One line as it was sent; cnt counts ten-thousandths, pric millionths of a yuan."""
    return WishedLine(
        number=row["feedetl_sn"],
        item_code=row["med_list_codg"],
        item_name=row.get("medins_list_name") or "",
        quantity_e4=row["cnt"],
        price_e6=row["pric"],
        amount_fen=row["det_item_fee_sumamt"],
        approval=row.get("hosp_appr_flag"),
        department_code=row.get("bilg_dept_codg") or "",
        physician_code=row.get("bilg_dr_codg") or "",
        occurred_at=row["fee_ocur_time"],
    )


def result_of(kept: KeptLine) -> dict[str, Any]:
    """What the answer says of one line; selfpay_prop has four decimals."""
    line = kept.line
    return {
        "feedetl_sn": line.number,
        "det_item_fee_sumamt": line.amount_fen,
        "cnt": line.quantity_e4,
        "pric": line.price_e6,
        "pric_uplmt_amt": line.ceiling_price_e6 if line.ceiling_price_e6 is not None else _NO_CEILING_E6,
        "selfpay_prop": line.self_pay_first_ppm // 100,
        "fulamt_ownpay_amt": line.full_self_pay_fen,
        "overlmt_amt": line.over_ceiling_fen,
        "preselfpay_amt": line.self_pay_first_fen,
        "inscp_scp_amt": line.in_scope_fen,
        "chrgitm_lv": line.item_class,
        "med_chrgitm_type": line.charge_category,
        "bas_medn_flag": "1" if kept.is_essential else "0",
        "hi_nego_drug_flag": "1" if kept.is_negotiated else "0",
        "chld_medc_flag": "0",
        "list_sp_item_flag": "0",
        "lmt_used_flag": "0",
        "drt_reim_flag": "0",
    }
