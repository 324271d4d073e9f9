"""Which relatives' accounts may pay for a person on a day, and whose account is shared with whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from yibao.domains.enrolment.models import AccountSharing
from yibao.domains.storage import Raw, ask


@dataclass(frozen=True, slots=True)
class RelativesAccount:
    """A relative's account that is not empty: whose, what the person is to the owner, the owner's region of insurance, fen."""

    owner_id: int
    relation: str
    region: str | None
    balance_fen: int


def relatives_accounts(raw: Raw, *, person_id: int, on: date) -> list[RelativesAccount]:
    """The accounts shared with a person on a day, the oldest authorisation first; accounts of the dead pay nothing."""
    rows = ask(
        raw,
        "SELECT s.owner_id, s.relation, (SELECT e.region_id FROM enrolment_enrolment e WHERE e.person_id = s.owner_id"
        "   AND e.scheme = '310' AND e.valid_from <= %s ORDER BY e.valid_from DESC LIMIT 1), a.balance_fen"
        " FROM enrolment_accountsharing s"
        " JOIN enrolment_personalaccount a ON a.person_id = s.owner_id AND a.balance_fen > 0"
        " JOIN people_person p ON p.id = s.owner_id AND p.death_date IS NULL"
        " WHERE s.beneficiary_id = %s AND s.valid_from <= %s AND (s.valid_until IS NULL OR s.valid_until > %s)"
        " ORDER BY s.authorised_at, s.id",
        (on, person_id, on, on),
    )
    return [RelativesAccount(*row) for row in rows.fetchall()]


def sharings_of(person_id: int) -> tuple[list[AccountSharing], list[AccountSharing]]:
    """The sharings of a person's own account, and those of relatives with the person; newest first."""
    both = AccountSharing.objects.select_related("owner", "beneficiary").order_by("-authorised_at", "-id")
    return list(both.filter(owner_id=person_id)), list(both.filter(beneficiary_id=person_id))


def relations_of(owner_ids: Sequence[int], *, beneficiary_id: int) -> dict[int, AccountSharing]:
    """The latest sharing of each of these owners with a person, with the owner, by the owner's number."""
    rows = AccountSharing.objects.filter(owner_id__in=owner_ids, beneficiary_id=beneficiary_id)
    return {row.owner_id: row for row in rows.select_related("owner").order_by("authorised_at", "id")}
