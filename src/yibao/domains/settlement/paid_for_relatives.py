"""What a person's account paid for relatives, and got back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from yibao.domains.people.models import Person

SHOWN: Final = 200
"""The latest payments that a page has."""


@dataclass(frozen=True, slots=True)
class PaidForRelative:
    """One movement of an owner's account for a relative's settlement; negative fen were paid, positive came back."""

    settlement_id: int
    entered_at: datetime
    beneficiary: Person
    institution: str
    amount_fen: int


def paid_for_relatives(*, owner_id: int) -> list[PaidForRelative]:
    """The movements of an account for others' settlements, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, e.entered_at, s.person_id, i.name, e.amount_fen FROM enrolment_personalaccount a"
            " JOIN enrolment_accountentry e ON e.account_id = a.id AND e.cause = 'settlement'"
            " JOIN settlement_settlement s ON s.id = e.cause_id AND s.person_id <> a.person_id"
            " JOIN institutions_institution i ON i.id = s.institution_id"
            " WHERE a.person_id = %s ORDER BY e.id DESC LIMIT %s",
            [owner_id, SHOWN],
        )
        rows = cursor.fetchall()
    persons = Person.objects.in_bulk({row[2] for row in rows})
    return [PaidForRelative(number, at, persons[person], name, fen) for number, at, person, name, fen in rows]
