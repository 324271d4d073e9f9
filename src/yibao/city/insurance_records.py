"""The city's enrolments, contributions and personal accounts as records, and what the funds hold when it begins."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import ClassVar, Final, NamedTuple
from zoneinfo import ZoneInfo

from yibao.city.calibration import fact
from yibao.city.make import City
from yibao.city.people import ACTIVE, EMPLOYEE, RESIDENT, SCHEME_CODES, UNINSURED
from yibao.city.streams import stream
from yibao.city.work import enrolled_from
from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.enrolment import founding
from yibao.domains.enrolment.founding import ContributionRow, EnrolmentRow
from yibao.domains.ledger.operations import Posting, posted
from yibao.engines.contributions import assess
from yibao.policies.contribution_terms import category_of, contribution_law, terms_for
from yibao.policies.contributions import ContributionLaw

MONTHS: Final = 12
MONTHLY: Final = 12
BEIJING: Final = ZoneInfo("Asia/Shanghai")
SUSPENDED: Final = "2"
NORMAL: Final = "1"


class UnknownContributorError(YibaoError):
    """The region's law of contributions names no category for such a person."""

    code: ClassVar[str] = "city.unknown_contributor"


def found_insurance(city: City, *, numbers: list[int], at: datetime) -> None:
    """Write employers, enrolments, statuses, contributions and accounts of the city's people, and post them.

    `numbers` are the persons' numbers in the order of the population.
    """
    employers = founding.found_employers(
        rows=[
            founding.EmployerRow(code, name, city.region.districts[district])
            for code, name, district in zip(
                city.employers.codes, city.employers.names, city.employers.districts.tolist(), strict=True
            )
        ]
    )
    places = [place for place in range(city.population.size) if city.population.scheme[place] != UNINSURED]
    enrolments = founding.found_enrolments(
        rows=[_enrolment(city, place, numbers[place], employers) for place in places]
    )
    founding.found_statuses(
        rows=[
            founding.StatusRow(
                numbers[place],
                kind,
                f"民政认定[{city.as_of.year}]{place:06d}号",
                city.as_of.replace(month=1, day=1, year=city.as_of.year - 1),
            )
            for place, kind in enumerate(city.insurance.status)
            if kind
        ]
    )
    paid = list(paid_by_law(city, dict(zip(places, enrolments, strict=True))))
    founding.found_contributions(rows=[one.row for one in paid])
    balances = _balances(city)
    founding.found_accounts(balances=[(numbers[place], fen) for place, fen in balances], at=at)
    _post_opening(city, paid=paid, accounts_fen=sum(fen for _, fen in balances), at=at)


def _enrolment(city: City, place: int, number: int, employers: list[int]) -> EnrolmentRow:
    """The enrolment of one insured person."""
    population, insurance = city.population, city.insurance
    employer = int(insurance.employer[place])
    return EnrolmentRow(
        person_id=number,
        scheme=SCHEME_CODES[population.scheme[place]],
        region_id=city.region.code,
        division_id=city.district_of(place),
        employer_id=employers[employer] if employer >= 0 else None,
        person_type=insurance.person_type[place],
        status_group=insurance.status_group[place],
        is_civil_servant=bool(insurance.is_civil_servant[place]),
        state=SUSPENDED if insurance.is_suspended[place] else NORMAL,
        valid_from=enrolled_from(
            birth=int(population.birth[place]), as_of=city.as_of, group=int(population.group[place])
        ),
    )


def _months(as_of: date) -> list[tuple[date, date]]:
    """The last twelve whole months before a day."""
    months = []
    year, month = as_of.year, as_of.month
    for _ in range(MONTHS):
        end = date(year, month, 1)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        months.append((date(year, month, 1), end))
    return months[::-1]


class _Paid(NamedTuple):
    """A contribution with its scheme and the part of it that goes to the large-amount fund, in fen."""

    row: ContributionRow
    scheme: str
    large_fen: int


def paid_by_law(city: City, enrolments: dict[int, int]) -> Iterator[_Paid]:
    """Twelve months of every employee at work, this year of every resident, by the region's law."""
    law = contribution_law(city.region.code)
    months = _months(city.as_of)
    this_year = [(date(city.as_of.year, 1, 1), date(city.as_of.year + 1, 1, 1))]
    for place, enrolment in enrolments.items():
        is_active = city.population.group[place] == ACTIVE
        if city.insurance.is_suspended[place] or not (is_active or city.population.scheme[place] == RESIDENT):
            continue
        for period in months if is_active else this_year:
            yield _paid(city, law, place, enrolment, period)


