"""From the law of contributions to what the engine takes: the terms of one day for one kind of person."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeVar

from yibao.core.money import PPM, NotAnAmountError, divide_half_up, parse_scaled
from yibao.core.period import Period, split_at_changes
from yibao.engines.contributions import (
    ArrearsTerms,
    BaseLimits,
    ContributionTerms,
    Credit,
    IncentiveTerms,
    LateFeeTerms,
    Levy,
    Relief,
    WaitingTerms,
    YearsTerms,
)
from yibao.policies.contributions import (
    CONTRIBUTIONS_FILE,
    RULES,
    ContributionLaw,
    ContributionScheme,
    Dated,
    WaitingLaw,
    period_of,
    read_contributions,
    sourced,
)
from yibao.policies.documents import Steps
from yibao.policies.errors import NoPolicyError, PolicyError, Problem
from yibao.policies.library import ROOT

Rule = TypeVar("Rule")
_AMOUNTS: Final = {
    "incentives": {"per_year": 2, "no_claim": 2, "after_break": 2, "most": 6},
    "late_fees": {"daily": 6, "most": 6},
}
"""The amounts and ratios of dated rules, with their decimals."""


def contribution_regions(root: Path = ROOT) -> tuple[str, ...]:
    """List the regions that state their contributions."""
    return tuple(path.parent.name for path in sorted(root.glob(f"*/{CONTRIBUTIONS_FILE}")))


@lru_cache(maxsize=64)
def contribution_law(region: str, root: Path = ROOT) -> ContributionLaw:
    """Give a region's law of contributions, checked for every day and every kind of person.

    :raises NoPolicyError: the region states none.
    :raises PolicyError: it cannot be law.
    """
    path = root / region / CONTRIBUTIONS_FILE
    if not path.is_file():
        raise NoPolicyError(region=region, scheme="contributions", on="-")
    return check_contributions(path)


def check_contributions(path: Path) -> ContributionLaw:
    """Read a file and try every stretch of time with every category and age group.

    :raises PolicyError: a day or a person without exactly one value, a value nobody meets, or anything `read_contributions` finds.
    """
    law = read_contributions(path)
    used: set[str] = set()
    problems = list(_tried(law, used))
    if not problems:
        problems = [
            law.document.problem("never_holds", f"{entry.clause} holds for nobody", *steps)
            for entry, steps in sourced(law.file)
            if entry.clause not in used
        ]
    if problems:
        first = {(problem.file, problem.line, problem.kind): problem for problem in reversed(problems)}
        raise PolicyError(tuple(first.values()))
    return law


def _tried(law: ContributionLaw, used: set[str]) -> Iterator[Problem]:
    """Every problem that some day and some person meet; the clauses that were met are added to `used`."""
    for code, scheme in law.file.schemes.items():
        for stretch in stretches_of(scheme):
            for category, age in product(scheme.categories, scheme.ages):
                reader = _Reader(law, code, stretch.start, category, age)
                reader.terms()
                used |= reader.used
                yield from reader.problems
        yield from _rules(law, code, scheme, used)


def stretches_of(scheme: ContributionScheme) -> tuple[Period, ...]:
    """Cut the scheme's time wherever anything begins or ends."""
    parts: list[Any] = [*scheme.levies, *scheme.accounts, *scheme.reliefs]
    parts += [value for levy in scheme.levies for value in levy.values]
    parts += [value for relief in scheme.reliefs for value in relief.values]
    parts += [value for part in scheme.accounts for value in (*part.credit, *part.withheld)]
    parts += [value for part in scheme.base for value in (*part.floor, *part.roof, *part.average_wage)]
    return split_at_changes(period_of(scheme), [period_of(part) for part in parts])


def scheme_on(law: ContributionLaw, scheme: str, on: date) -> ContributionScheme:
    """Give a scheme whose contributions are known on a day.

    :raises NoPolicyError: it is not among the region's, or nothing is known of that day.
    """
    found = law.file.schemes.get(scheme)
    if found is None or on not in period_of(found):
        raise NoPolicyError(region=law.region, scheme=scheme, on=on.isoformat())
    return found


def category_of(law: ContributionLaw, scheme: str, on: date, *, group: str, has_employer: bool) -> str | None:
    """The category of an enrolment by its status group and whether it has an employer; None when the law names none."""
    for name, category in scheme_on(law, scheme, on).categories.items():
        if group in category.groups and category.employed in (None, has_employer):
            return name
    return None


