"""Reading, checking and asking the law of agreements: the region's file, its province's, the nation's."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import Struct

from yibao.core.period import Period
from yibao.policies.agreement_texts import TEMPLATES_FILE, read_templates
from yibao.policies.agreements import (
    FULL_WEIGHT,
    AgreementFile,
    AssessmentLaw,
    CreditLaw,
    Department,
    PointsLaw,
    Procedure,
    ProcedureKey,
)
from yibao.policies.documents import Document, read_document
from yibao.policies.errors import NoPolicyError, PolicyError, Problem
from yibao.policies.language import Source, Sourced, parse

ROOT: Final = Path(__file__).parent
FILE: Final = "agreements.yaml"
TOPIC: Final = "agreements"
NATION: Final = "100000"
Dated = Procedure | PointsLaw | AssessmentLaw
Place = tuple[Hashable, ...]
Held = TypeVar("Held", Procedure, PointsLaw, AssessmentLaw)


@dataclass(frozen=True, slots=True)
class AppliedProcedure:
    """How a kind of agreement is applied for in a region on a day, whose file says so, and the documents it stands on."""

    region: str
    key: ProcedureKey
    procedure: Procedure
    sources: Mapping[str, Source]

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that the procedure's clauses stand on, in the order of the file."""
        named = {entry.source for _place, entry in _walk((), self.procedure)}
        return tuple(source.document for name, source in self.sources.items() if name in named)


def agreement_regions(root: Path = ROOT) -> tuple[str, ...]:
    """The regions, provinces and the nation that have a law of agreements."""
    return tuple(path.parent.name for path in sorted(root.glob(f"*/{FILE}")))


def agreement_procedure(region: str, key: ProcedureKey, on: date, root: Path = ROOT) -> AppliedProcedure:
    """How a kind of agreement is applied for on a day.

    :raises NoPolicyError: no file says so.
    :raises PolicyError: a file cannot be law.
    """
    for file in _chain(root, region):
        procedure = _holding(file.procedures.get(key, ()), on)
        if procedure is not None:
            return AppliedProcedure(file.region, key, procedure, file.sources)
    raise NoPolicyError(region=region, scheme=f"{TOPIC}: {key}", on=on.isoformat())


def points_law(region: str, on: date, root: Path = ROOT) -> PointsLaw:
    """The law of staff points on a day.

    :raises NoPolicyError: no file says so.
    """
    for file in _chain(root, region):
        held = _holding(file.points, on)
        if held is not None:
            return held
    raise NoPolicyError(region=region, scheme=f"{TOPIC}: points", on=on.isoformat())


def assessment_law(region: str, on: date, root: Path = ROOT) -> AssessmentLaw:
    """The law of the yearly assessment on a day.

    :raises NoPolicyError: no file says so.
    """
    for file in _chain(root, region):
        held = _holding(file.assessment, on)
        if held is not None:
            return held
    raise NoPolicyError(region=region, scheme=f"{TOPIC}: assessment", on=on.isoformat())


def designation_required_from(region: str, root: Path = ROOT) -> date | None:
    """From which day on care needs a designation agreement in force (无协议不结算); None: the register alone decides."""
    for file in _chain(root, region):
        if file.designation_required_from is not None:
            return file.designation_required_from.value
    return None


def notified_departments(region: str, root: Path = ROOT) -> tuple[Department, ...]:
    """The departments that violations are notified to (通报)."""
    return next((tuple(file.departments) for file in _chain(root, region) if file.departments), ())


def credit_law(region: str, root: Path = ROOT) -> CreditLaw:
    """How joint punishment for dishonesty is applied (失信联合惩戒).

    :raises NoPolicyError: no file says so.
    """
    for file in _chain(root, region):
        if file.credit is not None:
            return file.credit
    raise NoPolicyError(region=region, scheme=f"{TOPIC}: credit", on="")


def check_agreements(region: str, root: Path = ROOT) -> AgreementFile:
    """Read a region's file and refuse what cannot be law.

    :raises PolicyError: with every problem, its file and line.
    """
    document = read_document(root / region / FILE, f"{region}/{FILE}")
    file = parse(document, AgreementFile)
    problems = [*_problems(document, file), *_problems_of_templates(document, file, root)]
    if problems:
        raise PolicyError(tuple(problems))
    return file


def _chain(root: Path, region: str) -> Iterator[AgreementFile]:
    """The files that speak for a region, the nearest first."""
    held = agreement_regions(root)
    for each in dict.fromkeys((region, f"{region[:2]}0000", NATION)):
        if each in held:
            yield _checked(root, each)


@lru_cache(maxsize=64)
def _checked(root: Path, region: str) -> AgreementFile:
    """Read a region's file once."""
    return check_agreements(region, root)


def _holding(dated: Sequence[Held], on: date) -> Held | None:
    """What holds on a day."""
    return next((each for each in dated if on in Period(each.effective_from, each.effective_until)), None)


def _problems(document: Document, file: AgreementFile) -> Iterator[Problem]:
    """Everything that cannot be law although each word is known."""
    if document.name != f"{file.region}/{FILE}":
        yield document.problem("wrong_folder", f"{file.region} lies in {document.name}", "region")
    lists: list[tuple[Place, Sequence[Dated]]] = [
        *((("procedures", key), listed) for key, listed in file.procedures.items()),
        (("points",), file.points),
        (("assessment",), file.assessment),
    ]
    for path, listed in lists:
        yield from _problems_of_days(document, path, listed)
    for key, procedures in file.procedures.items():
        for number, procedure in enumerate(procedures):
            yield from _problems_of_procedure(document, ("procedures", key, number), procedure)
    for number, points in enumerate(file.points):
        yield from _problems_of_points(document, ("points", number), points)
    for number, assessment in enumerate(file.assessment):
        yield from _problems_of_assessment(document, ("assessment", number), assessment)
    yield from _problems_of_sources(document, file)


