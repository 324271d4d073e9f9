"""The one lock that every change to a person's affairs takes first, so that visits of one person never race."""

from dataclasses import dataclass
from datetime import date

from yibao.domains.storage import Raw, Rows, ask


@dataclass(frozen=True, slots=True)
class LockedPerson:
    """The person whose row this transaction holds."""

    id: int
    number: str
    name: str
    document_type: str
    document_number: str
    sex: str
    ethnicity: str
    birth_date: date


def ask_for_lock(raw: Raw, *, number: str) -> Rows:
    """Lock the person with this number until the transaction ends; read the row with `locked_person`.

    Statements asked after it see everything that was committed before the lock was granted.
    """
    return ask(
        raw,
        "SELECT id, number, name, document_type, document_number, sex, ethnicity, birth_date"
        " FROM people_person WHERE number = %s FOR NO KEY UPDATE",
        (number,),
    )


def locked_person(rows: Rows) -> LockedPerson | None:
    """The locked person, or nothing when nobody has the number."""
    row = rows.fetchone()
    return LockedPerson(*row) if row else None
