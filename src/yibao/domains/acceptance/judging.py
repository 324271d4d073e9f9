"""The judgement of an acceptance (验收判定): from what was asked for and what was performed, with no clock and no database.

The same evidence gives the same judgement to the last byte, so that its digest can stand in an agreement.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from yibao.domains.acceptance.programme import Business, Chain, Kind, Programme, Required

State = Literal["performed", "failed", "missing", "not_offered"]


class Evidence(msgspec.Struct, frozen=True):
    """One try of a transaction: whether it was performed, for which visit, what it undid, and why it failed."""

    infno: str
    msgid: str
    is_performed: bool
    visit: str
    undoes: str
    error_code: str
    sentence_zh: str
    sentence_en: str
    faults: Sequence[Mapping[str, Any]]
    received_at: datetime
    business: Business = ""


class Failure(msgspec.Struct, frozen=True):
    """The latest failed try: its message, the reason, the refused fields."""

    msgid: str
    error_code: str
    sentence_zh: str
    sentence_en: str
    faults: Sequence[Mapping[str, Any]]
    received_at: datetime


class TransactionVerdict(msgspec.Struct, frozen=True):
    """What became of one required transaction."""

    infno: str
    zh: str
    en: str
    state: State
    performed: int
    failed: int
    first_at: datetime | None
    first_msgid: str
    failure: Failure | None


class ChainVerdict(msgspec.Struct, frozen=True):
    """How far a chain was gone: the steps done, those that lack, and the visit that went furthest."""

    key: str
    zh: str
    en: str
    is_done: bool
    done: tuple[str, ...]
    lacking: tuple[str, ...]
    visit: str
    trust: str
    source_zh: str
    source_en: str


class Judgement(msgspec.Struct, frozen=True):
    """The whole: passed when every offered transaction was performed and every chain gone to its end."""

    kind: Kind
    is_passed: bool
    transactions: tuple[TransactionVerdict, ...]
    chains: tuple[ChainVerdict, ...]

    def count(self, state: State) -> int:
        """How many required transactions are in a state."""
        return sum(verdict.state == state for verdict in self.transactions)


def judge(programme: Programme, evidence: Sequence[Evidence]) -> Judgement:
    """Judge what was tried, in the order of its coming, by a programme."""
    by_infno: dict[str, list[Evidence]] = {}
    for tried in evidence:
        by_infno.setdefault(tried.infno, []).append(tried)
    transactions = tuple(_transaction(wanted, by_infno.get(wanted.infno, [])) for wanted in programme.required)
    visits, kinds = _steps_by_visit(evidence), _business_of_visits(evidence)
    everything = [tried.infno for tried in evidence if tried.is_performed]
    chains = tuple(
        _chain(key, chain, _of_business(visits, kinds, chain) if chain.one_visit else {"": everything})
        for key, chain in programme.chains.items()
    )
    is_passed = all(verdict.state in {"performed", "not_offered"} for verdict in transactions)
    return Judgement(programme.kind, is_passed and all(chain.is_done for chain in chains), transactions, chains)


def plain(judgement: Judgement) -> dict[str, Any]:
    """The judgement as JSON values."""
    content: dict[str, Any] = msgspec.to_builtins(judgement)
    return content


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a judgement's JSON values, members in the order of their names, as 64 hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _transaction(wanted: Required, tried: Sequence[Evidence]) -> TransactionVerdict:
    """What became of a required transaction."""
    performed = [one for one in tried if one.is_performed]
    failed = [one for one in tried if not one.is_performed]
    state: State = "performed" if performed else "failed" if failed else "missing"
    if not wanted.is_offered:
        state = "not_offered"
    last = failed[-1] if failed and state == "failed" else None
    return TransactionVerdict(
        infno=wanted.infno,
        zh=wanted.zh,
        en=wanted.en,
        state=state,
        performed=len(performed),
        failed=len(failed),
        first_at=performed[0].received_at if performed else None,
        first_msgid=performed[0].msgid if performed else "",
        failure=None
        if last is None
        else Failure(
            last.msgid, last.error_code, last.sentence_zh, last.sentence_en, last.faults, last.received_at
        ),
    )  # fmt: skip


def _steps_by_visit(evidence: Iterable[Evidence]) -> dict[str, list[str]]:
    """The transactions performed for each visit, in their order; a 2601 belongs to the visit of what it undid."""
    visit_of: dict[str, str] = {}
    steps: dict[str, list[str]] = {}
    for tried in evidence:
        if tried.visit:
            visit_of[tried.msgid] = tried.visit
        visit = tried.visit or visit_of.get(tried.undoes, "")
        if visit and tried.is_performed:
            steps.setdefault(visit, []).append(tried.infno)
    return steps


def _business_of_visits(evidence: Iterable[Evidence]) -> dict[str, Business]:
    """What each visit is: over the internet where any message says so, else of another region, else ordinary."""
    order: tuple[Business, ...] = ("", "normal", "cross_region", "internet")
    found: dict[str, Business] = {}
    for tried in evidence:
        if tried.visit and tried.is_performed:
            found[tried.visit] = max(found.get(tried.visit, ""), tried.business, key=order.index)
    return found


def _of_business(
    visits: Mapping[str, Sequence[str]], kinds: Mapping[str, Business], chain: Chain
) -> dict[str, Sequence[str]]:
    """The visits of the business that a chain asks for."""
    return {name: steps for name, steps in visits.items() if not chain.business or kinds.get(name) == chain.business}


def _chain(key: str, chain: Chain, visits: Mapping[str, Sequence[str]]) -> ChainVerdict:
    """How far a chain was gone in the visit that went furthest, the first of equals."""
    best, visit = 0, ""
    done: tuple[str, ...] = ()
    for name, steps in visits.items():
        reached = _in_order(chain.steps, steps) if chain.one_visit else _at_all(chain.steps, steps)
        if len(reached) > best:
            best, visit, done = len(reached), name, reached
    lacking = tuple(step for step in chain.steps if step not in done)
    return ChainVerdict(
        key, chain.zh, chain.en, not lacking, done, lacking, visit, chain.trust, chain.source_zh, chain.source_en
    )


def _in_order(wanted: Sequence[str], steps: Sequence[str]) -> tuple[str, ...]:
    """The longest beginning of the chain that was performed in its order."""
    reached = 0
    for step in steps:
        if reached < len(wanted) and step == wanted[reached]:
            reached += 1
    return tuple(wanted[:reached])


def _at_all(wanted: Sequence[str], steps: Sequence[str]) -> tuple[str, ...]:
    """The steps that were performed, in whatever order."""
    performed = set(steps)
    return tuple(step for step in wanted if step in performed)
