"""The contribution of one person for one period (应缴核定): who owes what, and where it goes."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from yibao.core.money import share_half_up
from yibao.engines.contributions.terms import ContributionTerms, Levy


@dataclass(frozen=True, slots=True)
class AssessedLine:
    """One step of an assessment, for its explanation: what, on which base, at which rate, how much, from which clause."""

    what: str
    base_fen: int
    rate_ppm: int
    fixed_fen: int
    amount_fen: int
    clause: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """What is owed for a period, in fen, and where it goes.

    employer + person + subsidy + assistance = to_pool + to_large + to_account. `from_pool_fen` is credited to the account
    out of the pooled fund beyond what was paid for the period (retired persons, 统筹划入); `withheld_fen` stays back of the credit.
    """

    base_fen: int
    employer_fen: int
    person_fen: int
    subsidy_fen: int
    assistance_fen: int
    to_pool_fen: int
    to_large_fen: int
    to_account_fen: int
    from_pool_fen: int
    withheld_fen: int
    lines: tuple[AssessedLine, ...]

    @property
    def due_fen(self) -> int:
        """All that is to be paid for the period, by whomever."""
        return self.employer_fen + self.person_fen + self.subsidy_fen + self.assistance_fen

    @property
    def credit_fen(self) -> int:
        """All that the account gets for the period."""
        return self.to_account_fen + self.from_pool_fen


def assess(terms: ContributionTerms, *, wage_fen: int | None, statuses: Collection[str] = ()) -> Assessed:
    """Work out the contribution of one period.

    `wage_fen` is the declared wage of the period (none: the floor counts), `statuses` the special statuses held. Every levy is
    rounded half up to the fen by itself, so that the parts add up to the whole without a remainder. Of several reliefs the
    one that takes most counts. Rounding and choice of the relief are our default.
    """
    base_fen, lines = _base(terms, wage_fen)
    owed = {"employer": 0, "person": 0, "subsidy": 0}
    pots = {"pool": 0, "large": 0}
    for levy in terms.levies:
        line = _line(levy, base_fen)
        lines.append(line)
        owed[levy.payer] += line.amount_fen
        pots[levy.pot] += line.amount_fen
    assistance_fen = _relieved(terms, owed["person"], statuses, lines)
    credit_fen, withheld_fen = _credit(terms, base_fen, lines)
    to_account_fen = min(credit_fen, pots["pool"])
    return Assessed(
        base_fen=base_fen,
        employer_fen=owed["employer"],
        person_fen=owed["person"] - assistance_fen,
        subsidy_fen=owed["subsidy"],
        assistance_fen=assistance_fen,
        to_pool_fen=pots["pool"] - to_account_fen,
        to_large_fen=pots["large"],
        to_account_fen=to_account_fen,
        from_pool_fen=credit_fen - to_account_fen,
        withheld_fen=withheld_fen,
        lines=tuple(lines),
    )


def repeated(assessed: Assessed, periods: int) -> Assessed:
    """The sum of so many equal periods, as a repair (补缴) or the years missing at retirement (一次性补缴) owe it."""
    assert periods >= 0
    amounts = {
        field.name: getattr(assessed, field.name) * periods
        for field in fields(assessed)
        if field.name not in {"base_fen", "lines"}
    }
    return replace(assessed, **amounts)


def _base(terms: ContributionTerms, wage_fen: int | None) -> tuple[int, list[AssessedLine]]:
    """The base between floor and roof, and the step that says which of them held."""
    limits = terms.limits
    if limits is None:
        return 0, []
    assert limits.floor_fen <= limits.roof_fen
    if wage_fen is None or wage_fen < limits.floor_fen:
        return limits.floor_fen, [AssessedLine("base_floor", 0, 0, limits.floor_fen, 0, limits.floor_clause)]
    if wage_fen > limits.roof_fen:
        return limits.roof_fen, [AssessedLine("base_roof", 0, 0, limits.roof_fen, 0, limits.roof_clause)]
    return wage_fen, []


def _line(levy: Levy, base_fen: int) -> AssessedLine:
    """One levy on the base."""
    amount_fen = share_half_up(base_fen, levy.rate_ppm) + levy.fixed_fen
    return AssessedLine(levy.key, base_fen, levy.rate_ppm, levy.fixed_fen, amount_fen, levy.clause)


def _relieved(terms: ContributionTerms, person_fen: int, statuses: Collection[str], lines: list[AssessedLine]) -> int:
    """What assistance takes over of the person's part: the most that one of the person's statuses gives."""
    best: AssessedLine | None = None
    for relief in terms.reliefs:
        if relief.kind in statuses:
            amount_fen = min(person_fen, share_half_up(person_fen, relief.rate_ppm) + relief.fixed_fen)
            if best is None or amount_fen > best.amount_fen:
                best = AssessedLine("relief", person_fen, relief.rate_ppm, relief.fixed_fen, amount_fen, relief.clause)
    if best is None:
        return 0
    lines.append(best)
    return best.amount_fen


def _credit(terms: ContributionTerms, base_fen: int, lines: list[AssessedLine]) -> tuple[int, int]:
    """What the account gets and what is withheld of it."""
    credit = terms.credit
    if credit is None:
        return 0, 0
    gross_fen = share_half_up(base_fen, credit.rate_ppm) + credit.fixed_fen
    lines.append(AssessedLine("credit", base_fen, credit.rate_ppm, credit.fixed_fen, gross_fen, credit.clause))
    withheld_fen = min(credit.withheld_fen, gross_fen)
    if credit.withheld_clause is not None:
        lines.append(AssessedLine("withheld", 0, 0, credit.withheld_fen, withheld_fen, credit.withheld_clause))
    return gross_fen - withheld_fen, withheld_fen
