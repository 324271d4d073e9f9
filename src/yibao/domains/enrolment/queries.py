"""What a person is insured for on a day."""

from dataclasses import dataclass
from datetime import date
from typing import Final, LiteralString

from yibao.domains.storage import Raw, Rows, ask, driver


@dataclass(frozen=True, slots=True)
class Entitlement:
    """An enrolment in force on the day that was asked for, in its state of that day."""

    enrolment_id: int
    scheme: str
    region: str
    division: str
    person_type: str
    status_group: str
    is_civil_servant: bool
    state: str


_STATE_TOLD: Final[LiteralString] = (
    "CASE WHEN e.state = '1' AND (e.covered_from > %s OR e.suspended_from <= %s) THEN '2' ELSE e.state END"
)
"""Whoever waits for benefits (待遇等待期) is told as suspended: the national codes have no state of waiting. So is whose
employer is in arrears."""


def ask_for_entitlements(raw: Raw, *, person_id: int, on: date) -> Rows:
    """Ask for every enrolment of a person that covers the day; read them with `entitlements_of`."""
    return ask(
        raw,
        "SELECT e.id, e.scheme, e.region_id, e.division_id, e.person_type, e.status_group, e.is_civil_servant,"  # noqa: S608
        f" {_STATE_TOLD} FROM enrolment_enrolment e WHERE e.person_id = %s AND e.valid_from <= %s"
        " AND (e.valid_until IS NULL OR e.valid_until > %s)",
        (on, on, person_id, on, on),
    )


def entitlements_of(rows: Rows) -> list[Entitlement]:
    """The enrolments that were asked for."""
    return [Entitlement(*row) for row in rows.fetchall()]


@dataclass(frozen=True, slots=True)
class Coverage:
    """An enrolment as a counter is shown it: in its state of the day, suspended since when, the employer by name.

    Who waits for benefits is told as suspended without a day: nobody suspended them.
    """

    scheme: str
    division: str
    person_type: str
    is_civil_servant: bool
    state: str
    valid_from: date
    suspended_from: date | None
    employer: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """A special status with the document that gave it, and until when it stands where that is known."""

    kind: str
    document: str
    valid_from: date
    valid_until: date | None


def ask_for_coverage(raw: Raw, *, person_id: int, on: date) -> Rows:
    """Ask for what a counter is shown of every enrolment that covers the day; read them with `coverage_of`."""
    return ask(
        raw,
        f"SELECT e.scheme, e.division_id, e.person_type, e.is_civil_servant, {_STATE_TOLD}, e.valid_from,"  # noqa: S608
        " CASE WHEN e.state = '2' THEN e.valid_from WHEN e.suspended_from <= %s THEN e.suspended_from END, employer.name"
        " FROM enrolment_enrolment e LEFT JOIN enrolment_employer employer ON employer.id = e.employer_id"
        " WHERE e.person_id = %s AND e.valid_from <= %s AND (e.valid_until IS NULL OR e.valid_until > %s) ORDER BY e.scheme",
        (on, on, on, person_id, on, on),
    )


def coverage_of(rows: Rows) -> list[Coverage]:
    """The enrolments that were asked for, by scheme."""
    return [Coverage(*row) for row in rows.fetchall()]


def ask_for_statuses(raw: Raw, *, person_id: int, on: date) -> Rows:
    """Ask for the special statuses that a person has on the day; read them with `statuses_of`."""
    return ask(
        raw,
        "SELECT kind, document, valid_from, valid_until FROM enrolment_specialstatus"
        " WHERE person_id = %s AND valid_from <= %s AND (valid_until IS NULL OR valid_until > %s) ORDER BY kind",
        (person_id, on, on),
    )


def statuses_of(rows: Rows) -> list[Status]:
    """The statuses that were asked for, by kind."""
    return [Status(*row) for row in rows.fetchall()]


def ask_for_balance(raw: Raw, *, person_id: int) -> Rows:
    """Ask for the balance of a person's account in fen; read it with `balance_of`."""
    return ask(raw, "SELECT balance_fen FROM enrolment_personalaccount WHERE person_id = %s", (person_id,))


def balance_of(rows: Rows) -> int:
    """The balance in fen that was asked for; 0 without an account."""
    row = rows.fetchone()
    return row[0] if row else 0


def account_balance(person_id: int) -> int:
    """What stands in a person's account, in fen; 0 without one."""
    return balance_of(ask_for_balance(driver(), person_id=person_id))