def terms_for(law: ContributionLaw, scheme: str, on: date, *, category: str, age: int) -> ContributionTerms:
    """The terms of a day for a category and a full age in years; remembered for the next who asks alike.

    :raises NoPolicyError: nothing is known of that day.
    """
    groups = scheme_on(law, scheme, on).ages
    group = max((name for name in groups if groups[name] <= age), key=lambda name: groups[name])
    key = (scheme, on, category, group)
    if key not in law.remembered:
        law.remembered[key] = _Reader(law, scheme, on, category, group).terms()
    terms: ContributionTerms = law.remembered[key]
    return terms


def waiting_law(law: ContributionLaw, scheme: str, on: date) -> WaitingLaw | None:
    """The rule on waiting periods of a day, or None when the region states none."""
    return _on(scheme_on(law, scheme, on).waiting, on)


def waiting_terms(rule: WaitingLaw) -> WaitingTerms:
    """A rule on waiting periods as the engine takes it."""
    names = WaitingTerms.__dataclass_fields__
    return WaitingTerms(**{name: getattr(rule, name) for name in names})


def incentive_terms(law: ContributionLaw, scheme: str, on: date) -> IncentiveTerms | None:
    """The rule on incentives of a day, or None when the region states none."""
    rule = _on(scheme_on(law, scheme, on).incentives, on)
    if rule is None:
        return None
    yuan = {name: parse_scaled(getattr(rule, name), decimals=2) for name in ("per_year", "no_claim", "after_break")}
    return IncentiveTerms(
        counts_from=rule.counts_from,
        full_years=rule.full_years,
        per_year_fen=yuan["per_year"],
        no_claim_fen=yuan["no_claim"],
        most_ppm=parse_scaled(rule.most, decimals=6),
        break_fen=yuan["after_break"],
        clause=rule.clause,
    )


def years_terms(law: ContributionLaw, scheme: str, on: date) -> YearsTerms | None:
    """The months of contribution needed at retirement on a day, or None when the region states none."""
    rule = _on(scheme_on(law, scheme, on).years, on)
    return YearsTerms(rule.male_months, rule.female_months, rule.local_months, rule.clause) if rule else None


def late_fee_terms(law: ContributionLaw, scheme: str, on: date) -> LateFeeTerms | None:
    """The rule on late fees of a day, or None when the region states none."""
    rule = _on(scheme_on(law, scheme, on).late_fees, on)
    if rule is None:
        return None
    most = None if rule.most is None else parse_scaled(rule.most, decimals=6)
    return LateFeeTerms(parse_scaled(rule.daily, decimals=6), most, rule.clause)


def arrears_law(law: ContributionLaw, scheme: str, on: date) -> tuple[ArrearsTerms, frozenset[str]] | None:
    """The rule on arrears of a day with the status groups that it spares, or None when the region states none."""
    rule = _on(scheme_on(law, scheme, on).arrears, on)
    if rule is None:
        return None
    terms = ArrearsTerms(rule.due_days, rule.suspended_after_months, rule.clause)
    return terms, frozenset(rule.exempt_groups)


def _on(rules: Sequence[Rule], on: date) -> Rule | None:
    return next((rule for rule in rules if on in period_of(rule)), None)


def _rules(law: ContributionLaw, code: str, scheme: ContributionScheme, used: set[str]) -> Iterator[Problem]:
    """Problems of the rules beside the terms: two that hold at once, amounts that cannot be read."""
    for role in RULES:
        rules = getattr(scheme, role)
        for place, rule in enumerate(rules):
            used.add(rule.clause)
            steps = ("schemes", code, role, place)
            if any(period_of(rule).overlaps(period_of(other)) for other in rules[:place]):
                yield law.document.problem("overlap", f"{rule.clause} and another hold at once", *steps)
            for name, decimals in _AMOUNTS.get(role, {}).items():
                content = getattr(rule, name)
                unbounded = role == "late_fees" and name == "most" and content is None
                if not unbounded and _amount(content, decimals) is None:
                    yield law.document.problem("no_value", f"{name} cannot be read", *steps, name)


