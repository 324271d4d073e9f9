"""Matching an institution's own items with the national list: 3301 upload, 3302 withdraw."""

from datetime import date, timedelta
from typing import Any, ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.listings.operations import NewMatching
from yibao.interfaces.gateway.context import Context, handles
from yibao.workflows.match_items import Matcher, WithdrawnMatch, match_items_step, withdraw_matches_step

_DETAILS: Final = ("aprvno", "dosform", "exct_cont", "item_cont", "prcunt", "spec", "pacspec", "memo")
_FOR_EVER: Final = date(2099, 1, 1)
"""Clients write a day far away where they mean no end."""


class OwnMatchesOnlyError(YibaoError):
    """An institution speaks of its own matchings alone (只能办理本机构的对照)."""

    code: ClassVar[str] = "listings.own_matches_only"


def _matcher(context: Context) -> Matcher:
    """Who speaks."""
    return Matcher(context.institution.id, context.envelope.opter, context.now)


@handles("3301")
def match(context: Context, data: dict[str, Any]) -> bytes:
    """目录对照上传: all or none."""
    step = match_items_step(_matcher(context), [_matching(row) for row in data["data"]])
    return context.change(None, step, lambda _made: None)


def _matching(row: dict[str, Any]) -> NewMatching:
    """A matching as it was sent; the last day is included."""
    last = row["enddate"]
    return NewMatching(
        own_code=row["fixmedins_hilist_id"],
        own_name=row["fixmedins_hilist_name"] or "",
        list_type=row["list_type"],
        item_code=row["med_list_codg"],
        valid_from=row["begndate"],
        valid_until=None if last is None or last >= _FOR_EVER else max(last, row["begndate"]) + timedelta(days=1),
        details={name: row[name] for name in _DETAILS if row[name] is not None},
    )


@handles("3302")
def withdraw(context: Context, data: dict[str, Any]) -> bytes:
    """目录对照撤销: all or none."""
    for place, row in enumerate(data["data"]):
        if row["fixmedins_code"] not in {None, context.institution.code}:
            raise OwnMatchesOnlyError(field=f"data[{place}].fixmedins_code", sent=row["fixmedins_code"])
    wishes = [
        WithdrawnMatch(row["fixmedins_hilist_id"], row["med_list_codg"], row["list_type"]) for row in data["data"]
    ]
    return context.change(None, withdraw_matches_step(_matcher(context), wishes), lambda _made: None)
