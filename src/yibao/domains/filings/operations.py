"""Filing something for a person, and deciding on it; the database refuses a second filing for the same days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, NamedTuple

import msgspec
from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.core.period import Period
from yibao.domains.filings.models import Filing
from yibao.domains.reference.founding import found
from yibao.domains.storage import Raw, ask


class FilingHeldError(YibaoError):
    """The same is filed for a part of these days already (备案时间重叠)."""

    code: ClassVar[str] = "filings.held"


class FilingNotOpenError(YibaoError):
    """The filing was refused or withdrawn before, is over, or waits for no approval (备案状态不符)."""

    code: ClassVar[str] = "filings.not_open"


@dataclass(frozen=True, slots=True)
class NewFiling:
    """What is filed; `subject` says what may not be filed twice for the same days, `is_pending` that an officer decides."""

    kind: str
    person_id: int
    region: str
    scheme: str
    subject: str
    valid_from: date
    valid_until: date | None
    filed_by: str
    filed_at: datetime
    filed_at_institution_id: int | None = None
    disease_code: str = ""
    disease_name: str = ""
    institution_code: str = ""
    institution_name: str = ""
    destination: str | None = None
    reason: str = ""
    details: dict[str, object] = field(default_factory=dict)
    is_pending: bool = False


class FilingRow(NamedTuple):
    """A recognition of a chronic disease to found, in force at once."""

    kind: str
    person_id: int
    region_id: str
    scheme: str
    subject: str
    disease_code: str
    disease_name: str
    valid_from: date
    filed_by: str
    filed_at: datetime
    standing: str = "in_force"
    institution_code: str = ""
    institution_name: str = ""
    reason: str = ""
    details: str = "{}"


def found_filings(*, rows: Sequence[FilingRow]) -> list[int]:
    """Found filings (备案) in bulk; their numbers in the order of the rows."""
    return found(model=Filing, rows=rows)


def file(raw: Raw, new: NewFiling) -> int:
    """Enter a filing; its number (待遇申报明细流水号).

    :raises yibao.core.period.EmptyPeriodError: it ends before it begins.
    :raises FilingHeldError: the same is filed for a part of these days.
    """
    Period(new.valid_from, new.valid_until)
    _act_as(raw, new.filed_by)
    entered = ask(
        raw,
        "INSERT INTO filings_filing (kind, person_id, region_id, scheme, subject, disease_code, disease_name,"
        " institution_code, institution_name, destination_id, reason, details, valid_from, valid_until,"
        " filed_at_institution_id, filed_by, filed_at, standing, in_force_until)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        (
            new.kind, new.person_id, new.region, new.scheme, new.subject, new.disease_code, new.disease_name,
            new.institution_code, new.institution_name, new.destination, new.reason,
            msgspec.json.encode(new.details).decode(), new.valid_from, new.valid_until, new.filed_at_institution_id,
            new.filed_by, new.filed_at, "pending" if new.is_pending else "in_force", new.valid_until,
        ),
    )  # fmt: skip
    try:
        row = entered.fetchone()
    except database_errors.ExclusionViolation:
        raise FilingHeldError(subject=new.subject, valid_from=new.valid_from.isoformat()) from None
    assert row is not None
    return int(row[0])


def decide(
    raw: Raw, *, filing_id: int, kind: str, on: date, reason: str, decided_by: str, decided_at: datetime
) -> None:
    """Approve, refuse or withdraw a filing: a new row, from which the database derives how the filing stands.

    :raises FilingNotOpenError: it does not stand where this can be decided.
    """
    _act_as(raw, decided_by)
    entered = ask(
        raw,
        'INSERT INTO filings_filingdecision (filing_id, kind, "on", reason, decided_by, decided_at)'
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        (filing_id, kind, on, reason, decided_by, decided_at),
    )
    try:
        entered.fetchone()
    except (database_errors.CheckViolation, database_errors.UniqueViolation):
        raise FilingNotOpenError(filing=filing_id) from None


def _act_as(raw: Raw, actor: str) -> None:
    """Name who acts, for the history of changes."""
    ask(raw, "SELECT set_config('yibao.actor', %s, true)", (actor,))