class _Reader:
    """Reads the terms of one day for one category and age group; notes problems and the clauses it met."""

    def __init__(self, law: ContributionLaw, code: str, on: date, category: str, age: str) -> None:
        self.law, self.code, self.on, self.category, self.age = law, code, on, category, age
        self.scheme = law.file.schemes[code]
        self.problems: list[Problem] = []
        self.used: set[str] = set()

    def terms(self) -> ContributionTerms:
        """The terms; worthless where `problems` were noted."""
        limits, levies, credit = self._limits(), tuple(self._levies()), self._credit()
        if limits is None and any(part.rate_ppm for part in (*levies, *((credit,) if credit else ()))):
            self._note("base", f"{self.category} pays a share of a base and has none", "base")
        return ContributionTerms(limits=limits, levies=levies, reliefs=tuple(self._reliefs()), credit=credit)

    def _levies(self) -> Iterator[Levy]:
        for place, levy in enumerate(self.scheme.levies):
            if self.category in levy.categories and self.on in period_of(levy):
                rate, fixed, clause = self._share(levy.values, "levies", place, "values")
                yield Levy(levy.key, levy.payer, levy.to, rate, fixed, clause)

    def _reliefs(self) -> Iterator[Relief]:
        for place, relief in enumerate(self.scheme.reliefs):
            if self.on in period_of(relief):
                rate, fixed, clause = self._share(relief.values, "reliefs", place, "values")
                yield from (Relief(kind, rate, fixed, clause) for kind in relief.kinds)

    def _credit(self) -> Credit | None:
        found = [
            (place, each)
            for place, each in enumerate(self.scheme.accounts)
            if self.category in each.categories and self.on in period_of(each)
        ]
        if not found:
            return None
        place, account = found[0]
        if len(found) > 1:
            self._note("overlap", "two rules credit one account", "accounts", found[1][0])
        rate, fixed, clause = self._share(account.credit, "accounts", place, "credit")
        if not any(self.on in period_of(value) for value in account.withheld):
            return Credit(rate, fixed, clause)
        _, withheld, withheld_clause = self._share(account.withheld, "accounts", place, "withheld")
        return Credit(rate, fixed, clause, withheld, withheld_clause)

    def _limits(self) -> BaseLimits | None:
        found = [(place, each) for place, each in enumerate(self.scheme.base) if self.category in each.categories]
        if not found:
            return None
        place, base = found[0]
        average = 0
        if base.average_wage:
            _, average, _clause = self._share(base.average_wage, "base", place, "average_wage")
        limits = []
        for role, values in (("floor", base.floor), ("roof", base.roof)):
            rate, fixed, clause = self._share(values, "base", place, role, most=100 * PPM)
            if rate and not average:
                self._note("base", f"{clause} is a ratio, and no average wage stands here", "base", place, role)
            limits.append((divide_half_up(average * rate, PPM) + fixed, clause))
        (floor, floor_clause), (roof, roof_clause) = limits
        if floor > roof:
            self._note("not_rising", f"{floor_clause} lies above {roof_clause}", "base", place)
        return BaseLimits(floor, max(floor, roof), floor_clause, roof_clause)

    def _share(self, values: Iterable[Dated], *steps: Any, most: int = PPM) -> tuple[int, int, str]:
        """Rate and fixed amount of the one value that holds, with its clause; notes when it is not exactly one."""
        found = [(place, value) for place, value in enumerate(values) if self.on in period_of(value)]
        if len(found) != 1:
            kind, place = ("overlap", found[1][0]) if found else ("gap", 0)
            self._note(kind, f"{self.on} for {self.category}, {self.age}", *steps, place)
            return 0, 0, ""
        place, value = found[0]
        content = value.value
        for dimension in value.by:
            content = self._entry(content, dimension, *steps, place, "value")
        self.used.add(value.clause)
        decimals = 2 if value.unit == "yuan" else 6
        amount = _amount(content, decimals)
        if amount is None or (value.unit == "ratio" and amount > most):
            if content is not None:
                self._note("no_value", f"{content} is no {value.unit} that can be", *steps, place, "value")
            return 0, 0, value.clause
        return (amount, 0, value.clause) if value.unit == "ratio" else (0, amount, value.clause)

    def _entry(self, content: Any, dimension: str, *steps: Any) -> Any:
        """The entry of a table for this category or age group; None and a note when there is none."""
        if not isinstance(content, dict):
            self._note("not_a_table", f"expected entries by {dimension}", *steps)
            return None
        known = self.scheme.categories if dimension == "category" else self.scheme.ages
        wanted = self.category if dimension == "category" else self.age
        entry = None
        for joined, inner in content.items():
            for code in (part.strip() for part in joined.split(",")):
                if code not in known:
                    self._note("unknown_code", f"{code} is no {dimension}", *steps, joined)
                if code == wanted:
                    entry = inner
        if entry is None:
            self._note("missing_cell", f"{wanted} on {self.on}", *steps)
        return entry

    def _note(self, kind: str, detail: str, *steps: Any) -> None:
        path: Steps = ("schemes", self.code, *steps)
        self.problems.append(self.law.document.problem(kind, detail, *path))


def _amount(content: Any, decimals: int) -> int | None:
    """A number that is not negative as an integer of 10**-decimals units, or None."""
    if isinstance(content, bool) or not isinstance(content, int | Decimal):
        return None
    try:
        amount = parse_scaled(content, decimals=decimals)
    except NotAnAmountError:
        return None
    return amount if amount >= 0 else None
