"""What a member of staff may see: deny first."""

from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from yibao.domains.staff.models import PersonalRecordRead, StaffMember


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How far a member's sight reaches: a pooling region, within it perhaps one institution only.

    `sees_records` opens personal records at all; `sees_names` opens persons' names unmasked; `sees_funds` opens the
    funds' flows and the ledger's chain; `sees_readings` opens who read a person's records. Nothing opens by default.
    """

    region: str
    institution_id: int | None = None
    sees_records: bool = False
    sees_names: bool = False
    sees_funds: bool = False
    sees_readings: bool = False


def find_member(user: AbstractBaseUser | AnonymousUser) -> StaffMember | None:
    """Find the member of staff behind a signed-in, active user, with region and institution; None when there is none."""
    if not user.is_authenticated or not user.is_active:
        return None
    return StaffMember.objects.select_related("user", "region", "institution").filter(user_id=user.pk).first()


def scope_of(member: StaffMember) -> Scope:
    """Tell what the role opens: institution staff their own house, agency and auditors the region, system and analysts no record."""
    match StaffMember.Role(member.role):
        case StaffMember.Role.SYSTEM | StaffMember.Role.ANALYST:
            return Scope(region=member.region_id, sees_funds=True)
        case StaffMember.Role.AGENCY:
            return Scope(region=member.region_id, sees_records=True, sees_names=True, sees_funds=True)
        case StaffMember.Role.INSTITUTION:
            return Scope(region=member.region_id, institution_id=member.institution_id, sees_records=True)
        case StaffMember.Role.AUDITOR:
            return Scope(
                region=member.region_id, sees_records=True, sees_names=True, sees_funds=True, sees_readings=True
            )


def latest_readings(scope: Scope, *, person_id: int, limit: int) -> QuerySet[PersonalRecordRead]:
    """The latest looks into a person's records, newest first, with reader; none for roles that may not know."""
    readings = PersonalRecordRead.objects.select_related("reader__user").filter(person_id=person_id).order_by("-id")
    return readings[:limit] if scope.sees_readings else readings.none()
