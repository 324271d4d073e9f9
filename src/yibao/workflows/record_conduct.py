"""Record conduct under agreements: points of staff, breaches and what is done about them. What an act is worth is the region's law."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.agreements.conduct import Breach, BreachNotice, BreachPublication, StaffPoint
from yibao.domains.agreements.conduct_operations import (
    keep_breach,
    keep_points,
    note_notice,
    publish_breach,
    take_points_back,
)
from yibao.domains.agreements.operations import NotThisPartyError
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.staff.models import StaffMember
from yibao.policies.agreement_library import notified_departments, points_law


class UnknownActError(YibaoError):
    """The law gives no points for such an act, or knows no such department or indicator."""

    code: ClassVar[str] = "agreements.unknown_act"


class PointsOutsideBandError(YibaoError):
    """The points lie outside the band that the law gives for the act."""

    code: ClassVar[str] = "agreements.points_outside_band"


class HandlingMissingError(YibaoError):
    """Points follow the handling of the institution (先处理机构): its document and day come first."""

    code: ClassVar[str] = "agreements.handling_missing"


class UnknownHouseError(YibaoError):
    """The region has no such institution, or the institution no such member of medical staff."""

    code: ClassVar[str] = "agreements.unknown_house"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsWish:
    """Who takes on how many points for which act, after which handling of the institution."""

    institution_code: str
    practitioner_code: str
    act: str
    responsibility: str
    points: int
    decided_on: date
    document: str
    handled_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachWish:
    """What an institution (and perhaps one of its staff) did, and how it is handled."""

    institution_code: str
    practitioner_code: str
    is_internet: bool
    found_on: date
    facts: str
    article: str
    route: str
    handling: str
    amount_fen: int
    document: str


def require_officer(member: StaffMember) -> None:
    """Insist on an officer of the agency.

    :raises NotThisPartyError: it is none.
    """
    if member.role != StaffMember.Role.AGENCY:
        raise NotThisPartyError(user=member.user.get_username())


def house_of(code: str, member: StaffMember) -> Institution:
    """An institution of the officer's region."""
    found = Institution.objects.filter(code=code.strip().upper(), division__pooling_region=member.region_id).first()
    if found is None:
        raise UnknownHouseError(institution=code, practitioner="")
    return found


def _practitioner(code: str, house: Institution) -> Practitioner:
    """A member of the institution's medical staff."""
    found = Practitioner.objects.filter(code=code.strip().upper(), institution=house).first()
    if found is None:
        raise UnknownHouseError(institution=house.code, practitioner=code)
    return found


@transaction.atomic
def give_points(wish: PointsWish, *, member: StaffMember, at: datetime) -> StaffPoint:
    """Give points to a physician or pharmacist (记分), within the band of the act and after the institution was handled.

    :raises HandlingMissingError: no document, or the handling lies after the decision.
    :raises UnknownActError, PointsOutsideBandError, UnknownHouseError: nothing was written.
    """
    require_officer(member)
    house = house_of(wish.institution_code, member)
    practitioner = _practitioner(wish.practitioner_code, house)
    if not wish.document.strip() or not wish.handled_on <= wish.decided_on <= localdate(at):
        raise HandlingMissingError
    act = points_law(member.region_id, wish.decided_on).act(wish.act)
    if act is None:
        raise UnknownActError(key=wish.act)
    if not act.low <= wish.points <= act.high:
        raise PointsOutsideBandError(points=wish.points, low=act.low, high=act.high)
    return keep_points(
        StaffPoint(
            practitioner=practitioner, institution=house, act=wish.act, responsibility=wish.responsibility,
            points=wish.points, year=wish.decided_on.year, decided_on=wish.decided_on, document=wish.document,
            reason=wish.reason, decided_by=member, decided_at=at,
        )
    )  # fmt: skip


@transaction.atomic
def withdraw_points(points_id: int, *, reason: str, member: StaffMember, at: datetime) -> StaffPoint:
    """Take points back from today on, as after an appeal that was upheld.

    :raises PointsTakenBackError: they count no more.
    """
    require_officer(member)
    points = (
        StaffPoint.objects.select_for_update(of=("self",))
        .filter(pk=points_id, institution__division__pooling_region=member.region_id)
        .first()
    )
    if points is None:
        raise UnknownActError(key=points_id)
    return take_points_back(points, on=localdate(at), reason=reason, member=member, at=at)


@transaction.atomic
def record_breach(wish: BreachWish, *, member: StaffMember, at: datetime) -> Breach:
    """Write a verified breach down with its way of handling: by agreement, as an administrative case, or transferred.

    :raises BreachDocumentUsedError, UnknownHouseError: nothing was written.
    """
    require_officer(member)
    house = house_of(wish.institution_code, member)
    staff = _practitioner(wish.practitioner_code, house) if wish.practitioner_code.strip() else None
    handling = wish.handling if wish.route == Breach.Route.AGREEMENT else Breach.Handling.NONE
    return keep_breach(
        Breach(
            institution=house, practitioner=staff, region_id=member.region_id, is_internet=wish.is_internet,
            found_on=wish.found_on, facts=wish.facts, article=wish.article, route=wish.route, handling=handling,
            amount_fen=wish.amount_fen, document=wish.document, decided_by=member, decided_at=at,
        )
    )  # fmt: skip


def _breach(breach_id: int, member: StaffMember) -> Breach:
    """A breach of the officer's region."""
    require_officer(member)
    found = Breach.objects.select_for_update(of=("self",)).filter(pk=breach_id, region_id=member.region_id).first()
    if found is None:
        raise UnknownActError(key=breach_id)
    return found


@transaction.atomic
def make_breach_public(breach_id: int, *, summary: str, member: StaffMember, at: datetime) -> BreachPublication:
    """Publish a breach in words for the public, by another officer than the one who decided it."""
    return publish_breach(_breach(breach_id, member), summary=summary, member=member, at=at)


@transaction.atomic
def notify_department(breach_id: int, *, department: str, member: StaffMember, at: datetime) -> BreachNotice:
    """Note that a breach is notified to another department (通报), whose file is then taken out.

    :raises UnknownActError: the law names no such department.
    """
    breach = _breach(breach_id, member)
    if department not in {each.key for each in notified_departments(member.region_id)}:
        raise UnknownActError(key=department)
    return note_notice(breach, department=department, member=member, at=at)
