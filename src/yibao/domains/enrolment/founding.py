"""Founding the registers of insured relations in bulk: employers, enrolments, contributions, accounts, statuses."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from yibao.domains.enrolment.models import (
    AccountEntry,
    Contribution,
    Employer,
    Enrolment,
    PersonalAccount,
    SpecialStatus,
)
from yibao.domains.reference.founding import found


class EmployerRow(NamedTuple):
    """An employer to found."""

    code: str
    name: str
    division_id: str


class EnrolmentRow(NamedTuple):
    """An enrolment to found; `covered_from` is set where a waiting period runs."""

    person_id: int
    scheme: str
    region_id: str
    division_id: str
    employer_id: int | None
    person_type: str
    status_group: str
    is_civil_servant: bool
    state: str
    valid_from: date
    valid_until: date | None = None
    covered_from: date | None = None


class ContributionRow(NamedTuple):
    """A contribution to found; amounts in fen, pooled part and account part add up to what was paid."""

    enrolment_id: int
    period_start: date
    period_end: date
    base_fen: int
    employer_fen: int
    person_fen: int
    subsidy_fen: int
    to_pool_fen: int
    to_account_fen: int
    paid_on: date


class StatusRow(NamedTuple):
    """A special status to found."""

    person_id: int
    kind: str
    document: str
    valid_from: date


class _AccountRow(NamedTuple):
    person_id: int
    balance_fen: int


class _EntryRow(NamedTuple):
    account_id: int
    amount_fen: int
    balance_after_fen: int
    cause: str
    cause_id: int
    entered_at: datetime


def found_employers(*, rows: Sequence[EmployerRow]) -> list[int]:
    """Found employers (参保单位) in bulk; their numbers in the order of the rows."""
    return found(model=Employer, rows=rows)


def found_enrolments(*, rows: Sequence[EnrolmentRow]) -> list[int]:
    """Found enrolments (参保关系) in bulk; their numbers in the order of the rows."""
    return found(model=Enrolment, rows=rows)


def found_contributions(*, rows: Sequence[ContributionRow]) -> list[int]:
    """Found contributions (缴费) in bulk; their numbers in the order of the rows."""
    return found(model=Contribution, rows=rows)


def found_statuses(*, rows: Sequence[StatusRow]) -> list[int]:
    """Found special statuses (特殊身份) in bulk; their numbers in the order of the rows."""
    return found(model=SpecialStatus, rows=rows)


def found_accounts(*, balances: Sequence[tuple[int, int]], at: datetime) -> list[int]:
    """Open personal accounts (个人账户) in bulk, each with an entry that explains its balance.

    `balances` are pairs of person and balance in fen; an account with nothing in it gets no entry. The database checks
    at commit that every balance is what its entries add up to.
    """
    with transaction.atomic():
        accounts = found(model=PersonalAccount, rows=[_AccountRow(*pair) for pair in balances])
        opening = AccountEntry.Cause.OPENING.value
        entries = [
            _EntryRow(account, balance_fen, balance_fen, opening, account, at)
            for account, (_, balance_fen) in zip(accounts, balances, strict=True)
            if balance_fen
        ]
        found(model=AccountEntry, rows=entries)
    return accounts
