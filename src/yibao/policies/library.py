"""The shelf of policies: check a folder, load the law of a day, find the law behind compiled tables."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from yibao.core.period import Period, split_at_changes
from yibao.engines.benefits import CompiledPolicy
from yibao.policies.compile import Compiler, spread_all
from yibao.policies.errors import NoPolicyError, PolicyError, Problem, UnknownClauseError
from yibao.policies.law import SCHEME_FILE, Law, Placed, read_law
from yibao.policies.names import problems_of_names

ROOT: Final = Path(__file__).parent
_laws: "WeakKeyDictionary[CompiledPolicy, Law]" = WeakKeyDictionary()
_one_at_a_time: Final = Lock()


def load(region: str, scheme: str, on: date) -> CompiledPolicy:
    """Give a scheme's law of a day as tables; the same object for all days between two changes.

    `region` is the division code of the pooling region (统筹区), `scheme` the insurance type: 310 employees, 390 residents.
    :raises NoPolicyError: there is no such scheme, or it is not in force on that day.
    :raises PolicyError: its files cannot be law.
    """
    with _one_at_a_time:
        for stretch, policy in _compiled(ROOT, region, scheme):
            if on in stretch:
                return policy
    raise NoPolicyError(region=region, scheme=scheme, on=on.isoformat())


def schemes(root: Path = ROOT) -> tuple[tuple[str, str], ...]:
    """List region and scheme of every policy below a folder."""
    return tuple((path.parent.parent.name, path.parent.name) for path in sorted(root.glob(f"*/*/{SCHEME_FILE}")))


def law_of(policy: CompiledPolicy) -> Law:
    """Give the law that a policy was compiled from.

    :raises UnknownClauseError: the tables did not come from here.
    """
    law = _laws.get(policy)
    if law is None:
        raise UnknownClauseError(policy=policy.policy_id)
    return law


def compile_folder(folder: Path) -> tuple[tuple[Period, CompiledPolicy], ...]:
    """Check one scheme's folder and compile it for each stretch of time in which nothing changes.

    :raises PolicyError: with every problem found.
    """
    law = read_law(folder)
    problems = list(problems_of_names(law, f"{folder.parent.name}/{folder.name}"))
    if problems:
        raise PolicyError(tuple(problems))
    spreads = spread_all(law, problems)
    if problems:
        raise PolicyError(tuple(problems))
    used: set[Placed] = set()
    stretches = stretches_of(law)
    compiled = [(stretch, Compiler(law, stretch, problems, used, spreads).policy()) for stretch in stretches]
    problems += (
        value.problem("never_holds", f"{value.value.clause} holds on no day in no circumstances")
        for value in law.values()
        if value not in used
    )
    if problems:
        raise PolicyError(_first_of_each(problems))
    for _, policy in compiled:
        _laws[policy] = law
    return tuple(compiled)


def stretches_of(law: Law) -> tuple[Period, ...]:
    """Cut the scheme's time wherever a value or a layer begins or ends."""
    return split_at_changes(law.period, [*(v.period for v in law.values()), *(layer.period for layer in law.layers)])


def _first_of_each(problems: list[Problem]) -> tuple[Problem, ...]:
    """Keep the first of the problems of one kind at one line: one hole may show in a hundred cells."""
    first: dict[tuple[str, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.kind), problem)
    return tuple(first.values())


@lru_cache(maxsize=64)
def _compiled(root: Path, region: str, scheme: str) -> tuple[tuple[Period, CompiledPolicy], ...]:
    """Compile a scheme once."""
    if (region, scheme) not in schemes(root):
        return ()
    return compile_folder(root / region / scheme)


__all__ = ["ROOT", "compile_folder", "law_of", "load", "schemes", "stretches_of"]