def _problems_of_days(document: Document, path: Place, listed: Sequence[Dated]) -> Iterator[Problem]:
    """Each has days, and no day has two; between two there may be days without law, as a repealed rule leaves them."""
    for number, each in enumerate(listed):
        if each.effective_until is not None and each.effective_until <= each.effective_from:
            yield document.problem("empty_period", str(each.effective_from), *path, number, "effective_until")
    for number, (earlier, later) in enumerate(pairwise(listed), 1):
        if earlier.effective_until is None or later.effective_from < earlier.effective_until:
            yield document.problem("overlap", str(later.effective_from), *path, number, "effective_from")


def _problems_of_procedure(document: Document, path: Place, procedure: Procedure) -> Iterator[Problem]:
    """Keys stand once; a test has its terms and a programme, or neither; windows end after they begin."""
    for name in ("conditions", "materials"):
        yield from _repeated_keys(document, (*path, name), [each.key for each in getattr(procedure, name)])
    stages = procedure.stages
    if len({bool(procedure.test_programme), stages.test is not None, stages.rebuild is not None}) != 1:
        detail = "test programme, rebuild and test stand together or not at all"
        yield document.problem("contradiction", detail, *path, "test")
    for choice in ("together", "public_may_leave"):
        if not isinstance(getattr(procedure, choice).value, bool):
            yield document.problem("no_value", f"{choice} is yes or no", *path, choice, "value")
    for number, window in enumerate(procedure.windows):
        if window.last < window.first:
            yield document.problem("empty_period", f"{window.first} to {window.last}", *path, "windows", number)


def _problems_of_points(document: Document, path: Place, points: PointsLaw) -> Iterator[Problem]:
    """Bands have an order, suspensions rise, and there is one bar for each way of reaching the end."""
    yield from _repeated_keys(document, (*path, "acts"), [act.key for act in points.acts])
    for number, act in enumerate(points.acts):
        if act.high < act.low:
            yield document.problem("edges", f"{act.low} to {act.high}", *path, "acts", number, "high")
    reached = [each.points for each in points.suspensions]
    if reached != sorted(set(reached)):
        yield document.problem("not_rising", "points of the suspensions", *path, "suspensions")
    if {bar.at_once for bar in points.bars} != {True, False}:
        yield document.problem("contradiction", "one bar at once, one by adding up", *path, "bars")


def _problems_of_assessment(document: Document, path: Place, law: AssessmentLaw) -> Iterator[Problem]:
    """Weights of each scope add up to a hundred; grades fall to 0."""
    yield from _repeated_keys(document, (*path, "indicators"), [each.key for each in law.indicators])
    for scope in {each.scope for each in law.indicators} | {"everyday"}:
        weight = sum(each.weight for each in law.of_scope(scope))
        if weight != FULL_WEIGHT:
            yield document.problem("contradiction", f"weights of {scope} are {weight}", *path, "indicators")
    for number, indicator in enumerate(law.indicators):
        steps = [step.at_least for step in indicator.evidence.steps] if indicator.evidence else []
        if steps != sorted(set(steps)):
            yield document.problem("not_rising", "steps of the evidence", *path, "indicators", number, "evidence")
    floors = [grade.at_least for grade in law.grades]
    if floors != sorted(set(floors), reverse=True) or floors[-1] != 0:
        yield document.problem("not_rising", "grades fall, the last begins at 0", *path, "grades")


def _repeated_keys(document: Document, path: Place, keys: Sequence[str]) -> Iterator[Problem]:
    """Each key stands once."""
    for number, key in enumerate(keys):
        if keys.index(key) != number:
            yield document.problem("repeated_key", key, *path, number, "key")


def _problems_of_sources(document: Document, file: AgreementFile) -> Iterator[Problem]:
    """Every clause is named once and stands on a source of the file, or is our default."""
    seen: set[str] = set()
    for path, entry in sourced_entries(file):
        if entry.clause in seen:
            yield document.problem("repeated_clause", entry.clause, *path, "clause")
        seen.add(entry.clause)
        if entry.source is not None and entry.source not in file.sources:
            yield document.problem("unknown_source", entry.source, *path, "source")
        if entry.source is None and entry.trust != "our_default":
            yield document.problem("no_source", f"{entry.clause} is marked {entry.trust}", *path, "source")


def _problems_of_templates(document: Document, file: AgreementFile, root: Path) -> Iterator[Problem]:
    """The text of an agreement is one that is known."""
    known = read_templates(root / NATION / TEMPLATES_FILE) if file.procedures else {}
    for key, procedures in file.procedures.items():
        for number, procedure in enumerate(procedures):
            if procedure.template not in known:
                place = ("procedures", key, number, "template")
                yield document.problem("unknown_code", f"{procedure.template} is no template", *place)


def sourced_entries(file: AgreementFile) -> Iterator[tuple[Place, Sourced]]:
    """All clauses of a file with their places."""
    for name in file.__struct_fields__:
        yield from _walk((name,), getattr(file, name))


def _walk(path: Place, node: Any) -> Iterator[tuple[Place, Sourced]]:
    """The clauses at or below a value."""
    if isinstance(node, Sourced):
        yield path, node
    elif isinstance(node, Struct):
        for name in node.__struct_fields__:
            yield from _walk((*path, name), getattr(node, name))
    elif isinstance(node, dict):
        for key, child in node.items():
            yield from _walk((*path, key), child)
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _walk((*path, number), child)
