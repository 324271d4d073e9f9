"""Looking up goods: 3508 balances, 3509 changes, 3510 purchases, 3511 sales, 3512 packs that came, 3513 packs sold."""

from collections.abc import Mapping
from typing import Any

from yibao.core.identity import mask
from yibao.domains.stock.models import Balance, Movement, TraceEntry, TraceSale
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.look_up_records import Reader
from yibao.workflows.look_up_stock import (
    StockSearch,
    look_up_balances,
    look_up_movements,
    look_up_packs_in,
    look_up_packs_sold,
)

_COMMON = {
    "med_list_codg": "item_code", "fixmedins_bchno": "batch_number", "medins_list_name": "own_name",
    "expy_end": "expires_on",
}  # fmt: skip
_OF_MOVEMENT = {
    **_COMMON, "medins_list_codg": "own_code", "rx_flag": "rx_flag", "manu_lotnum": "lot", "manu_date": "made_on",
    "inv_chg_type": "change_kind", "spler_name": "counterpart", "psn_no": "person__number", "inv_chg_time": "occurred_at",
    "purc_retn_stoin_time": "occurred_at", "sel_retn_time": "occurred_at",
}  # fmt: skip


def _search(
    data: dict[str, Any], columns: Mapping[str, str], number: str = "", more: Mapping[str, object] | None = None
) -> StockSearch:
    """The conditions sent: those that a column answers; the platform's own serial when it has one."""
    sent = data["data"] or {}
    wanted: dict[str, object] = dict(more or {})
    wanted.update((column, sent[name]) for name, column in columns.items() if sent.get(name) is not None)
    if number and sent.get(number):
        wanted["pk"] = record_id(sent[number], field=number)
    return StockSearch(sent.get("fixmedins_code"), sent.get("begndate"), sent.get("enddate"), wanted)


def _reader(context: Context) -> Reader:
    """Who looks up."""
    return Reader(context.institution.id, context.envelope.opter, context.envelope.infno, context.now)


@handles("3508")
def balances(context: Context, data: dict[str, Any]) -> bytes:
    """商品库存信息查询: what is on the shelves, by batch; a stock-take's quantity has two decimals here."""
    found = look_up_balances(_reader(context), context.institution.code, _search(data, _COMMON, "medins_prod_inv_no"))
    return context.answer({"root": [_balance(context, row) for row in found]})


@handles("3509")
def changes(context: Context, data: dict[str, Any]) -> bytes:
    """库存变更记录查询."""
    search = _search(data, _OF_MOVEMENT, "medins_prod_inv_chg_no")
    found = look_up_movements(_reader(context), context.institution.code, search, kinds=("change",))
    return context.answer(
        {
            "root": [
                {
                    **_record(context, row),
                    "medinsProdInvChgNo": str(row.pk),
                    "invChgType": row.change_kind or None,
                    "invChgTime": row.occurred_at,
                    "invChgOpterName": row.details.get("inv_chg_opter_name"),
                    "cnt": row.quantity_e4,
                    "pric": row.price_e6,
                    "trdnFlag": _flag(is_so=row.is_split),
                }
                for row in found
            ]
        }
    )


@handles("3510")
def purchases(context: Context, data: dict[str, Any]) -> bytes:
    """采购信息查询: purchases and what went back to suppliers."""
    search = _search(data, _OF_MOVEMENT, "medins_prod_purc_no")
    kinds = {"0": ("purchase",), "1": ("purchase_return",)}.get(
        (data["data"] or {}).get("prod_retn_flag") or "", ("purchase", "purchase_return")
    )
    found = look_up_movements(_reader(context), context.institution.code, search, kinds=kinds)
    return context.answer({"root": [_purchase(context, row) for row in found]})


@handles("3511")
def sales(context: Context, data: dict[str, Any]) -> bytes:
    """销售信息查询: sales and what buyers gave back, whose quantity is negative here."""
    search = _search(data, _OF_MOVEMENT, "medins_prod_sel_no")
    found = look_up_movements(_reader(context), context.institution.code, search, kinds=("sale", "sale_return"))
    return context.answer({"root": [_sale(context, row) for row in found]})


@handles("3512")
def packs_in(context: Context, data: dict[str, Any]) -> bytes:
    """入库药品追溯信息查询."""
    columns = {
        **{name: f"movement__{column}" for name, column in _COMMON.items() if name != "expy_end"},
        "medins_list_codg": "movement__own_code",
        "drug_trac_codg": "code__code",
    }
    found = look_up_packs_in(_reader(context), context.institution.code, _search(data, columns))
    return context.answer({"root": [_pack_in(context, row) for row in found]})


@handles("3513")
def packs_sold(context: Context, data: dict[str, Any]) -> bytes:
    """销售药品追溯信息查询: with a settlement or reported as a sale."""
    columns = {
        "med_list_codg": "item_code", "drug_trac_codg": "code__code", "psn_no": "person__number",
        "fixmedins_bchno": "movement__batch_number", "medins_list_codg": "movement__own_code",
    }  # fmt: skip
    visit = (data["data"] or {}).get("mdtrt_id")
    visit_id = record_id(visit, field="mdtrt_id") if visit else None
    search = _search(data, columns, more={"settlement__visit_id": visit_id})
    found = look_up_packs_sold(_reader(context), context.institution.code, search)
    return context.answer({"root": [_pack_sold(context, row) for row in found]})


