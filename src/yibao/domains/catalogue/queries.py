"""How the catalogue of a day covers the items of an upload."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from yibao.domains.catalogue.models import Item
from yibao.domains.storage import Raw, Rows, ask


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """One line's item as the scheme covers it on the line's day; no class where the scheme does not list it."""

    item_code: str | None
    item_name: str | None
    charge_category: str | None
    is_essential: bool | None
    is_negotiated: bool | None
    item_class: str | None
    self_pay_first_ppm: int | None
    ceiling_price_e6: int | None
    valid_from: date | None
    valid_until: date | None
    mark: str | None = None


def ask_for_coverage(
    raw: Raw,
    *,
    codes: Sequence[str],
    days: Sequence[date],
    region: str,
    scheme: str,
    level: str,
    marked_in: str | None = None,
) -> Rows:
    """Ask how each of n items is covered on each of n days; the answers come in the same order.

    `marked_in` is the region whose marks count, that of the insurance, where another's catalogue covers the items.
    """
    return ask(
        raw,
        "SELECT i.code, i.name, i.charge_category, i.is_essential, i.is_negotiated, c.item_class, c.self_pay_first_ppm,"
        " p.price_e6, i.valid_from, i.valid_until, m.mark"
        " FROM unnest(%s::text[], %s::date[]) WITH ORDINALITY AS line(code, day, place)"
        " LEFT JOIN catalogue_item i ON i.code = line.code"
        " LEFT JOIN catalogue_coverage c ON c.item_id = i.id AND c.region_id = %s AND c.scheme = %s"
        "  AND c.valid_from <= line.day AND (c.valid_until IS NULL OR c.valid_until > line.day)"
        " LEFT JOIN catalogue_ceilingprice p ON p.item_id = i.id AND p.region_id = %s AND p.level = %s"
        "  AND p.valid_from <= line.day AND (p.valid_until IS NULL OR p.valid_until > line.day)"
        " LEFT JOIN catalogue_itemmark m ON m.item_id = i.id AND m.region_id = %s"
        "  AND m.valid_from <= line.day AND (m.valid_until IS NULL OR m.valid_until > line.day)"
        " ORDER BY line.place",
        (list(codes), list(days), region, scheme, region, level, marked_in or region),
    )


def coverage_of(rows: Rows) -> list[LineCoverage]:
    """The coverage of each line, in the order of the lines."""
    return [LineCoverage(*row) for row in rows.fetchall()]


def ask_for_codes(raw: Raw, *, codes: Sequence[str]) -> Rows:
    """Ask which of these codes the catalogue has."""
    return ask(raw, "SELECT code FROM catalogue_item WHERE code = ANY(%s::text[])", (list(codes),))


def kinds_of(codes: Collection[str]) -> dict[str, str]:
    """Which national list each of these items stands in, by code; an unknown code is left out."""
    return dict(Item.objects.filter(code__in=codes).values_list("code", "kind"))


def services_named(codes: Collection[str]) -> list[tuple[str, str, str, date]]:
    """Code, name, unit and first day of these items, by code; an unknown code is left out."""
    found = Item.objects.filter(code__in=codes).order_by("code")
    return list(found.values_list("code", "name", "unit", "valid_from"))
