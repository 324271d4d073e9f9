"""The catalogue page by page: 1304 ethnic medicines, 1312 and 1316 to 1319 what is covered, 1901 dictionaries.

How the texts leave conditions open is settled so (our default): a condition that is not sent does not count, `updt_time`
is the day since which a row was written, `query_date` a day on which it holds, `begndate` and `enddate` are the row's own.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from django.utils.timezone import localdate, localtime

from yibao.core.errors import YibaoError
from yibao.domains.catalogue.terms import Terms, TermsWish
from yibao.domains.listings.lists import LISTS
from yibao.domains.listings.models import Entry, Matching
from yibao.domains.reference.models import DictionaryEntry
from yibao.interfaces.gateway.catalogue import TRANSACTIONS, Field
from yibao.interfaces.gateway.context import Context, handles
from yibao.interfaces.gateway.handlers.matching import OwnMatchesOnlyError
from yibao.workflows.list_files import record_number
from yibao.workflows.query_lists import (
    ETHNIC,
    Span,
    query_ceiling_prices,
    query_dictionaries,
    query_ethnic_drugs,
    query_first_shares,
    query_insured_items,
    query_matchings,
)

_VALID: Final = {"1": True, "0": False}
_LIMIT_BY_PRICE: Final = "1"
"""医保目录限价类型、超限处理方式: no table of their codes was found; 1 stands for a ceiling price above which the person pays."""


class PageError(YibaoError):
    """Pages count from 1 and hold one row at least."""

    code: ClassVar[str] = "listings.page"


def _span(sent: dict[str, Any]) -> Span:
    """The rows of the page that is asked for.

    :raises PageError: there is no such page.
    """
    for name in ("page_num", "page_size"):
        if sent[name] < 1:
            raise PageError(field=name)
    return Span((sent["page_num"] - 1) * sent["page_size"], sent["page_size"])


def _page(sent: dict[str, Any], count: int, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A page with the members that real answers have around it."""
    size, number = sent["page_size"], sent["page_num"]
    pages = -(-count // size)
    first = (number - 1) * size + 1 if rows else 0
    return {
        "root": {
            "data": rows,
            "recordCounts": count,
            "pages": pages,
            "pageNum": number,
            "pageSize": size,
            "size": len(rows),
            "startRow": first,
            "endRow": first + len(rows) - 1 if rows else 0,
            "firstPage": number == 1,
            "lastPage": number >= pages,
        }
    }


def _wish(context: Context, sent: dict[str, Any], **further: Any) -> TermsWish:
    """What a query of the catalogue asks for, in the institution's own region unless another is named."""
    span = _span(sent)
    return TermsWish(
        region=sent.get("insu_admdvs") or context.institution.region,
        today=context.now.date(),
        updated_from=sent["updt_time"],
        first=span.first,
        most=span.most,
        code=sent.get("hilist_code"),
        begins=sent["begndate"],
        on=sent["query_date"],
        is_valid=_VALID.get(sent["vali_flag"] or ""),
        **further,
    )


def _stamps(context: Context, row: Terms, kind: str, region: str) -> dict[str, Any]:
    """What every row of 1312 and 1316 to 1319 ends with."""
    today = context.now.date()
    return {
        "insu_admdvs": region,
        "poolarea_no": region,
        "begndate": row.valid_from,
        "enddate": row.valid_until - timedelta(days=1) if row.valid_until else None,
        "vali_flag": _flag(is_set=row.valid_from <= today and (row.valid_until is None or row.valid_until > today)),
        "rid": record_number(kind, region, str(row.record)),
        "updt_time": localdate(row.updated_at),
        "crte_time": row.valid_from,
    }


def _flag(*, is_set: bool) -> str:
    """A yes or no as messages write it."""
    return "1" if is_set else "0"


@handles("1312")
def insured_list(context: Context, data: dict[str, Any]) -> bytes:
    """医保目录信息查询: the items that the region covers, with their class."""
    sent = data["data"]
    wish = _wish(
        context, sent, name=sent["hilist_name"], charge_category=sent["med_chrgitm_type"],
        item_class=sent["chrgitm_lv"], list_type=sent["list_type"],
    )  # fmt: skip
    return _answer(
        context,
        sent,
        query_insured_items(wish),
        lambda row: {
            "hilist_code": row.code,
            "hilist_name": row.name,
            "med_chrgitm_type": row.charge_category,
            "chrgitm_lv": row.item_class,
            "lmt_used_flag": "0",
            "list_type": row.list_type,
            "med_use_flag": "1",
            **_stamps(context, row, "1312", wish.region),
        },
    )


@handles("1316")
def national_to_insured(context: Context, data: dict[str, Any]) -> bytes:
    """医疗目录与医保目录匹配信息查询: an item has one code in both."""
    sent = data["data"]
    wish = _wish(
        context, {**sent, "hilist_code": sent["med_list_codg"] or sent["hilist_code"]}, list_type=sent["list_type"]
    )
    if sent["med_list_codg"] and sent["hilist_code"] and sent["med_list_codg"] != sent["hilist_code"]:
        return context.answer(_page(sent, 0, []))
    return _answer(
        context,
        sent,
        query_insured_items(wish),
        lambda row: {
            "med_list_codg": row.code,
            "hilist_code": row.code,
            "list_type": row.list_type,
            **_stamps(context, row, "1316", wish.region),
        },
    )


@handles("1318")
def ceilings(context: Context, data: dict[str, Any]) -> bytes:
    """医保目录限价信息查询: the ceilings of every level of institutions, which stands as tabname."""
    sent = data["data"]
    wish = _wish(context, sent, ends=sent["enddate"])
    return _answer(
        context,
        sent,
        query_ceiling_prices(wish),
        lambda row: {
            "hilist_code": row.code,
            "hilist_lmtpric_type": _LIMIT_BY_PRICE,
            "overlmt_dspo_way": _LIMIT_BY_PRICE,
            "hilist_pric_uplmt_amt": row.price_e6,
            "tabname": row.level,
            **_stamps(context, row, "1318", wish.region),
        },
    )


@handles("1319")
def shares(context: Context, data: dict[str, Any]) -> bytes:
    """医保目录先自付比例信息查询: one row for each scheme, which stands as the kind of persons."""
    sent = data["data"]
    wish = _wish(context, sent, ends=sent["enddate"], scheme=sent["selfpay_prop_psn_type"])
    return _answer(
        context,
        sent,
        query_first_shares(wish),
        lambda row: {
            "hilist_code": row.code,
            "selfpay_prop_psn_type": row.scheme,
            "selfpay_prop_type": row.item_class,
            "selfpay_prop": (row.self_pay_first_ppm or 0) // 100,
            **_stamps(context, row, "1319", wish.region),
        },
    )


def _answer(
    context: Context, sent: dict[str, Any], found: tuple[int, list[Terms]], row_of: Callable[[Terms], dict[str, Any]]
) -> bytes:
    """The answer with a page of the catalogue."""
    count, rows = found
    return context.answer(_page(sent, count, [row_of(row) for row in rows]))


@handles("1317")
def own_matchings(context: Context, data: dict[str, Any]) -> bytes:
    """医药机构目录匹配信息查询: the institution's own matchings."""
    sent = data["data"]
    if sent["fixmedins_code"] not in {None, context.institution.code}:
        raise OwnMatchesOnlyError(field="fixmedins_code", sent=sent["fixmedins_code"])
    named = {
        "own_code": sent["medins_list_codg"],
        "own_name__contains": sent["medins_list_name"],
        "list_type": sent["list_type"],
        "item_code": sent["med_list_codg"],
        "valid_from": sent["begndate"],
    }
    count, rows = query_matchings(
        institution_id=context.institution.id,
        conditions={name: value for name, value in named.items() if value is not None},
        on=sent["query_date"],
        is_valid=_VALID.get(sent["vali_flag"] or ""),
        updated_from=sent["updt_time"],
        today=context.now.date(),
        span=_span(sent),
    )
    return context.answer(_page(sent, count, [_matching(context, row) for row in rows]))


def _matching(context: Context, matching: Matching) -> dict[str, Any]:
    """One matching as 1317 shows it."""
    withdrawal = getattr(matching, "withdrawal", None)
    today = context.now.date()
    is_over = matching.valid_until is not None and matching.valid_until <= today
    return {
        **matching.details,
        "fixmedins_code": context.institution.code,
        "medins_list_codg": matching.own_code,
        "medins_list_name": matching.own_name or None,
        "insu_admdvs": context.institution.region,
        "poolarea_no": context.institution.region,
        "list_type": matching.list_type[:3],
        "med_list_codg": matching.item_code,
        "begndate": matching.valid_from,
        "enddate": matching.valid_until - timedelta(days=1) if matching.valid_until else None,
        "vali_flag": _flag(is_set=withdrawal is None and matching.valid_from <= today and not is_over),
        "rid": record_number("1317", context.institution.region, str(matching.pk)),
        "updt_time": localdate(withdrawal.withdrawn_at if withdrawal else matching.matched_at),
        "crte_time": localdate(matching.matched_at),
        "opter_id": matching.matched_by[:20],
    }


_ETHNIC_FIELDS: Final[tuple[Field, ...]] = TRANSACTIONS[ETHNIC].output["root"].nodes["data"].fields
_ETHNIC_CONDITIONS: Final = ("genname_codg", "drug_genname", "drug_prodname", "tcmherb_name", "cpnd_flag")


@handles(ETHNIC)
def ethnic_medicines(context: Context, data: dict[str, Any]) -> bytes:
    """民族药品目录查询: what was published of them."""
    sent = data["data"]
    count, rows = query_ethnic_drugs(
        conditions={name: sent[name] for name in _ETHNIC_CONDITIONS if sent[name] is not None},
        code=sent["med_list_codg"],
        is_valid=_VALID.get(sent["vali_flag"] or ""),
        updated_from=sent["updt_time"],
        span=_span(sent),
    )
    return context.answer(_page(sent, count, [_ethnic(entry) for entry in rows]))


def _ethnic(entry: Entry) -> dict[str, Any]:
    """One ethnic medicine as 1304 shows it; who wrote it is the agency, which has no number here."""
    described = {
        field.name: _typed(field, entry.values[field.name])
        for field in _ETHNIC_FIELDS
        if field.name in LISTS[ETHNIC].columns and entry.values.get(field.name)
    }
    return {
        **described,
        "vali_flag": _flag(is_set=entry.is_valid),
        "rid": record_number(ETHNIC, None, entry.code),
        "crte_time": localdate(entry.created_at),
        "updt_time": localdate(entry.release.released_at),
        "opt_time": localdate(entry.release.released_at),
        "opter_name": entry.release.released_by[:50],
        "ver": entry.release.version,
    }


def _typed(field: Field, text: str) -> Any:
    """A published text as the type of its field; what is no number or day is left out."""
    try:
        if field.type == "number":
            return int(text)
        if field.type == "date":
            return date.fromisoformat(text[:10])
    except ValueError:
        return None
    return text


@handles("1901")
def dictionaries(context: Context, data: dict[str, Any]) -> bytes:
    """字典表下载: entries stand until they are changed; none has a parent, and none that is not valid is kept."""
    sent = data["data"] or {}
    wants_invalid = "0" in {sent.get("Vali_Flag"), sent.get("valiFlag")}
    has_parent = sent.get("parent_value") or sent.get("parentValue")
    entries = [] if wants_invalid or has_parent else query_dictionaries(sent.get("type"))
    places: dict[str, int] = {}
    return context.answer({"list": [_entry(entry, places) for entry in entries]})


def _entry(entry: DictionaryEntry, places: dict[str, int]) -> dict[str, Any]:
    """One entry; its version is the moment of its last change."""
    places[entry.table] = places.get(entry.table, 0) + 1
    return {
        "type": entry.table[:30],
        "label": entry.name_zh[:50],
        "value": entry.code,
        "parentValue": "",
        "sort": places[entry.table],
        "valiFlag": "1",
        "createUser": None,
        "createDate": localdate(entry.updated_at),
        "version": int(f"{localtime(entry.updated_at):%Y%m%d%H%M%S}"),
    }
