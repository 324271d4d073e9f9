"""Reconcile what an institution settled (对账): its totals (3201), or its rows (3202, 3211, a file at the office)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final, Literal

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.files.operations import digest_of, keep_file
from yibao.domains.people.queries import LockedPerson
from yibao.domains.reconciliation.claim_files import read_claims
from yibao.domains.reconciliation.comparing import Compared, compare
from yibao.domains.reconciliation.kept_differences import keep_difference_of_sums, note_readings
from yibao.domains.reconciliation.operations import Asker, Claim, ClaimedFile, keep_run, next_run_id
from yibao.domains.reconciliation.practices import Practice, practice_of
from yibao.domains.reconciliation.queries import is_own_agency
from yibao.domains.reconciliation.totals import Period, Totals, ask_for_cells, cells_of, covers, sum_of
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Step
from yibao.workflows.reconciliation_results import result_file

LONGEST_DAYS: Final = 366
"""The longest period that is compared (our default)."""

_NOBODY: Final = "99"
"""A clearing type (其他) that no settlement here has."""

Result = Literal["equal", "here", "there", "amounts"]


class PeriodRefusedError(YibaoError):
    """The days end before they begin, are too many, or lie out of all calendars (对账日期无效)."""

    code: ClassVar[str] = "reconciliation.period"


@dataclass(frozen=True, slots=True)
class TotalsCompared:
    """The claim beside what stands here, by the region's practice."""

    claim: Claim
    found: Totals
    practice: Practice

    @property
    def result(self) -> Result:
        """Whether both are equal, who has more settlements, or that only the amounts differ."""
        if self.found.count != self.claim.count:
            return "here" if self.found.count > self.claim.count else "there"
        return "equal" if _sums_fit(self.claim, self.found) else "amounts"


@dataclass(frozen=True, slots=True)
class DetailsCompared:
    """What a comparison of rows came to, and the file that says it: its number, name, and until when it can be fetched."""

    run_id: int
    compared: Compared
    differences: int
    file_number: str
    file_name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFile:
    """The file of an institution: its bytes and name; `code` is the institution's."""

    code: str
    name: str
    content: bytes


def check_days(first_day: date, last_day: date) -> None:
    """Refuse days that make no period.

    :raises PeriodRefusedError: they end before they begin, are too many, or lie outside of 2000 to 2999.
    """
    days = (last_day - first_day).days + 1
    if not 1 <= days <= LONGEST_DAYS or first_day.year < 2000 or last_day.year > 2999:
        raise PeriodRefusedError(first=first_day, last=last_day, most=LONGEST_DAYS)


def totals_step(period: Period, claim: Claim, asker: Asker) -> Step[None, TotalsCompared]:
    """The comparison of totals (对总账), for `exactly_once.perform`.

    :raises PeriodRefusedError: nothing was compared or kept.
    """
    check_days(period.first_day, period.last_day)
    practice = practice_of(period.region)

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[TotalsCompared]:
        wanted = _of_own_agency(raw, period)
        cells = cells_of(ask_for_cells(raw, wanted, practice))
        made = TotalsCompared(claim, sum_of(filter(covers(wanted), cells), practice), practice)
        run_id = next_run_id(raw)
        keep_run(
            raw,
            run_id=run_id,
            period=period,
            reversals=practice.reversals,
            asker=asker,
            claim=claim,
            found=made.found,
            is_equal=made.result == "equal",
        )
        return Outcome(made, run_id)

    return Step(lambda _raw: None, act)


def details_step(
    period: Period, claim: Claim | None, asker: Asker, file_of: Callable[[Raw], ClaimFile]
) -> Step[None, DetailsCompared]:
    """The comparison of rows (对明细账), for `exactly_once.perform`; without a claim the file's own sums are the claim.

    :raises PeriodRefusedError, FileRefusedError, ZipRefusedError, NoSuchFileError: nothing was compared or kept.
    """
    check_days(period.first_day, period.last_day)
    practice = practice_of(period.region)

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[DetailsCompared]:
        made = _compare_file(raw, period=period, claim=claim, asker=asker, file=file_of(raw), practice=practice)
        note_readings(
            raw,
            run_id=made.run_id,
            institution_id=period.institution_id,
            infno=asker.source,
            operator=asker.operator,
            read_at=asker.at,
        )
        return Outcome(made, made.run_id)

    return Step(lambda _raw: None, act)


def reconcile_file(period: Period, asker: Asker, file: ClaimFile) -> DetailsCompared:
    """Compare a file that a member of staff or the command line brings.

    :raises PeriodRefusedError, FileRefusedError, ZipRefusedError: nothing was compared or kept.
    """
    check_days(period.first_day, period.last_day)
    practice = practice_of(period.region)
    with storage.transaction() as raw:
        return _compare_file(raw, period=period, claim=None, asker=asker, file=file, practice=practice)


def _of_own_agency(raw: Raw, period: Period) -> Period:
    """The period, or one without settlements: another region's agency (结算经办机构) settles nothing with this institution."""
    if not period.agency or is_own_agency(raw, division=period.agency, region=period.region):
        return period
    return replace(period, clearing_type=_NOBODY)


def _compare_file(
    raw: Raw, *, period: Period, claim: Claim | None, asker: Asker, file: ClaimFile, practice: Practice
) -> DetailsCompared:
    """Compare, keep the run with its differences, and keep the file that answers."""
    run_id = next_run_id(raw)
    wanted = _of_own_agency(raw, period)
    compared = compare(raw, read_claims(file.content), run_id=run_id, period=wanted, practice=practice)
    said = claim or _claim_of(compared)
    differences = compared.differences
    if not _sums_fit(said, compared.claimed):
        keep_difference_of_sums(raw, run_id=run_id, claim=said, claimed=compared.claimed)
        differences += 1
    answer = result_file(run_id, period, code=file.code, at=asker.at)
    number = keep_file(raw, answer)
    keep_run(
        raw,
        run_id=run_id,
        period=period,
        reversals=practice.reversals,
        asker=asker,
        claim=said,
        found=compared.found,
        is_equal=differences == 0,
        file=ClaimedFile(name=file.name, digest=digest_of(file.content), rows=compared.rows),
        differences=differences,
        answer_number=number,
    )
    return DetailsCompared(run_id, compared, differences, number, answer.name, answer.expires_at)


def _claim_of(compared: Compared) -> Claim:
    """The claim that a file makes by itself."""
    sums = compared.claimed
    return Claim(count=compared.rows, total_fen=sums.total_fen, fund_fen=sums.fund_fen, account_fen=sums.account_fen)


def _sums_fit(claim: Claim, sums: Totals) -> bool:
    """Whether the amounts claimed are these; how settlements are counted is the region's and not compared here."""
    return (claim.total_fen, claim.fund_fen) == (sums.total_fen, sums.fund_fen) and claim.account_fen in {
        None,
        sums.account_fen,
    }
