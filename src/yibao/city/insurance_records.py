"""The city's enrolments, contributions and personal accounts as records, and what the funds hold when it begins."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from yibao.city.calibration import fact
from yibao.city.make import City
from yibao.city.people import ACTIVE, DISTRICT_CODES, EMPLOYEE, GROUPS, RESIDENT, SCHEME_CODES, UNINSURED
from yibao.city.streams import stream
from yibao.city.work import enrolled_from
from yibao.core.money import share_half_up
from yibao.domains import storage
from yibao.domains.enrolment import founding
from yibao.domains.enrolment.founding import ContributionRow, EnrolmentRow
from yibao.domains.ledger.operations import Posting, posted
from yibao.domains.reference.queries import setting

REGION: Final = "110000"
MONTHS: Final = 12
MONTHLY: Final = 12
BEIJING: Final = ZoneInfo("Asia/Shanghai")
SUSPENDED: Final = "2"
NORMAL: Final = "1"


def found_insurance(city: City, *, numbers: list[int], at: datetime) -> None:
    """Write employers, enrolments, statuses, contributions and accounts of the city's people, and post them.

    `numbers` are the persons' numbers in the order of the population.
    """
    employers = founding.found_employers(
        rows=[
            founding.EmployerRow(code, name, DISTRICT_CODES[district])
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
    rows = list(_contributions(city, dict(zip(places, enrolments, strict=True))))
    founding.found_contributions(rows=rows)
    balances = _balances(city)
    founding.found_accounts(balances=[(numbers[place], fen) for place, fen in balances], at=at)
    _post_opening(city, rows=rows, accounts_fen=sum(fen for _, fen in balances), at=at)


def _enrolment(city: City, place: int, number: int, employers: list[int]) -> EnrolmentRow:
    """The enrolment of one insured person."""
    population, insurance = city.population, city.insurance
    group = int(population.group[place])
    employer = int(insurance.employer[place])
    return EnrolmentRow(
        person_id=number,
        scheme=SCHEME_CODES[population.scheme[place]],
        region_id=REGION,
        division_id=city.district_of(place),
        employer_id=employers[employer] if employer >= 0 else None,
        person_type=insurance.person_type[place],
        status_group=GROUPS[group],
        is_civil_servant=bool(insurance.is_civil_servant[place]),
        state=SUSPENDED if insurance.is_suspended[place] else NORMAL,
        valid_from=enrolled_from(birth=int(population.birth[place]), as_of=city.as_of, group=group),
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


def _contributions(city: City, enrolments: dict[int, int]) -> Iterator[ContributionRow]:
    """Twelve months of every employee at work, this year of every resident."""
    rates = setting("contribution.employee_rates_ppm")
    fixed_fen = int(setting("contribution.large_amount_person_fen_per_month"))
    limits = setting("contribution.base_limits_fen_per_month")
    resident_fen = setting("contribution.resident_fen_per_year")
    subsidy_fen = int(setting("contribution.resident_subsidy_fen_per_year"))
    months = _months(city.as_of)
    this_year = date(city.as_of.year, 1, 1), date(city.as_of.year + 1, 1, 1)
    for place, enrolment in enrolments.items():
        if city.insurance.is_suspended[place]:
            continue
        if city.population.group[place] == ACTIVE:
            base = min(max(int(city.insurance.base_fen[place]) // MONTHLY, limits["lower"]), limits["upper"])
            rate = rates["employer"] + rates["large_amount"]
            own_fen = share_half_up(base, rates["person"])
            for start, end in months:
                yield ContributionRow(
                    enrolment, start, end, base, share_half_up(base, rate), own_fen + fixed_fen, 0,
                    share_half_up(base, rate) + fixed_fen, own_fen, end,
                )  # fmt: skip
        elif city.population.scheme[place] == RESIDENT:
            paid = int(resident_fen[GROUPS[city.population.group[place]]])
            yield ContributionRow(enrolment, *this_year, 0, 0, paid, subsidy_fen, paid + subsidy_fen, 0, this_year[0])


def _balances(city: City) -> list[tuple[int, int]]:
    """What stands in the personal accounts: log-normal around the published mean (F0625/F0067)."""
    chance = stream(city.seed, "accounts")
    mean = fact("account_balance").value * 100
    drawn = mean * chance.lognormal(-0.5, 1.0, size=city.population.size)
    return [
        (place, int(drawn[place])) for place in range(city.population.size) if city.population.scheme[place] == EMPLOYEE
    ]


def _post_opening(city: City, *, rows: list[ContributionRow], accounts_fen: int, at: datetime) -> None:
    """Post what the funds hold, and the contributions of the last year, month by month.

    Funds begin with the published months of spending (27.6 for employees, 9.2 for residents) of their insured.
    """
    employees = int((city.population.scheme == EMPLOYEE).sum())
    residents = int((city.population.scheme == RESIDENT).sum())
    pooled_fen = round(
        employees * fact("employee_pooled_spending").value * fact("employee_months").value * 100 / MONTHLY
    )
    resident_fen = round(residents * fact("resident_spending").value * fact("resident_months").value * 100 / MONTHLY)
    large_ppm = int(setting("contribution.employee_rates_ppm")["large_amount"])
    fixed_fen = int(setting("contribution.large_amount_person_fen_per_month"))
    credited_fen = sum(row.to_account_fen for row in rows)
    opening = [
        *_pair("employee", "310100", "3001", pooled_fen),
        *_pair("employee", "310200", "3001", max(0, accounts_fen - credited_fen)),
        *_pair("large_amount", "330100", "3001", pooled_fen // 10),
        *_pair("resident", "390100", "3001", resident_fen),
    ]
    by_day: dict[date, list[ContributionRow]] = {}
    for row in rows:
        by_day.setdefault(row.paid_on, []).append(row)
    with storage.transaction() as raw:
        storage.write_together(raw, posted(cause="opening", cause_id=1, entered_at=at, postings=opening))
        for day, paid in sorted(by_day.items()):
            moment = datetime.combine(day, time(9), tzinfo=BEIJING)
            postings = _contribution_postings(paid, large_ppm=large_ppm, fixed_fen=fixed_fen)
            storage.write_together(
                raw, posted(cause="contribution", cause_id=int(f"{day:%Y%m%d}"), entered_at=moment, postings=postings)
            )


def _contribution_postings(paid: list[ContributionRow], *, large_ppm: int, fixed_fen: int) -> list[Posting]:
    """Contributions and subsidies of one day: into the fiscal account (1004), as income by fund."""
    employees = [row for row in paid if row.base_fen]
    residents = [row for row in paid if not row.base_fen]
    large_fen = sum(share_half_up(row.base_fen, large_ppm) + fixed_fen for row in employees)
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
