"""The law of contributions as data: what <region>/contributions.yaml may say, reading it, and what is wrong with it.

The files stand beside the schemes' folders, since contributions of all schemes of a region hang together and are calculated
by an engine of their own. `docs/contributions.md` tells the language in prose.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from yibao.core.period import Period
from yibao.policies.documents import Document, Steps, read_document
from yibao.policies.errors import PolicyError, Problem
from yibao.policies.language import FundCode, Name, Source, Sourced, Strict, Text, parse
from yibao.policies.law import Clause

CONTRIBUTIONS_FILE: Final = "contributions.yaml"
RULES: Final = ("waiting", "incentives", "years", "late_fees", "arrears")
"""The keys of a scheme that hold dated rules beside what is owed."""
Count = Annotated[int, Meta(ge=0)]
SchemeCode = Annotated[str, Meta(pattern=r"^[0-9]{3}$")]


class Lasting(Strict, frozen=True, kw_only=True):
    """Whatever holds from a day to before a day."""

    effective_from: date
    effective_until: date | None


class Dated(Sourced, frozen=True, kw_only=True):
    """A dated amount (`yuan`) or share of the base (`ratio`), or a table of them by category and age group."""

    effective_from: date
    effective_until: date | None
    unit: Literal["yuan", "ratio"]
    value: Any
    by: list[Literal["category", "age"]] = []


Values = Annotated[list[Dated], Meta(min_length=1)]


class Category(Text, frozen=True, kw_only=True):
    """A kind of payer (缴费人员类别): status groups of enrolments, and whether an employer insures them (null: no matter)."""

    groups: Annotated[list[Name], Meta(min_length=1)]
    employed: bool | None


class LevyLaw(Lasting, frozen=True):
    """One levy (费项): who pays it, whether it goes to the pooled or the large-amount fund, for which categories."""

    key: Name
    title: Text
    payer: Literal["employer", "person", "subsidy"]
    to: Literal["pool", "large"]
    categories: Annotated[list[Name], Meta(min_length=1)]
    values: Values


class BaseLaw(Strict, frozen=True):
    """Floor and roof of the base by category, in yuan or as a ratio of the dated average wage of a period."""

    categories: Annotated[list[Name], Meta(min_length=1)]
    floor: Values
    roof: Values
    average_wage: list[Dated] = []


class AccountLaw(Lasting, frozen=True):
    """What personal accounts get for a period by category and age, and what is withheld of it."""

    categories: Annotated[list[Name], Meta(min_length=1)]
    credit: Values
    withheld: list[Dated] = []


class ReliefLaw(Lasting, frozen=True):
    """What assistance takes over of the person's part, for special statuses by their code."""

    kinds: Annotated[list[str], Meta(min_length=1)]
    title: Text
    values: Values


class WaitingLaw(Sourced, frozen=True, kw_only=True):
    """A dated rule on waiting periods; the engine's `WaitingTerms` says what each number means.

    `repair_at` says whose law prices a repaired period: that of the day of paying (`now`) or that of the period (`then`).
    Nothing follows from gaps for status groups in `exempt_groups` (retired persons); holders of statuses in `exempt_kinds` and
    children below `exempt_under_age` do not wait.
    """

    effective_from: date
    effective_until: date | None
    tolerated: Count
    fixed_months: Count
    months_per_missed: Count
    free_missed: Count
    most_months: Count | None
    long_gap: Count | None
    long_gap_months: Count
    repair: Literal["variable", "all"]
    repair_at: Literal["now", "then"]
    late_after_days: Count | None
    counts_from: date | None
    exempt_groups: list[Name]
    exempt_kinds: list[str]
    exempt_under_age: Count


class IncentiveLaw(Sourced, frozen=True, kw_only=True):
    """A dated rule on incentives; amounts in yuan, `most` a ratio of the cap."""

    effective_from: date
    effective_until: date | None
    counts_from: Count
    full_years: Count
    per_year: Any
    no_claim: Any
    most: Any
    after_break: Any


class YearsLaw(Sourced, frozen=True, kw_only=True):
    """A dated rule on the months of contribution needed at retirement."""

    effective_from: date
    effective_until: date | None
    male_months: Count
    female_months: Count
    local_months: Count


class LateFeeLaw(Sourced, frozen=True, kw_only=True):
    """A dated rule on late fees (滞纳金) of employers: `daily` and `most` are ratios of the sum owed (most null: no bound)."""

    effective_from: date
    effective_until: date | None
    daily: Any
    most: Any


class ArrearsLaw(Sourced, frozen=True, kw_only=True):
    """A dated rule on arrears of employers; the engine's `ArrearsTerms` says what each number means.

    Status groups in `exempt_groups` (retired persons) are not suspended by their employer's arrears.
    """

    effective_from: date
    effective_until: date | None
    due_days: Count
    suspended_after_months: Annotated[int, Meta(ge=1)] | None
    exempt_groups: list[Name]


class ContributionScheme(Lasting, frozen=True):
    """One scheme's contributions: its period, categories, levies, account, reliefs and what follows from gaps."""

    period: Literal["month", "year"]
    categories: dict[Name, Category]
    ages: dict[Name, Count]
    funds: dict[Literal["pool", "large", "account", "assistance"], FundCode]
    levies: list[LevyLaw]
    base: list[BaseLaw] = []
    accounts: list[AccountLaw] = []
    reliefs: list[ReliefLaw] = []
    waiting: list[WaitingLaw] = []
    incentives: list[IncentiveLaw] = []
    years: list[YearsLaw] = []
    late_fees: list[LateFeeLaw] = []
    arrears: list[ArrearsLaw] = []


