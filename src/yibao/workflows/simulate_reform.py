"""Simulate a reform (政策模拟): settle everybody's visits under two laws and say what differs, for whom, and for which fund.

The same kernel that answers hospitals settles every visit twice. Visits are read in chunks of whole persons; two chunks
are computed at a time, and nothing of a single visit is kept, so that memory does not grow with the number of visits.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from yibao.core.errors import YibaoError
from yibao.core.money import share_half_up
from yibao.engines.benefits import (
    BrokenIdentityError,
    BulkResult,
    CompiledPolicy,
    UnknownCircumstanceError,
    settle_many,
)
from yibao.engines.contributions import IncentiveTerms, raise_of
from yibao.engines.projection import Outcomes, Tally, costliest, outcomes_of
from yibao.policies import NoPolicyError
from yibao.policies.by_layer import by_layer
from yibao.policies.contribution_terms import contribution_law, incentive_terms
from yibao.policies.references import Chosen
from yibao.warehouse.bulk_cases import bulk_cases
from yibao.warehouse.questions import AGE_BANDS
from yibao.warehouse.result_tables import Simulation
from yibao.warehouse.visits import AMOUNTS, CHUNK_ROWS, NotInPersonOrderError, Visits, read_visits, sorted_copy
from yibao.workflows.raising_caps import settle_many_raised
from yibao.workflows.simulation_tables import tables_of

CATASTROPHIC_SHARE_PPM: Final = 400_000
"""Own spending beyond this share of the stated income is catastrophic: our default, after the 40 % that the WHO takes of a
household's capacity to pay; capacity to pay is not known here, so an income is stated instead."""
INCOME_FEN: Final = 4_131_400
"""National disposable income per head of 2024, 41,314 yuan: our default, from general knowledge, to be stated anew."""
THREADS: Final = 2

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class VisitNotSettledError(YibaoError):
    """A visit cannot be settled under one of the laws: file, row, law and reason."""

    code: ClassVar[str] = "simulation.visit_not_settled"


class NothingToSimulateError(YibaoError):
    """The files hold no visit of the base law's scheme."""

    code: ClassVar[str] = "simulation.nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Two laws and the visits they are held against; visits of other schemes than the base law's are left out."""

    base: Chosen
    reform: Chosen
    files: Sequence[Path]
    workplace: Path
    income_fen: int = INCOME_FEN
    catastrophic_share_ppm: int = CATASTROPHIC_SHARE_PPM
    chunk_rows: int = CHUNK_ROWS

    @property
    def threshold_fen(self) -> int:
        """What a person may bear in a year before it is catastrophic."""
        return share_half_up(self.income_fen, self.catastrophic_share_ppm)


