"""Reads of the catalogue."""

from collections.abc import Sequence
from datetime import date
from typing import Final, LiteralString, NamedTuple

from yibao.domains import storage


class Terms(NamedTuple):
    """What the catalogue says of an item on a day: class, share paid first by the person, ceiling price or None."""

    code: str
    name: str
    kind: str
    unit: str
    charge_category: str
    item_class: str
    self_pay_first_ppm: int
    ceiling_price_e6: int | None


_TERMS: Final[LiteralString] = """
SELECT item.code, item.name, item.kind, item.unit, item.charge_category, coverage.item_class,
       coverage.self_pay_first_ppm, ceiling.price_e6
  FROM catalogue_item AS item
  JOIN catalogue_coverage AS coverage ON coverage.item_id = item.id AND coverage.region_id = %(region)s
   AND coverage.scheme = %(scheme)s AND coverage.valid_from <= %(on)s
   AND (coverage.valid_until IS NULL OR coverage.valid_until > %(on)s)
  LEFT JOIN catalogue_ceilingprice AS ceiling ON ceiling.item_id = item.id AND ceiling.region_id = %(region)s
   AND ceiling.level = %(level)s AND ceiling.valid_from <= %(on)s
   AND (ceiling.valid_until IS NULL OR ceiling.valid_until > %(on)s)
 WHERE item.code = ANY(%(codes)s) AND item.valid_from <= %(on)s
   AND (item.valid_until IS NULL OR item.valid_until > %(on)s)
"""


def terms_of(*, codes: Sequence[str], region: str, scheme: str, level: str, on: date) -> dict[str, Terms]:
    """The terms of items on a day for a scheme at a level of institution, by code, in one statement.

    A code that is missing from the answer is unknown, out of its time, or not covered by a row of its own that day.
    """
    facts = {"codes": list(codes), "region": region, "scheme": scheme, "level": level, "on": on}
    with storage.transaction() as raw, raw.cursor() as cursor:
        cursor.execute(_TERMS, facts)
        return {row[0]: Terms(*row) for row in cursor}