class ContributionFile(Strict, frozen=True):
    """The whole file of a region."""

    region: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    title: Text
    sources: dict[Name, Source]
    schemes: dict[SchemeCode, ContributionScheme]


@dataclass(frozen=True, slots=True, eq=False)
class ContributionLaw:
    """A region's law of contributions as it was read, with the clause behind every value."""

    file: ContributionFile
    document: Document
    clauses: Mapping[str, Clause]
    remembered: dict[Any, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The pooling region."""
        return self.file.region


def read_contributions(path: Path) -> ContributionLaw:
    """Read a region's file and check names, sources and days; `contribution_terms.check` tries every day and person.

    :raises PolicyError: with every problem found.
    """
    name = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise PolicyError((Problem(name, 1, "missing_file", "the region has no law of contributions"),))
    document = read_document(path, name)
    file = parse(document, ContributionFile)
    clauses: dict[str, Clause] = {}
    problems = [*_names(document, file, path.parent.name)]
    for entry, steps in sourced(file):
        problems += _clause(clauses, file, document, entry, steps)
    if problems:
        raise PolicyError(tuple(problems))
    return ContributionLaw(file, document, clauses)


def sourced(file: ContributionFile) -> Iterator[tuple[Sourced, Steps]]:
    """Every value and rule of a file with its path."""
    for code, scheme in file.schemes.items():
        here: Steps = ("schemes", code)
        for place, base in enumerate(scheme.base):
            for role, values in (("floor", base.floor), ("roof", base.roof), ("average_wage", base.average_wage)):
                yield from _each(values, (*here, "base", place, role))
        for place, account in enumerate(scheme.accounts):
            yield from _each(account.credit, (*here, "accounts", place, "credit"))
            yield from _each(account.withheld, (*here, "accounts", place, "withheld"))
        for place, levy in enumerate(scheme.levies):
            yield from _each(levy.values, (*here, "levies", place, "values"))
        for place, relief in enumerate(scheme.reliefs):
            yield from _each(relief.values, (*here, "reliefs", place, "values"))
        for role in RULES:
            yield from _each(getattr(scheme, role), (*here, role))


def period_of(lasting: Any) -> Period:
    """The days on which a dated part of the law holds; it was read already, so that they are in order."""
    return Period(lasting.effective_from, lasting.effective_until)


def _each(values: Any, steps: Steps) -> Iterator[tuple[Sourced, Steps]]:
    for place, value in enumerate(values):
        yield value, (*steps, place)


def _clause(
    clauses: dict[str, Clause], file: ContributionFile, document: Document, entry: Sourced, steps: Steps
) -> Iterator[Problem]:
    """Enter one clause; yields what is wrong with its days, name and source."""
    until = getattr(entry, "effective_until", None)
    if until is not None and until <= entry.effective_from:  # type: ignore[attr-defined]  # all entries of a file are dated
        yield document.problem("empty_period", f"{entry.clause} ends on {until}", *steps, "effective_until")
    source = file.sources.get(entry.source) if entry.source is not None else None
    if entry.clause in clauses:
        yield document.problem("repeated_clause", entry.clause, *steps, "clause")
    if entry.source is not None and source is None:
        yield document.problem("unknown_source", entry.source, *steps, "source")
    if entry.source is None and entry.trust != "our_default":
        yield document.problem("no_source", f"{entry.clause} is marked {entry.trust}", *steps, "source")
    said = (source.document, source.link) if source else (None, None)
    clauses[entry.clause] = Clause(entry.clause, said[0], entry.article, said[1], entry.trust, entry.note)


def _names(document: Document, file: ContributionFile, folder: str) -> Iterator[Problem]:
    """Problems of region, categories, ages, funds and lasting parts."""
    if file.region != folder:
        yield document.problem("wrong_folder", f"{file.region} stands in {folder}", "region")
    for code, scheme in file.schemes.items():
        here: Steps = ("schemes", code)
        if not scheme.ages or min(scheme.ages.values()) != 0 or len(set(scheme.ages.values())) != len(scheme.ages):
            yield document.problem("not_rising", "age groups start at 0 and differ", *here, "ages")
        needed: set[str] = {"pool", *(levy.to for levy in scheme.levies)}
        needed |= {"account"} if scheme.accounts else set()
        needed |= {"assistance"} if scheme.reliefs else set()
        for fund in sorted(needed - set(scheme.funds)):
            yield document.problem("unknown_fund", f"{fund} has no fund code", *here, "funds")
        parts: list[tuple[list[str], Steps]] = [
            (levy.categories, ("levies", i)) for i, levy in enumerate(scheme.levies)
        ]
        parts += [(base.categories, ("base", i)) for i, base in enumerate(scheme.base)]
        parts += [(account.categories, ("accounts", i)) for i, account in enumerate(scheme.accounts)]
        for categories, steps in parts:
            for category in sorted(set(categories) - set(scheme.categories)):
                yield document.problem("unknown_code", f"{category} is no category", *here, *steps, "categories")
        yield from _lasting(document, scheme, here)


def _lasting(document: Document, scheme: ContributionScheme, here: Steps) -> Iterator[Problem]:
    """Parts that end before they begin, or outlast their scheme."""
    parts: list[tuple[Lasting, Steps]] = [(scheme, here)]
    for role in ("levies", "accounts", "reliefs"):
        parts += [(part, (*here, role, place)) for place, part in enumerate(getattr(scheme, role))]
    for part, steps in parts:
        if part.effective_until is not None and part.effective_until <= part.effective_from:
            yield document.problem("empty_period", f"ends on {part.effective_until}", *steps, "effective_until")
        elif part.effective_from < scheme.effective_from:
            yield document.problem("never_holds", "begins before its scheme", *steps, "effective_from")
