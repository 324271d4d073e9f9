"""The national rules on double enrolment (重复参保) as data: 100000/double_enrolment.yaml, in the order in which they are tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta

from yibao.engines.contributions import DoubleRule
from yibao.policies.documents import read_document
from yibao.policies.errors import PolicyError, Problem
from yibao.policies.language import Name, Source, Sourced, Strict, Text, parse
from yibao.policies.law import Clause
from yibao.policies.library import ROOT

DOUBLE_FILE: Final = "100000/double_enrolment.yaml"


class DoubleLaw(Sourced, frozen=True, kw_only=True):
    """One rule; the engine's `DoubleRule` says what its conditions mean."""

    title: Text
    schemes: Annotated[list[str], Meta(min_length=1)]
    students: bool | None
    least_months: Annotated[int, Meta(ge=0)]
    prefer: Literal["employee_scheme", "residence", "work", "latest"]


class DoubleFile(Strict, frozen=True):
    """The whole file."""

    sources: dict[Name, Source]
    rules: Annotated[list[DoubleLaw], Meta(min_length=1)]


@dataclass(frozen=True, slots=True, eq=False)
class DoubleBook:
    """The rules for the engine, their words and their clauses."""

    rules: tuple[DoubleRule, ...]
    titles: Mapping[str, Text]
    clauses: Mapping[str, Clause]


@lru_cache(maxsize=8)
def double_rules(root: Path = ROOT) -> DoubleBook:
    """Read the rules on double enrolment.

    :raises PolicyError: a rule without a source, with a name that comes twice, or that is not in the language.
    """
    document = read_document(root / DOUBLE_FILE, DOUBLE_FILE)
    file = parse(document, DoubleFile)
    clauses: dict[str, Clause] = {}
    problems: list[Problem] = []
    for place, rule in enumerate(file.rules):
        source = file.sources.get(rule.source) if rule.source is not None else None
        if rule.clause in clauses:
            problems.append(document.problem("repeated_clause", rule.clause, "rules", place, "clause"))
        if source is None and (rule.source is not None or rule.trust != "our_default"):
            kind = "no_source" if rule.source is None else "unknown_source"
            problems.append(document.problem(kind, rule.clause, "rules", place, "source"))
        said = (source.document, source.link) if source else (None, None)
        clauses[rule.clause] = Clause(rule.clause, said[0], rule.article, said[1], rule.trust, rule.note)
    if problems:
        raise PolicyError(tuple(problems))
    rules = tuple(
        DoubleRule(rule.clause, tuple(sorted(rule.schemes)), rule.students, rule.least_months, rule.prefer)
        for rule in file.rules
    )
    return DoubleBook(rules, {rule.clause: rule.title for rule in file.rules}, clauses)
