"""An institution says what its own items are in the national list (目录对照): 3301 uploads, 3302 withdraws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.domains.catalogue.queries import ask_for_codes
from yibao.domains.listings.operations import NewMatching, keep_matching, withdraw_matchings
from yibao.domains.listings.queries import ask_for_standing_matchings
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw, Rows
from yibao.workflows.exactly_once import Outcome, Step


class UnlistedMatchError(YibaoError):
    """The national list has no item of this code to match with (医疗目录编码不存在)."""

    code: ClassVar[str] = "listings.unlisted_match"


class AlreadyMatchedError(YibaoError):
    """The institution's item is matched on these days already; 3302 withdraws that first (目录已对照)."""

    code: ClassVar[str] = "listings.already_matched"


class NothingMatchedError(YibaoError):
    """No matching that stands has these codes (无可撤销的对照)."""

    code: ClassVar[str] = "listings.nothing_matched"


@dataclass(frozen=True, slots=True)
class Matcher:
    """Which institution speaks, by which operator, when."""

    institution_id: int
    operator: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawnMatch:
    """Which matching is to be withdrawn; of any kind of list when none is named."""

    own_code: str
    item_code: str
    list_type: str | None


def match_items_step(who: Matcher, matchings: Sequence[NewMatching]) -> Step[Rows, None]:
    """Keep matchings, all or none.

    :raises UnlistedMatchError: the national list has no such item.
    :raises AlreadyMatchedError: the item is matched on some of these days.
    """

    def ask(raw: Raw) -> Rows:
        return ask_for_codes(raw, codes=[each.item_code for each in matchings])

    def act(raw: Raw, _person: LockedPerson | None, asked: Rows) -> Outcome[None]:
        known = {row[0] for row in asked.fetchall()}
        for place, new in enumerate(matchings):
            if new.item_code not in known:
                raise UnlistedMatchError(field=f"data[{place}].med_list_codg", item=new.item_code)
            try:
                keep_matching(raw, new, institution_id=who.institution_id, matched_at=who.at, matched_by=who.operator)
            except database_errors.ExclusionViolation:
                raise AlreadyMatchedError(field=f"data[{place}].fixmedins_hilist_id", own_code=new.own_code) from None
        return Outcome(None)

    return Step(ask, act)


def withdraw_matches_step(who: Matcher, wishes: Sequence[WithdrawnMatch]) -> Step[Rows, None]:
    """Withdraw matchings, all or none.

    :raises NothingMatchedError: none that stands has the codes.
    """

    def ask(raw: Raw) -> Rows:
        return ask_for_standing_matchings(
            raw, institution_id=who.institution_id, own_codes=[each.own_code for each in wishes]
        )

    def act(raw: Raw, _person: LockedPerson | None, asked: Rows) -> Outcome[None]:
        standing = asked.fetchall()
        chosen: set[int] = set()
        for place, wish in enumerate(wishes):
            found = {
                number
                for number, own_code, item_code, list_type in standing
                if (own_code, item_code) == (wish.own_code, wish.item_code) and wish.list_type in {None, list_type}
            }
            if not found:
                raise NothingMatchedError(field=f"data[{place}].fixmedins_hilist_id", own_code=wish.own_code)
            chosen |= found
        withdraw_matchings(raw, matching_ids=sorted(chosen), withdrawn_at=who.at, withdrawn_by=who.operator)
        return Outcome(None)

    return Step(ask, act)
