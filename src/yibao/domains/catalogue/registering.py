"""What a published list says of items and diseases, written into our own registers in bulk."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from yibao.domains.catalogue.models import Disease, Item


class RegisteredItem(NamedTuple):
    """An item as a list describes it; no first day where the list does not say one."""

    code: str
    kind: str
    name: str
    specification: str
    dosage_form: str
    unit: str
    maker: str
    charge_category: str
    is_essential: bool
    is_negotiated: bool
    valid_from: date | None
    valid_until: date | None


class RegisteredDisease(NamedTuple):
    """A disease or operation as a list describes it."""

    code: str
    kind: str
    name: str


def register_items(*, rows: Sequence[RegisteredItem], version: str, on: date) -> None:
    """Add and change items (目录项目) as a release describes them; a new one without a first day is valid from `on`."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalogue_item AS item SET name = said.name, specification = said.specification,"
            " dosage_form = said.dosage_form, unit = said.unit, maker = said.maker,"
            " charge_category = said.charge_category, is_essential = said.is_essential,"
            " is_negotiated = said.is_negotiated, valid_from = COALESCE(said.valid_from, item.valid_from),"
            " valid_until = said.valid_until, version = %s FROM "
            "unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],"
            " %s::boolean[], %s::boolean[], %s::date[], %s::date[]) AS said(code, kind, name, specification, dosage_form,"
            " unit, maker, charge_category, is_essential, is_negotiated, valid_from, valid_until)"
            " WHERE item.code = said.code AND item.kind = said.kind AND (item.name, item.specification,"
            " item.dosage_form, item.unit, item.maker, item.charge_category, item.is_essential, item.is_negotiated,"
            " item.valid_from, item.valid_until) IS DISTINCT FROM (said.name, said.specification, said.dosage_form,"
            " said.unit, said.maker, said.charge_category, said.is_essential, said.is_negotiated,"
            " COALESCE(said.valid_from, item.valid_from), said.valid_until)",
            [version, *columns],
        )
        cursor.execute(
            "INSERT INTO catalogue_item (code, kind, name, specification, dosage_form, unit, maker, charge_category,"
            " is_essential, is_negotiated, valid_from, valid_until, version)"
            " SELECT code, kind, name, specification, dosage_form, unit, maker, charge_category, is_essential,"
            " is_negotiated, COALESCE(valid_from, %s), valid_until, %s FROM "
            "unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],"
            " %s::boolean[], %s::boolean[], %s::date[], %s::date[]) AS said(code, kind, name, specification, dosage_form,"
            " unit, maker, charge_category, is_essential, is_negotiated, valid_from, valid_until)"
            " ON CONFLICT (code) DO NOTHING",
            [on, version, *columns],
        )


def end_items(*, codes: Collection[str], on: date) -> None:
    """End items that a release withdrew: `on` is the first day on which they do not hold, unless they ended before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalogue_item SET valid_until = GREATEST(%s, valid_from + 1)"
            " WHERE code = ANY(%s) AND (valid_until IS NULL OR valid_until > %s)",
            [on, list(codes), on],
        )


def register_diseases(*, rows: Sequence[RegisteredDisease], on: date) -> None:
    """Add and rename diseases and operations (病种、手术操作) as a release describes them; what had ended is valid again."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalogue_disease AS standing (code, kind, name, valid_from)"
            " SELECT code, kind, name, %s FROM unnest(%s::text[], %s::text[], %s::text[]) AS said(code, kind, name)"
            " ON CONFLICT (kind, code) DO UPDATE SET name = EXCLUDED.name, valid_until = NULL"
            " WHERE standing.name <> EXCLUDED.name OR standing.valid_until IS NOT NULL",
            [on, *columns],
        )


def end_diseases(*, kind: str, codes: Collection[str], on: date) -> None:
    """End diseases or operations that a release withdrew."""
    Disease.objects.filter(kind=kind, code__in=codes, valid_until=None).update(valid_until=on)


def items_of_kind(kind: str) -> list[Item]:
    """The whole register of one kind of items, by code."""
    return list(Item.objects.filter(kind=kind).order_by("code"))


def diseases_of_kind(kind: str) -> list[Disease]:
    """The whole register of one kind of diseases, by code."""
    return list(Disease.objects.filter(kind=kind).order_by("code"))
