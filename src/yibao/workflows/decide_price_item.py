"""New price items of care over the internet: an institution proposes, the check says what stands against it, the agency decides.

What the check finds binding (a condition without evidence, an excluded kind) cannot be accepted; each likeness to an old item
wants a reason why the item is new all the same (第八条).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.internet_care.queries import practice_on
from yibao.domains.price_items.models import ItemDecision, ItemProposal, Need
from yibao.domains.price_items.operations import AcceptedItem, NewItemProposal, decide_item, guided_by, propose_item
from yibao.domains.price_items.queries import services_like
from yibao.domains.staff.models import StaffMember
from yibao.engines.internet_care import ExistingItem, ItemFinding, ProposedItem, check_item
from yibao.policies.internet_care import rulebook_on


class NoPracticeError(YibaoError):
    """Only institutions that are approved for care over the internet propose items for it."""

    code: ClassVar[str] = "price_items.no_practice"


class PriceMissingError(YibaoError):
    """An item for basic needs at public institutions has a guided price for at least one level (政府指导价)."""

    code: ClassVar[str] = "price_items.price_missing"


class NotAcceptableError(YibaoError):
    """A binding finding stands against the item; it can only be refused, and be proposed anew."""

    code: ClassVar[str] = "price_items.not_acceptable"


class ReasonMissingError(YibaoError):
    """A finding was left without a word on why the item is new all the same."""

    code: ClassVar[str] = "price_items.reason_missing"


class PriceMakersError(YibaoError):
    """A guided price is made by two bodies together, and the document of one is missing (会同制定)."""

    code: ClassVar[str] = "price_items.price_makers"


class NotAPriceOfficerError(YibaoError):
    """Institutions propose, agency officers of their region decide."""

    code: ClassVar[str] = "price_items.not_an_officer"


def propose(wish: Mapping[str, Any], *, member: StaffMember, at: datetime) -> ItemProposal:
    """Enter an item that the member's institution proposes, with everything that the check finds.

    `wish` has the fields of `NewItemProposal` but for `is_public`, which the register of practices says.
    :raises NotAPriceOfficerError, NoPracticeError, PriceMissingError: nothing was entered.
    :raises yibao.policies.errors.NoPolicyError: the region has no rulebook today.
    """
    if member.role != StaffMember.Role.INSTITUTION or member.institution is None:
        raise NotAPriceOfficerError(user=str(member.user))
    today = localdate(at)
    practice = practice_on(member.institution.pk, today)
    if practice is None:
        raise NoPracticeError(institution=member.institution.code)
    proposal = NewItemProposal(**wish, is_public=practice.is_public)
    if practice.is_public and proposal.need == Need.BASIC and not proposal.prices_e6:
        raise PriceMissingError(item=proposal.name)
    found = findings_of(proposal, region=member.region_id, day=today)
    return propose_item(
        region=member.region_id, proposer=member.institution, proposal=proposal,
        findings=[plain(each) for each in found], member=member, at=at,
    )  # fmt: skip


def findings_of(proposal: NewItemProposal, *, region: str, day: date) -> list[ItemFinding]:
    """What stands against a proposal by the rulebook of a day and the services that there are."""
    rulebook = rulebook_on(region, day)
    existing = [ExistingItem(code, name, content) for code, name, content in services_like(region=region, day=day)]
    item = ProposedItem(
        name=proposal.name,
        content=proposal.content,
        service_kind=proposal.service_kind,
        conditions=[name for name, evidence in proposal.conditions.items() if evidence.strip()],
        is_between_institutions=proposal.is_between_institutions,
        is_public=proposal.is_public,
    )
    return check_item(item, existing, rulebook.item_rules())


def plain(finding: ItemFinding) -> dict[str, Any]:
    """A finding as it is kept; `key` tells findings of one rule on several items apart."""
    key = ":".join(
        str(part) for part in (finding.rule, finding.facts.get("code", finding.facts.get("kind", ""))) if part
    )
    return {"key": key, "rule": finding.rule, "is_binding": finding.is_binding, "facts": dict(finding.facts)}


def accept(
    proposal: ItemProposal,
    *,
    accepted: AcceptedItem,
    reasons: Mapping[str, str],
    note: str,
    document: str,
    health_document: str,
    member: StaffMember,
    at: datetime,
) -> ItemDecision:
    """Accept an item with a word on every finding; it is published with its guided prices from its first day.

    :raises NotAPriceOfficerError, NotAcceptableError, ReasonMissingError, PriceMakersError, OwnItemError, ItemDecidedError,
        ItemCodeTakenError: nothing was changed.
    :raises yibao.policies.errors.NoPolicyError: the region has no rulebook today.
    """
    _check_officer(member, proposal)
    binding = [found["rule"] for found in proposal.findings if found["is_binding"]]
    if binding:
        raise NotAcceptableError(proposal=proposal.pk, findings=len(binding))
    missing = [found["key"] for found in proposal.findings if not reasons.get(found["key"], "").strip()]
    if missing:
        raise ReasonMissingError(proposal=proposal.pk, findings=len(missing))
    _check_makers(proposal, {"medical_security": document, "health": health_document}, day=localdate(at))
    return decide_item(
        proposal=proposal, is_accepted=True, reasons=reasons, note=note, document=document,
        health_document=health_document, member=member, at=at, accepted=accepted,
    )  # fmt: skip


def _check_makers(proposal: ItemProposal, documents: Mapping[str, str], *, day: date) -> None:
    """Insist on a document of each body that makes the price standard together (第七条)."""
    makers = rulebook_on(proposal.region_id, day).values["price_makers"] if guided_by(proposal) else ()
    missing = [maker for maker in makers if not documents[maker].strip()]
    if missing:
        raise PriceMakersError(proposal=proposal.pk, missing=", ".join(missing))


def refuse_item(proposal: ItemProposal, *, note: str, member: StaffMember, at: datetime) -> ItemDecision:
    """Refuse an item; it may be proposed anew.

    :raises NotAPriceOfficerError, OwnItemError, ItemDecidedError: nothing was changed.
    """
    _check_officer(member, proposal)
    return decide_item(
        proposal=proposal, is_accepted=False, reasons={}, note=note, document="", member=member, at=at
    )  # fmt: skip


def _check_officer(member: StaffMember, proposal: ItemProposal) -> None:
    """Refuse who is no agency officer of the region."""
    if member.role != StaffMember.Role.AGENCY or member.region_id != proposal.region_id:
        raise NotAPriceOfficerError(user=str(member.user))