def _paid(city: City, law: ContributionLaw, place: int, enrolment: int, period: tuple[date, date]) -> _Paid:
    """What the law makes a person pay for a period; months are paid at their end, years at their beginning."""
    start, end = period
    scheme, group = SCHEME_CODES[city.population.scheme[place]], city.insurance.status_group[place]
    has_employer = city.insurance.employer[place] >= 0
    category = category_of(law, scheme, start, group=group, has_employer=bool(has_employer))
    if category is None:
        raise UnknownContributorError(scheme=scheme, group=group, region=law.region)
    terms = terms_for(law, scheme, start, category=category, age=int(city.population.age[place]))
    is_month = scheme == SCHEME_CODES[EMPLOYEE]
    wage_fen = int(city.insurance.base_fen[place]) // MONTHLY if is_month else None
    owed = assess(terms, wage_fen=wage_fen, statuses=tuple(filter(None, [city.insurance.status[place]])))
    row = ContributionRow(
        enrolment, start, end, owed.base_fen, owed.employer_fen, owed.person_fen, owed.subsidy_fen + owed.assistance_fen,
        owed.to_pool_fen + owed.to_large_fen, owed.to_account_fen, end if is_month else start,
    )  # fmt: skip
    return _Paid(row, scheme, owed.to_large_fen)


def _balances(city: City) -> list[tuple[int, int]]:
    """What stands in the personal accounts: log-normal around the published mean (F0625/F0067)."""
    chance = stream(city.seed, "accounts")
    mean = fact("account_balance").value * 100
    drawn = mean * chance.lognormal(-0.5, 1.0, size=city.population.size)
    return [
        (place, int(drawn[place])) for place in range(city.population.size) if city.population.scheme[place] == EMPLOYEE
    ]


def _post_opening(city: City, *, paid: list[_Paid], accounts_fen: int, at: datetime) -> None:
    """Post what the funds hold, and the contributions of the last year, month by month.

    Funds begin with the published months of spending (27.6 for employees, 9.2 for residents) of their insured.
    """
    employees = int((city.population.scheme == EMPLOYEE).sum())
    residents = int((city.population.scheme == RESIDENT).sum())
    pooled_fen = round(
        employees * fact("employee_pooled_spending").value * fact("employee_months").value * 100 / MONTHLY
    )
    resident_fen = round(residents * fact("resident_spending").value * fact("resident_months").value * 100 / MONTHLY)
    credited_fen = sum(one.row.to_account_fen for one in paid)
    opening = [
        *_pair("employee", "310100", "3001", pooled_fen),
        *_pair("employee", "310200", "3001", max(0, accounts_fen - credited_fen)),
        *_pair("large_amount", "330100", "3001", pooled_fen // 10),
        *_pair("resident", "390100", "3001", resident_fen),
    ]
    by_day: dict[date, list[_Paid]] = {}
    for one in paid:
        by_day.setdefault(one.row.paid_on, []).append(one)
    with storage.transaction() as raw:
        region = city.region.code
        storage.write_together(raw, posted(region=region, cause="opening", cause_id=1, entered_at=at, postings=opening))
        for day, of_day in sorted(by_day.items()):
            moment = datetime.combine(day, time(9), tzinfo=BEIJING)
            storage.write_together(
                raw,
                posted(
                    region=region,
                    cause="contribution",
                    cause_id=int(f"{day:%Y%m%d}"),
                    entered_at=moment,
                    postings=_contribution_postings(of_day),
                ),
            )


def _contribution_postings(paid: list[_Paid]) -> list[Posting]:
    """Contributions and subsidies of one day: into the fiscal account (1004), as income by fund."""
    employees = [one.row for one in paid if one.scheme == SCHEME_CODES[EMPLOYEE]]
    residents = [one.row for one in paid if one.scheme == SCHEME_CODES[RESIDENT]]
    large_fen = sum(one.large_fen for one in paid)
    return [
        *_pair("employee", "310100", "4001", sum(row.to_pool_fen for row in employees) - large_fen),
        *_pair("employee", "310200", "4001", sum(row.to_account_fen for row in employees)),
        *_pair("large_amount", "330100", "4001", large_fen),
        *_pair("resident", "390100", "4001", sum(row.person_fen for row in residents)),
        *_pair("resident", "390100", "4101", sum(row.subsidy_fen for row in residents)),
    ]


def _pair(book: str, fund: str, account: str, fen: int) -> list[Posting]:
    """Debit the fiscal special account (财政专户存款 1004), credit an account; nothing for nothing."""
    return [Posting(book, "1004", fund, fen, 0), Posting(book, account, fund, 0, fen)] if fen else []
