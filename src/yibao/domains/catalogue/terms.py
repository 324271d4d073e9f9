"""The catalogue page by page, as institutions query it: class (1312, 1316), ceiling price (1318), first share (1319)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, LiteralString

from django.db import connection


@dataclass(frozen=True, slots=True)
class TermsWish:
    """What is asked for: conditions that are None do not count; `today` decides what is valid.

    `begins` is the first day of the terms, `on` a day on which they hold, `updated_from` the day since which item or
    terms were written; rows `first` to `first` + `most` - 1 are given, counted from 0.
    """

    region: str
    today: date
    updated_from: date
    first: int
    most: int
    code: str | None = None
    name: str | None = None
    charge_category: str | None = None
    item_class: str | None = None
    list_type: str | None = None
    scheme: str | None = None
    begins: date | None = None
    ends: date | None = None
    on: date | None = None
    is_valid: bool | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """One row of the catalogue: the item, its kind of list (目录类别), and what it is about, see the query."""

    record: int
    code: str
    name: str
    list_type: str
    charge_category: str
    item_class: str | None
    scheme: str | None
    self_pay_first_ppm: int | None
    level: str | None
    price_e6: int | None
    valid_from: date
    valid_until: date | None
    updated_at: datetime


# Kinds of list: pieces, services and consumables by kind, drugs by the first letter of their code (third party).
_CONDITIONS: Final[LiteralString] = (
    " WHERE (%(code)s::text IS NULL OR t.code = %(code)s)"
    " AND (%(name)s::text IS NULL OR position(%(name)s in t.name) > 0)"
    " AND (%(charge_category)s::text IS NULL OR t.charge_category = %(charge_category)s)"
    " AND (%(item_class)s::text IS NULL OR t.item_class = %(item_class)s)"
    " AND (%(list_type)s::text IS NULL OR %(list_type)s ="
    "  CASE t.kind WHEN 'service' THEN '201' WHEN 'consumable' THEN '301' WHEN 'decoction_piece' THEN '103'"
    "  ELSE CASE left(t.code, 1) WHEN 'Z' THEN '102' WHEN 'T' THEN '104' ELSE '101' END END)"
    " AND (%(scheme)s::text IS NULL OR t.scheme = %(scheme)s)"
    " AND (%(begins)s::date IS NULL OR t.valid_from = %(begins)s::date)"
    " AND (%(ends)s::date IS NULL OR t.valid_until = %(ends)s::date + 1)"
    " AND (%(on)s::date IS NULL OR (t.valid_from <= %(on)s::date AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)))"
    " AND (%(is_valid)s::boolean IS NULL"
    "  OR (t.valid_from <= %(today)s::date AND (t.valid_until IS NULL OR t.valid_until > %(today)s::date)) = %(is_valid)s)"
    " AND (t.updated_at AT TIME ZONE 'Asia/Shanghai')::date >= %(updated_from)s::date"
)
_PAGE: Final[LiteralString] = " ORDER BY t.code, t.valid_from, t.record OFFSET %(first)s LIMIT %(most)s"

# An item is covered by several schemes; the list that institutions query knows one row of an item at a time, that of
# the scheme with the lowest number (employees), our default.
_COVERED: Final[LiteralString] = (
    " FROM (SELECT DISTINCT ON (i.code, c.valid_from) c.id AS record, i.code, i.name, i.kind, i.charge_category,"
    " c.item_class, c.scheme, c.self_pay_first_ppm, NULL::text AS level,"
    " NULL::bigint AS price_e6, c.valid_from, LEAST(c.valid_until, i.valid_until) AS valid_until,"
    " GREATEST(i.updated_at, c.updated_at) AS updated_at"
    " FROM catalogue_coverage c JOIN catalogue_item i ON i.id = c.item_id WHERE c.region_id = %(region)s"
    " ORDER BY i.code, c.valid_from, c.scheme) t"
)
_SHARED: Final[LiteralString] = (
    " FROM (SELECT c.id AS record, i.code, i.name, i.kind, i.charge_category,"
    " c.item_class, c.scheme, c.self_pay_first_ppm, NULL::text AS level,"
    " NULL::bigint AS price_e6, c.valid_from, c.valid_until, c.updated_at"
    " FROM catalogue_coverage c JOIN catalogue_item i ON i.id = c.item_id WHERE c.region_id = %(region)s) t"
)
_CAPPED: Final[LiteralString] = (
    " FROM (SELECT p.id AS record, i.code, i.name, i.kind, i.charge_category,"
    " NULL::text AS item_class, NULL::text AS scheme,"
    " NULL::int AS self_pay_first_ppm, p.level, p.price_e6, p.valid_from, p.valid_until, p.updated_at"
    " FROM catalogue_ceilingprice p JOIN catalogue_item i ON i.id = p.item_id WHERE p.region_id = %(region)s) t"
)


def covered_items(wish: TermsWish) -> tuple[int, list[Terms]]:
    """How many items of the region's list there are, and a page of them with class (1312, 1316)."""
    return _asked(_COVERED, wish)


def first_shares(wish: TermsWish) -> tuple[int, list[Terms]]:
    """How many first shares (先行自付比例) there are, scheme by scheme, and a page of them (1319)."""
    return _asked(_SHARED, wish)


def ceiling_prices(wish: TermsWish) -> tuple[int, list[Terms]]:
    """How many ceiling prices (限价) there are, level by level, and a page of them (1318)."""
    return _asked(_CAPPED, wish)


def _asked(source: LiteralString, wish: TermsWish) -> tuple[int, list[Terms]]:
    """Count all, read a page."""
    named = {name: getattr(wish, name) for name in TermsWish.__slots__}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*)" + source + _CONDITIONS, named)
        (count,) = cursor.fetchone()
        cursor.execute(
            "SELECT t.record, t.code, t.name,"
            " CASE t.kind WHEN 'service' THEN '201' WHEN 'consumable' THEN '301' WHEN 'decoction_piece' THEN '103'"
            "  ELSE CASE left(t.code, 1) WHEN 'Z' THEN '102' WHEN 'T' THEN '104' ELSE '101' END END,"
            " t.charge_category, t.item_class, t.scheme, t.self_pay_first_ppm, t.level, t.price_e6,"
            " t.valid_from, t.valid_until, t.updated_at" + source + _CONDITIONS + _PAGE,
            named,
        )
        return int(count), [Terms(*row) for row in cursor.fetchall()]
