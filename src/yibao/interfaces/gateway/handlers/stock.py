"""Goods (进销存): 3501 to 3507 and their versions A; what was reported is looked up in `stock_queries`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.interfaces.gateway.texts import sentence_of
from yibao.workflows.delete_stock_records import Wanted, deletion_step
from yibao.workflows.record_stock import Goods, Recorded, StockReport, stock_step

DONE = "1"
"""处理结果 (retRslt) of what was taken in; what is not taken in is refused as a whole message."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the rows of a transaction are named: node, kind of movement, quantity with its unit, and when it happened."""

    nodes: tuple[str, ...]
    kind: str
    quantity: str
    unit_e4: int
    at: str


_SHAPES = {
    "3501": _Shape(("invinfo",), "count", "inv_cnt", 100, "invdate"),
    "3502": _Shape(("invinfo",), "change", "cnt", 1, "inv_chg_time"),
    "3503": _Shape(("purcinfo",), "purchase", "purc_retn_cnt", 1, "purc_retn_stoin_time"),
    "3504": _Shape(("purcinfo", "selinfo"), "purchase_return", "purc_retn_cnt", 1, "purc_retn_stoin_time"),
    "3505": _Shape(("selinfo",), "sale", "sel_retn_cnt", 1, "sel_retn_time"),
    "3506": _Shape(("selinfo",), "sale_return", "sel_retn_cnt", 1, "sel_retn_time"),
    "3501A": _Shape(("invinfoDetail",), "count", "inv_cnt", 100, "invdate"),
    "3502A": _Shape(("invinfoDetail",), "change", "cnt", 1, "inv_chg_time"),
    "3503A": _Shape(("purcinfoDetail",), "purchase", "purc_retn_cnt", 1, "purc_retn_stoin_time"),
    "3504A": _Shape(("purcinfoDetail",), "purchase_return", "purc_retn_cnt", 1, "purc_retn_stoin_time"),
    "3505A": _Shape(("selinfoDetail",), "sale", "sel_retn_cnt", 1, "sel_retn_time"),
    "3506A": _Shape(("selinfoDetail",), "sale_return", "sel_retn_cnt", 1, "sel_retn_time"),
}
_COLUMNS = frozenset(
    {
        "med_list_codg", "fixmedins_hilist_id", "fixmedins_hilist_name", "fixmedins_bchno", "rx_flag", "manu_lotnum",
        "manu_date", "expy_end", "spler_name", "inv_chg_type", "pric", "finl_trns_pric", "trdn_flag", "psn_no",
        "setl_id", "inv_cnt", "cnt", "purc_retn_cnt", "sel_retn_cnt", "invdate", "inv_chg_time", "drug_trac_codg",
        "purc_retn_stoin_time", "sel_retn_time", "drugtracinfo",
    }
)  # fmt: skip
"""What has a column of its own; the rest is kept as further details."""


@handles(*_SHAPES)
def report(context: Context, data: dict[str, Any]) -> bytes:
    """进销存上传: record the rows, all or none."""
    shape = _SHAPES[context.envelope.infno]
    rows = [
        (_path(node, place, data[node]), row)
        for node in shape.nodes
        for place, row in enumerate(data[node] if isinstance(data[node], list) else [data[node]])
        if row is not None
    ]
    institution = context.institution
    told = StockReport(
        institution_id=institution.id,
        institution=institution.code,
        region=institution.region,
        kind=shape.kind,
        rows=[_goods(context, shape, path, row) for path, row in rows],
        at=context.now,
    )
    return context.change(None, stock_step(told, context.request), _result)


@handles("3507", "3507A")
def delete(context: Context, data: dict[str, Any]) -> bytes:
    """商品信息删除: undo what was reported of a batch."""
    wanted = [
        Wanted(row["fixmedins_bchno"], row["inv_data_type"], f"data[{place}]") for place, row in enumerate(data["data"])
    ]
    step = deletion_step(institution_id=context.institution.id, wanted=wanted, at=context.now, request=context.request)
    return context.change(None, step, lambda _ids: {"result": {"retRslt": DONE, "msgRslt": sentence_of("stock.done")}})


def _path(node: str, place: int, rows: object) -> str:
    """How a row is named in a refusal."""
    return f"{node}[{place}]" if isinstance(rows, list) else node


def _goods(context: Context, shape: _Shape, path: str, row: Mapping[str, Any]) -> Goods:
    """One row as the workflow takes it."""
    settlement = row.get("setl_id")
    price = row.get("pric") if row.get("pric") is not None else row.get("finl_trns_pric")
    return Goods(
        node=path,
        item_code=row["med_list_codg"],
        own_code=row["fixmedins_hilist_id"],
        own_name=row["fixmedins_hilist_name"],
        batch_number=row["fixmedins_bchno"],
        quantity_e4=row[shape.quantity] * shape.unit_e4,
        is_split=row.get("trdn_flag") == "1",
        occurred_at=_moment(row[shape.at]) or context.now,
        codes=_codes(row),
        change_kind=row.get("inv_chg_type") or "",
        price_e6=price,
        rx_flag=row.get("rx_flag") or "",
        lot=row.get("manu_lotnum") or "",
        made_on=row.get("manu_date"),
        expires_on=row.get("expy_end"),
        counterpart=row.get("spler_name") or "",
        person_number=row.get("psn_no"),
        settlement_id=record_id(settlement, field=f"{path}.setl_id") if settlement else None,
        details={name: value for name, value in row.items() if name not in _COLUMNS and value is not None},
    )


def _codes(row: Mapping[str, Any]) -> list[str]:
    """The trace codes of a row, from either place; the same code in both is one."""
    told = [each["drug_trac_codg"] or each["drug_trac_code"] for each in row.get("drugtracinfo") or ()]
    first = row.get("drug_trac_codg")
    return [first, *told] if first and first not in told else told


def _moment(sent: date | datetime | None) -> datetime | None:
    """The moment something happened; a day begins at midnight in Beijing."""
    if sent is None or isinstance(sent, datetime):
        return sent
    return datetime.combine(sent, time.min, BEIJING)


def _result(recorded: Recorded) -> dict[str, Any]:
    """处理结果: done, or done with packs that were sold before."""
    codes = "、".join(each.code for each in recorded.suspicious)
    text = sentence_of("stock.done_with_suspicion", codes=codes) if codes else sentence_of("stock.done")
    return {"result": {"retRslt": DONE, "msgRslt": text[:500]}}