def _flag(*, is_so: bool) -> str:
    """是否: 1 or 0."""
    return "1" if is_so else "0"


def _balance(context: Context, row: Balance) -> dict[str, Any]:
    """One balance as 3508 shows it."""
    return {
        "medinsProdInvNo": str(row.pk),
        "rid": str(row.pk),
        "fixmedinsCode": context.institution.code,
        "poolareaNo": context.institution.region,
        "medListCodg": row.item_code,
        "medinsListName": row.own_name[:100],
        "fixmedinsBchno": row.batch_number,
        "invCnt": row.quantity_e4 // 100,
        "expyEnd": row.expires_on,
        "updtTime": row.moved_at,
        "valiFlag": "1",
    }


def _record(context: Context, row: Movement) -> dict[str, Any]:
    """What all answers say of a movement; a deleted one is no longer valid."""
    return {
        "rid": str(row.pk),
        "fixmedinsCode": context.institution.code,
        "poolareaNo": context.institution.region,
        "medListCodg": row.item_code,
        "medinsListCodg": row.own_code,
        "medinsListName": row.own_name[:100],
        "fixmedinsBchno": row.batch_number,
        "rxFlag": row.rx_flag or None,
        "memo": row.details.get("memo"),
        "valiFlag": _flag(is_so=not hasattr(row, "deletion")),
        "crteTime": row.entered_at,
        "optTime": row.entered_at,
        "opterId": row.operator[:20] or None,
    }


def _purchase(context: Context, row: Movement) -> dict[str, Any]:
    """One purchase or return as 3510 shows it."""
    told = row.details.get
    return {
        **_record(context, row),
        "medinsProdPurcNo": str(row.pk),
        "prodRetnFlag": _flag(is_so=row.kind == "purchase_return"),
        "purcRetnCnt": row.quantity_e4 // 100,
        "purcRetnStoinTime": row.occurred_at,
        "finlTrnsPric": row.price_e6,
        "splerName": row.counterpart or None,
        "splerPmtno": told("spler_pmtno"),
        "prodentpName": told("prdr_name"),
        "aprvno": told("aprvno"),
        "dyntNo": told("dynt_no"),
        "purcInvoCodg": told("purc_invo_codg"),
        "purcInvoNo": told("purc_invo_no"),
        "purcRetnOpterName": told("purc_retn_opter_name"),
        "prodGeayFlag": told("prod_geay_flag"),
        "manuLotnum": row.lot or None,
        "manuDate": row.made_on,
        "expyEnd": row.expires_on,
    }


def _sale(context: Context, row: Movement) -> dict[str, Any]:
    """One sale or return as 3511 shows it."""
    told = row.details.get
    return {
        **_record(context, row),
        "medinsProdSelNo": str(row.pk),
        "selRetnCnt": (-row.quantity_e4 if row.kind == "sale_return" else row.quantity_e4) // 100,
        "selRetnTime": row.occurred_at,
        "selRetnOpterName": told("sel_retn_opter_name"),
        "finlTrnsPric": row.price_e6,
        "setlId": str(row.settlement_id) if row.settlement_id else None,
        "psnNo": row.person.number if row.person else None,
        "psnName": row.person.name if row.person else told("psn_name"),
        "psnCertType": row.person.document_type if row.person else None,
        "certno": row.person.document_number if row.person else mask(str(told("certno") or "")) or None,
        "bilgDrName": told("prsc_dr_name"),
        "pharName": told("phar_name"),
        "pharPracCertNo": told("phar_prac_cert_no"),
        "hiFeesetlType": told("hi_feesetl_type"),
        "trdnFlag": _flag(is_so=row.is_split),
        "manuLotnum": row.lot or None,
        "manuDate": row.made_on,
        "expyEnd": row.expires_on,
    }


def _pack_in(context: Context, row: TraceEntry) -> dict[str, Any]:
    """One pack that came, as 3512 shows it."""
    movement = row.movement
    return {
        "fixmedinsCode": context.institution.code,
        "medListCodg": movement.item_code,
        "medinsListCodg": movement.own_code,
        "medinsListName": movement.own_name[:150],
        "fixmedinsBchno": movement.batch_number,
        "drugTracCodg": row.code.code,
        "valiFlag": _flag(is_so=not hasattr(movement, "deletion")),
        "opterId": movement.operator[:20] or None,
    }


def _pack_sold(context: Context, row: TraceSale) -> dict[str, Any]:
    """One pack sold, as 3513 shows it."""
    movement, person = row.movement, row.person
    return {
        "fixmedinsCode": context.institution.code,
        "medListCodg": row.item_code,
        "medinsListCodg": movement.own_code if movement else None,
        "medinsListName": movement.own_name if movement else None,
        "fixmedinsBchno": movement.batch_number if movement else None,
        "mdtrtId": str(row.settlement.visit_id) if row.settlement else None,
        "bkkpSn": row.line_number or None,
        "drugTracCodg": row.code.code,
        "psnNo": person.number if person else None,
        "psnName": person.name if person else None,
        "psnCertType": person.document_type if person else None,
        "certno": person.document_number if person else None,
        "trdnFlag": _flag(is_so=row.is_split),
        "rid": str(row.pk),
        "crteTime": row.sold_at,
        "optTime": row.sold_at,
    }
