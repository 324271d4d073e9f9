"""Appoint members of staff, note who read whose records, and found the demo's four accounts."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar, Final

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Institution
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import PersonalRecordRead, StaffMember
from yibao.domains.staff.permissions import ADMIN_ACTIONS

Role = StaffMember.Role
_DEMO_PASSWORD_BYTES: Final = 12
_READS_AT_ONCE: Final = 5_000


class InstitutionOfRoleError(YibaoError):
    """Institution staff need an institution, every other role has none."""

    code: ClassVar[str] = "staff.institution_of_role"


class ForeignInstitutionError(YibaoError):
    """The institution lies in another pooling region than the member."""

    code: ClassVar[str] = "staff.foreign_institution"


class NoInstitutionError(YibaoError):
    """Demo accounts need a hospital of the region to work for, and there is none yet."""

    code: ClassVar[str] = "staff.no_institution"


def check_appointment(*, role: str, region: Division, institution: Institution | None) -> None:
    """Refuse an appointment whose institution does not fit.

    :raises InstitutionOfRoleError: institution staff without an institution, or another role with one.
    :raises ForeignInstitutionError: the institution belongs to another pooling region.
    """
    if (role == Role.INSTITUTION) != (institution is not None):
        raise InstitutionOfRoleError(role=role)
    if institution is not None and institution.division.pooling_region != region.code:
        raise ForeignInstitutionError(institution=institution.code, region=region.code)


@transaction.atomic
def appoint(*, user: User, role: str, region: Division, institution: Institution | None = None) -> StaffMember:
    """Give a user a role, or another one, with exactly the admin permissions of that role.

    :raises InstitutionOfRoleError: institution staff without an institution, or another role with one.
    :raises ForeignInstitutionError: the institution belongs to another pooling region.
    """
    check_appointment(role=role, region=region, institution=institution)
    member, _ = StaffMember.objects.update_or_create(
        user=user, defaults={"role": role, "region": region, "institution": institution}
    )
    actions = ADMIN_ACTIONS[role]
    user.is_staff, user.is_superuser = bool(actions), False
    user.save(update_fields=["is_staff", "is_superuser"])
    user.user_permissions.clear()
    user.groups.set([_establish_group(role)])
    return member


def _establish_group(role: str) -> Group:
    """The group that carries a role's permissions, brought up to date with the table of permissions."""
    group, _ = Group.objects.get_or_create(name=role)
    wanted = Q(pk__in=[])
    for model, actions in ADMIN_ACTIONS[role].items():
        app_label, name = model.split(".")
        codenames = [f"{action}_{name}" for action in actions]
        wanted |= Q(content_type__app_label=app_label, codename__in=codenames)
    group.permissions.set(Permission.objects.filter(wanted))
    return group


def record_read(*, reader: StaffMember, person_id: int, page: str, purpose: str, at: datetime) -> PersonalRecordRead:
    """Note that a member looked into a person's records on a page (its path) for a purpose; never changed afterwards."""
    return PersonalRecordRead.objects.create(
        reader=reader, person_id=person_id, page=page[:200], purpose=purpose, read_at=at
    )


def record_reads(
    *, reader: StaffMember, person_ids: Collection[int], page: str, purpose: str, at: datetime
) -> Sequence[PersonalRecordRead]:
    """Note that a member took out the records of several persons at once, a row for each."""
    reads = [
        PersonalRecordRead(reader=reader, person_id=person_id, page=page[:200], purpose=purpose, read_at=at)
        for person_id in sorted(set(person_ids))
    ]
    return PersonalRecordRead.objects.bulk_create(reads, batch_size=_READS_AT_ONCE)


@transaction.atomic
def found_demo_staff(
    *, at: datetime, region: str | None = None, neighbour: str | None = None
) -> list[tuple[str, str, str]]:
    """Make one account per role for the demo, or give those there are new passwords.

    They work for the region (unnamed: that of the largest hospital) and, in the role of institution staff, for its largest
    hospital. With a neighbour there are a second officer of the region and two of the neighbour, so that four eyes can clear
    between the two. Gives (user name, password, role) of each; passwords are random and known nowhere else.
    :raises NoInstitutionError: there is no hospital yet.
    """
    hospitals = Institution.objects.select_related("division").filter(kind=Institution.Kind.HOSPITAL)
    if region is not None:
        hospitals = hospitals.filter(division__pooling_region=region)
    hospital = hospitals.order_by("-beds").first()
    if hospital is None:
        raise NoInstitutionError
    own = Division.objects.get(code=hospital.division.pooling_region)
    accounts = [(str(role.value), role, own) for role in Role]
    if neighbour is not None:
        beside = Division.objects.get(code=neighbour)
        more = (("agency2", own), ("neighbour", beside), ("neighbour2", beside))
        accounts += [(name, Role.AGENCY, place) for name, place in more]
    return [
        found_account(name, role, region=place, institution=hospital if role is Role.INSTITUTION else None, at=at)
        for name, role, place in accounts
    ]


def found_account(
    name: str, role: Role, *, region: Division, institution: Institution | None, at: datetime
) -> tuple[str, str, str]:
    """Make an account of a demo, or give the one there is a new password; (user name, password, role), known nowhere else."""
    password = secrets.token_urlsafe(_DEMO_PASSWORD_BYTES)
    user, _ = User.objects.get_or_create(username=name, defaults={"date_joined": at})
    user.set_password(password)
    user.save()
    appoint(user=user, role=role, region=region, institution=institution)
    return user.username, password, str(role.value)