@dataclass(frozen=True, slots=True)
class _Settled:
    """A law as chunks are settled by it: its tables by layer, and the region's rule on what raises a cap."""

    policy: CompiledPolicy
    incentives: IncentiveTerms | None

    @classmethod
    def of(cls, chosen: Chosen) -> "_Settled":
        """A law with the rule of its region and day, if there is one."""
        scheme = chosen.law.scheme
        try:
            terms = incentive_terms(contribution_law(scheme.region), scheme.scheme, chosen.on)
        except NoPolicyError:
            terms = None
        return cls(by_layer(chosen.policy), terms)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one chunk comes to."""

    visits: Visits
    base: BulkResult
    reform: BulkResult
    outcomes: Outcomes


def simulate(question: Question, *, tell: Callable[[int], None] = lambda _visits: None) -> Simulation:
    """Settle all visits under both laws and sum up; `tell` hears how many visits were done with each chunk.

    Files whose visits are not in the order of persons are sorted once into `workplace`.
    :raises UnreadableVisitsError, UnknownValueError, VisitNotSettledError: with file, row and reason.
    :raises NothingToSimulateError: there is no visit of the scheme.
    """
    try:
        tally = _run(question, question.files, tell)
    except NotInPersonOrderError:
        question.workplace.mkdir(parents=True, exist_ok=True)
        in_order = sorted_copy(question.files, question.workplace / "in-order.parquet")
        tally = _run(question, [in_order], tell)
    if not tally.sums:
        scheme = question.base.law.scheme.scheme
        raise NothingToSimulateError(scheme=scheme, files=", ".join(str(path) for path in question.files))
    facts = {
        "base": question.base.policy.policy_id,
        "reform": question.reform.policy.policy_id,
        "base_on": question.base.on.isoformat(),
        "reform_on": question.reform.on.isoformat(),
        "visits": str(tally.sums["visits"]),
        "persons": str(tally.sums["persons"]),
        "income_fen": str(question.income_fen),
        "catastrophic_share_ppm": str(question.catastrophic_share_ppm),
        "threshold_fen": str(question.threshold_fen),
    }
    return Simulation(facts, tables_of(tally, question.base.law, question.reform.law))


def _run(question: Question, files: Sequence[Path], tell: Callable[[int], None]) -> Tally:
    """Compute chunk after chunk, at most one more than there are threads under way."""
    tally = Tally()
    base, reform = _Settled.of(question.base), _Settled.of(question.reform)
    chunks = read_visits(files, scheme=question.base.law.scheme.scheme, rows=question.chunk_rows)
    under_way: deque[Future[_Part]] = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        for visits in _that_hold_any(chunks):
            under_way.append(threads.submit(_part, visits, base, reform, question.threshold_fen))
            if len(under_way) > THREADS:
                tell(_add(tally, under_way.popleft().result()))
        while under_way:
            tell(_add(tally, under_way.popleft().result()))
    return tally


def _that_hold_any(chunks: Iterator[Visits]) -> Iterator[Visits]:
    """Leave out chunks without a visit of the scheme."""
    return (visits for visits in chunks if len(visits.rows))


def _part(visits: Visits, base: _Settled, reform: _Settled, threshold_fen: int) -> _Part:
    """Settle one chunk under both laws."""
    before, after = _settle(visits, base), _settle(visits, reform)
    outcomes = outcomes_of(
        visits.starts,
        total_fen=visits.amounts[0],
        own_base_fen=before.person_fen,
        own_reform_fen=after.person_fen,
        threshold_fen=threshold_fen,
    )
    return _Part(visits, before, after, outcomes)


def _settle(visits: Visits, law: _Settled) -> BulkResult:
    """Settle a chunk; a visit that cannot be settled is named by its place in the file."""
    policy, terms = law.policy, law.incentives
    try:
        cases = bulk_cases(policy, visits)
        if terms is None or not policy.earned or not visits.earned_raises.any():
            return settle_many(policy, cases)
        return settle_many_raised(
            policy,
            cases,
            earned_fen=visits.earned_raises,
            raise_of=lambda mine, cap: raise_of(terms, earned_fen=mine, cap_fen=cap),
        )
    except (UnknownCircumstanceError, BrokenIdentityError) as error:
        place = int(str(error.facts["visit"]))
        texts = {name: coded.names[int(coded.codes[place])] for name, coded in visits.texts.items()}
        numbers = {name: int(visits.amounts[row, place]) for row, name in enumerate(AMOUNTS)}
        raise VisitNotSettledError(
            file=str(visits.file),
            row=int(visits.rows[place]),
            policy=policy.policy_id,
            reason=error.code,
            visit={**texts, "age": int(visits.age[place]), **numbers},
        ) from None


def _add(tally: Tally, part: _Part) -> int:
    """Add a chunk to the sums; gives its number of visits."""
    visits = part.visits
    tally.add("visits", len(visits.rows))
    tally.add("persons", len(visits.starts) - 1)
    for side, result in (("base", part.base), ("reform", part.reform)):
        for payer, column in _payers(visits, result).items():
            tally.add(("payer", payer, side), int(column.sum()))
        for layer, column in result.funds.items():
            tally.add(("layer", layer, side), int(column.sum()))
    tally.add_persons(part.outcomes, _groups(visits))
    columns = np.stack([
        visits.amounts[0], part.base.fund_fen, part.reform.fund_fen, part.base.person_fen, part.reform.person_fen,
    ])  # fmt: skip
    level = visits.texts["level"]
    tally.add_providers("level", level.names, level.codes, columns)
    tally.add_providers("institution", visits.institutions.names, visits.institutions.codes, columns)
    return len(visits.rows)


def _payers(visits: Visits, result: BulkResult) -> dict[str, Integers]:
    """Who pays, by name."""
    return {
        "total": visits.amounts[0],
        "funds": result.fund_fen,
        "account": result.account_fen,
        "cash": result.cash_fen,
        "person": result.person_fen,
        "hospital": result.hospital_fen,
    }


def _groups(visits: Visits) -> dict[str, tuple[Sequence[str], Integers]]:
    """To which group of each kind every person belongs: by the year's first visit, the level by the costliest one."""
    first = visits.starts[:-1]
    level = visits.texts["level"]
    edges = np.array(AGE_BANDS)
    bands = (f"0–{AGE_BANDS[0] - 1}", *(f"{a}–{b - 1}" for a, b in pairwise(AGE_BANDS)))
    return {
        "all": (("all",), np.zeros(len(first), np.int64)),
        "age": ((*bands, f"{AGE_BANDS[-1]}+"), np.searchsorted(edges, visits.age[first], side="right")),
        **{kind: (visits.texts[kind].names, visits.texts[kind].codes[first]) for kind in ("status", "aid")},
        "level": (level.names, level.codes[costliest(visits.starts, visits.person, visits.amounts[0])]),
    }
