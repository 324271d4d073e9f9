"""Apply joint punishment for dishonesty to who broke an agreement (失信联合惩戒), tell the credit platform, end it early."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from django.db import transaction
from django.utils import timezone

from yibao.core.errors import YibaoError
from yibao.domains.agreements.conduct import Breach, BreachNotice, CreditListing, CreditRepair
from yibao.domains.agreements.conduct_operations import keep_listing, keep_repair, note_notice
from yibao.domains.agreements.deadlines import day_after_term
from yibao.domains.staff.models import StaffMember
from yibao.policies.agreement_library import credit_law, notified_departments
from yibao.workflows.record_conduct import UnknownActError, require_officer

CREDIT: Final = "credit"
"""The department that joint punishments are told to (信用信息共享平台)."""


class UnknownMeasureError(YibaoError):
    """The law knows no such measure of joint punishment."""

    code: ClassVar[str] = "agreements.unknown_measure"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingWish:
    """By which measures, on which article and document, from when."""

    measures: Sequence[str]
    article: str
    document: str
    begins_on: date


@transaction.atomic
def list_breach(breach_id: int, wish: ListingWish, *, member: StaffMember, at: datetime) -> CreditListing:
    """Apply joint punishment for a published breach, by another officer than who decided it, and note that the platform is told.

    It lasts as long as the region's law says.
    :raises UnknownActError, UnknownMeasureError, BreachNotPublishedError, OwnSheetError, ListedError: nothing was written.
    """
    require_officer(member)
    breach = Breach.objects.select_for_update(of=("self",)).filter(pk=breach_id, region_id=member.region_id).first()
    if breach is None:
        raise UnknownActError(key=breach_id)
    law = credit_law(member.region_id)
    unknown = set(wish.measures) - {each.key for each in law.measures}
    if unknown or not wish.measures:
        raise UnknownMeasureError(measure=", ".join(sorted(unknown)) or "–")
    listing = keep_listing(
        CreditListing(
            breach=breach, measures=list(wish.measures), article=wish.article, document=wish.document,
            begins_on=wish.begins_on, ends_on=day_after_term(wish.begins_on, law.term.value, law.term.unit),
            decided_by=member, decided_at=at,
        )
    )  # fmt: skip
    is_told = BreachNotice.objects.filter(breach=breach, department=CREDIT).exists()
    if not is_told and CREDIT in {each.key for each in notified_departments(member.region_id)}:
        note_notice(breach, department=CREDIT, member=member, at=at)
    return listing


@transaction.atomic
def repair_credit(
    listing_id: int, *, on: date, document: str, reason: str, member: StaffMember, at: datetime
) -> CreditRepair:
    """End a joint punishment before its time (信用修复), from a day on.

    :raises UnknownActError, ListedError: nothing was written.
    """
    require_officer(member)
    listing = CreditListing.objects.filter(pk=listing_id, breach__region_id=member.region_id).first()
    if listing is None:
        raise UnknownActError(key=listing_id)
    return keep_repair(
        CreditRepair(
            listing=listing, repaired_on=on, document=document, reason=reason, decided_by=member, decided_at=at
        )
    )  # fmt: skip


def for_platform(listing: CreditListing) -> dict[str, Any]:
    """What the credit platform is given: whom it is about, what was found, on what it stands, by which measures, until when.

    Names of the members are ours: no published form of the platform was found.
    """
    breach, titles = listing.breach, {each.key: each.title.zh for each in credit_law(listing.breach.region_id).measures}
    staff, repair = breach.practitioner, CreditRepair.objects.filter(listing=listing).first()
    return {
        "subject": {
            "kind": "person" if staff else "institution",
            "name": staff.name if staff else breach.institution.name,
            "code": staff.code if staff else breach.institution.code,
            "credit_code": "" if staff else breach.institution.credit_code,
            "institution": breach.institution.name,
        },
        "facts": breach.facts,
        "decision": {"document": breach.document, "article": breach.article, "found_on": breach.found_on.isoformat()},
        "punishment": {
            "document": listing.document,
            "article": listing.article,
            "measures": [{"key": key, "title": titles.get(key, key)} for key in listing.measures],
            "begins_on": listing.begins_on.isoformat(),
            "ends_on": listing.ends_on.isoformat(),
        },
        "repair": None
        if repair is None
        else {"document": repair.document, "repaired_on": repair.repaired_on.isoformat(), "reason": repair.reason},
        "authority": f"{breach.region.name}医疗保障经办机构",
        "decided_at": timezone.localtime(listing.decided_at).isoformat(timespec="seconds"),
    }
