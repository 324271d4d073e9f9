"""The lists that the city's institutions download: from its own registers, and small ones made up for the sandbox."""

import csv
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from typing import Final

from yibao.domains.listings.lists import LISTS
from yibao.domains.listings.operations import ListRow, NothingToReleaseError
from yibao.domains.listings.queries import latest_release, listing_of
from yibao.workflows.publish_list import Publication, publish_list, registered_rows

ACTOR: Final = "city"
_SOURCE: Final = "the synthetic city"
_REGISTERED: Final = ("1301", "1302", "1305", "1306", "1307")
_LONG_CODES: Final = "1306A"


def found_lists(*, region: str, at: datetime) -> list[str]:
    """Publish every list that was not published before in this database; the numbers of those that were."""
    published = []
    made_up = _made_up(region)
    for code, kind in LISTS.items():
        listing = listing_of(code=code, region=region if kind.is_regional else None)
        if listing is not None and latest_release(listing.pk) is not None:
            continue
        rows = registered_rows(code, region) if code in _REGISTERED else made_up.get(code, {})
        try:
            publish_list(Publication(code, region, rows, is_whole=True, source=_SOURCE, actor=ACTOR, at=at))
        except NothingToReleaseError:
            continue
        published.append(code)
    return published


def _made_up(region: str) -> dict[str, dict[str, ListRow]]:
    """The small lists of data/lists.csv, and the consumables once more by longer codes."""
    lists: dict[str, dict[str, ListRow]] = {_LONG_CODES: dict(_by_long_codes(region))}
    text = resources.files("yibao.city").joinpath("data", "lists.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        kind = LISTS[row["list"]]
        details = dict(part.split("=", 1) for part in row["details"].split(";") if part)
        values = {kind.key: row["code"], kind.name: row["name"], **details}
        if "医保区划" in kind.columns:
            values["医保区划"] = region
        assert values.keys() <= set(kind.columns), (row, values.keys() - set(kind.columns))
        lists.setdefault(row["list"], {})[row["code"]] = ListRow(values)
    return lists


def _by_long_codes(region: str) -> Iterator[tuple[str, ListRow]]:
    """Each consumable under a code of 27 characters: its own of 20, and 7 digits of the product."""
    for code, row in registered_rows("1306", region).items():
        long_code = f"{code}{1:07d}"
        yield long_code, ListRow({LISTS[_LONG_CODES].key: long_code, **row.values})
