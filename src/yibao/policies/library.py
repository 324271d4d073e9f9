"""The shelf of policies: check a folder, load the law of a day, find the law behind compiled tables."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from yibao.core.period import Period, split_at_changes
from yibao.engines.benefits import CompiledPolicy
from yibao.policies.compile import Compiler
from yibao.policies.errors import NoPolicyError, PolicyError, Problem, UnknownClauseError
from yibao.policies.language import Suspended, Text
from yibao.policies.law import SCHEME_FILE, Law, Placed, PlacedEmergency, PlacedLayer
from yibao.policies.names import problems_of_names
from yibao.policies.order import problems_of_layers, problems_of_stretch
from yibao.policies.plans import Plan, Planner
from yibao.policies.reading import EMERGENCIES, read_law, read_scheme
from yibao.policies.values import Spread, spread

ROOT: Final = Path(__file__).parent
_laws: "WeakKeyDictionary[CompiledPolicy, Law]" = WeakKeyDictionary()
_one_at_a_time: Final = Lock()

Compiled = tuple[tuple[Period, CompiledPolicy], ...]


def load(region: str, scheme: str, on: date, emergency: str | None = None) -> CompiledPolicy:
    """Give a scheme's law of a day as tables; the same object for all days between two changes.

    `region` is the division code of the pooling region (统筹区), `scheme` the insurance type: 310 employees, 390 residents.
    With `emergency` the tables are those in which a decision under that file suspends what the file says.
    :raises NoPolicyError: there is no such scheme or emergency, or it is not in force on that day.
    :raises PolicyError: its files cannot be law.
    """
    with _one_at_a_time:
        for stretch, policy in _compiled(ROOT, region, scheme, emergency):
            if on in stretch:
                return policy
    named = {} if emergency is None else {"emergency": emergency}
    raise NoPolicyError(region=region, scheme=scheme, on=on.isoformat(), **named)


def emergencies(region: str, scheme: str, on: date) -> tuple[str, ...]:
    """Name a scheme's emergencies for which a decision may be in force on a day.

    :raises NoPolicyError, PolicyError: as `load`.
    """
    law = law_of(load(region, scheme, on))
    return tuple(name for name, placed in law.emergencies.items() if on in placed.period)


def schemes(root: Path = ROOT) -> tuple[tuple[str, str], ...]:
    """List region and scheme of every policy below a folder."""
    return tuple((path.parent.parent.name, path.parent.name) for path in sorted(root.glob(f"*/*/{SCHEME_FILE}")))


@lru_cache(maxsize=256)
def title_of(region: str, scheme: str, root: Path = ROOT) -> Text:
    """Give a scheme's title, without making its law ready.

    :raises PolicyError: there is no such scheme, or its file cannot be read.
    """
    return read_scheme(root / region / scheme)[1].title


def law_of(policy: CompiledPolicy) -> Law:
    """Give the law that a policy was compiled from.

    :raises UnknownClauseError: the tables did not come from here.
    """
    law = _laws.get(policy)
    if law is None:
        raise UnknownClauseError(policy=policy.policy_id)
    return law


def compile_folder(folder: Path, emergency: str | None = None) -> Compiled:
    """Check one scheme's folder and compile it for each stretch of time in which nothing changes.

    With `emergency`, for the days of that file only; without, the tables of every emergency are checked as well.
    :raises PolicyError: with every problem found.
    :raises NoPolicyError: there is no such emergency.
    """
    law = read_law(folder)
    problems = [*problems_of_names(law, f"{folder.parent.name}/{folder.name}"), *problems_of_layers(law)]
    if problems:
        raise PolicyError(_first_of_each(problems))
    spreads = {placed: spread(placed, law.codes(), problems) for placed in law.values() if placed.role != "account"}
    if problems:
        raise PolicyError(tuple(problems))
    shelf = _Shelf(law, spreads)
    if emergency is not None:
        if emergency not in law.emergencies:
            raise NoPolicyError(region=law.scheme.region, scheme=law.scheme.scheme, on=emergency)
        return shelf.compiled(law.emergencies[emergency])
    compiled = shelf.compiled(None)
    for placed in law.emergencies.values():
        shelf.compiled(placed)
    return compiled


@dataclass(slots=True)
class _Shelf:
    """Compiles one law; what a layer's plan was in an earlier stretch is reused when none of its values changed."""

    law: Law
    spreads: dict[Placed, Spread]
    plans: dict[tuple[object, ...], Plan] = field(default_factory=dict)

    def compiled(self, emergency: PlacedEmergency | None) -> Compiled:
        """Compile the law of every stretch, of the days of an emergency when there is one."""
        problems: list[Problem] = []
        used: set[Placed] = set()
        whole = emergency.period.intersect(self.law.period) if emergency else self.law.period
        if whole is None:
            return ()
        compiled = []
        for stretch in stretches_of(self.law, whole):
            problems += problems_of_stretch(self.law, stretch)
            compiled.append((stretch, self._policy(stretch, emergency, problems, used)))
        if emergency is None:
            problems += (
                value.problem("never_holds", f"{value.value.clause} holds on no day in no circumstances")
                for value in self.law.values()
                if value not in used
            )
        if problems:
            raise PolicyError(_first_of_each(problems))
        for _, policy in compiled:
            _laws[policy] = self.law
        return tuple(compiled)

    def _policy(
        self, stretch: Period, emergency: PlacedEmergency | None, problems: list[Problem], used: set[Placed]
    ) -> CompiledPolicy:
        """Compile one stretch."""
        said = emergency.emergency.suspends if emergency else ()
        suspended: dict[str, Suspended] = {entry.what: entry for entry in said}
        planner = Planner(self.law, stretch, suspended, problems, used, self.spreads)
        now = [placed for placed in self.law.layers if stretch.start in placed.period]
        plans = {placed: self._plan(planner, placed, emergency) for placed in now}
        return Compiler(self.law, stretch, plans, emergency, problems, used).policy()

    def _plan(self, planner: Planner, placed: PlacedLayer, emergency: PlacedEmergency | None) -> Plan:
        """Plan a layer, or find the plan that was made for the same values."""
        day = planner.stretch.start
        values = (value for value in (*placed.all_values(), *self._statistics()) if day in value.period)
        cares = (care for care, period in self.law.cares.items() if day in period)
        key = (placed, emergency and emergency.emergency.emergency, frozenset(values), frozenset(cares))
        if key not in self.plans:
            self.plans[key] = planner.plan(placed)
        return self.plans[key]

    def _statistics(self) -> list[Placed]:
        """All dated values of the statistics."""
        return [value for values in self.law.statistics.values() for value in values]


def stretches_of(law: Law, whole: Period) -> tuple[Period, ...]:
    """Cut a time wherever a value, a layer, a kind of care or its being paid by nobody begins or ends."""
    dated = [*(value.period for value in law.values()), *(layer.period for layer in law.layers)]
    return split_at_changes(whole, [*dated, *law.cares.values(), *(period for _, period in law.not_paid)])


def _first_of_each(problems: list[Problem]) -> tuple[Problem, ...]:
    """Keep the first of the problems of one kind at one line: one hole may show in a hundred cells."""
    first: dict[tuple[str, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.kind), problem)
    return tuple(first.values())


@lru_cache(maxsize=256)
def _compiled(root: Path, region: str, scheme: str, emergency: str | None) -> Compiled:
    """Compile a scheme once."""
    folder = root / region / scheme
    if (region, scheme) not in schemes(root):
        return ()
    if emergency is not None and not (folder / EMERGENCIES / f"{emergency}.yaml").is_file():
        return ()
    return compile_folder(folder, emergency)


__all__ = ["ROOT", "Compiled", "compile_folder", "emergencies", "law_of", "load", "schemes", "stretches_of"]
