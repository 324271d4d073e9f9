"""Writing price items: a proposal, another officer's decision, and what is published by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import IntegrityError, transaction

from yibao.core.errors import YibaoError
from yibao.domains.catalogue.models import Coverage, Item
from yibao.domains.institutions.models import Institution
from yibao.domains.price_items.models import GuidedPrice, ItemDecision, ItemProposal, Need, PublishedItem
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember

SCHEMES = ("310", "390")


class ItemDecidedError(YibaoError):
    """The proposal was decided before (已审定)."""

    code: ClassVar[str] = "price_items.decided"


class OwnItemError(YibaoError):
    """Who proposed an item does not decide on it (四眼原则)."""

    code: ClassVar[str] = "price_items.own_proposal"


class ItemCodeTakenError(YibaoError):
    """The catalogue has an item of this code, or the item is published for these days already."""

    code: ClassVar[str] = "price_items.code_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItemProposal:
    """What is proposed; `conditions` is the evidence by condition, `prices_e6` the price by level."""

    name: str
    content: str
    unit: str
    service_kind: str
    need: str
    is_between_institutions: bool
    is_public: bool
    conditions: Mapping[str, str]
    prices_e6: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedItem:
    """Under which code and from when an accepted item is published; `item_class` and ratio as the catalogue has them."""

    code: str
    valid_from: date
    is_payable: bool
    charge_category: str = "02"


@transaction.atomic
def propose_item(
    *,
    region: str,
    proposer: Institution,
    proposal: NewItemProposal,
    findings: Sequence[Mapping[str, Any]],
    member: StaffMember,
    at: datetime,
) -> ItemProposal:
    """Enter a proposal with what its check found; nothing is published by it."""
    act_as(str(member.user))
    return ItemProposal.objects.create(
        region_id=region,
        proposer=proposer,
        name=proposal.name,
        content=proposal.content,
        unit=proposal.unit,
        service_kind=proposal.service_kind,
        need=proposal.need,
        is_between_institutions=proposal.is_between_institutions,
        is_public=proposal.is_public,
        conditions=dict(proposal.conditions),
        prices_e6=dict(proposal.prices_e6),
        findings=list(findings),
        proposed_by=member,
        proposed_at=at,
    )


@transaction.atomic
def decide_item(
    *,
    proposal: ItemProposal,
    is_accepted: bool,
    reasons: Mapping[str, str],
    note: str,
    document: str,
    member: StaffMember,
    at: datetime,
    health_document: str = "",
    accepted: AcceptedItem | None = None,
) -> ItemDecision:
    """Accept or refuse a proposal; an accepted one enters the catalogue and the published list with its guided prices.

    :raises OwnItemError, ItemDecidedError, ItemCodeTakenError: nothing was changed.
    """
    locked = ItemProposal.objects.select_for_update().get(pk=proposal.pk)
    if locked.proposed_by_id == member.pk:
        raise OwnItemError(user=str(member.user))
    if ItemDecision.objects.filter(proposal=locked).exists():
        raise ItemDecidedError(proposal=locked.pk)
    act_as(str(member.user))
    decision = ItemDecision.objects.create(
        proposal=locked, is_accepted=is_accepted, reasons=dict(reasons), note=note, document=document,
        health_document=health_document, decided_by=member, decided_at=at,
    )  # fmt: skip
    if is_accepted:
        assert accepted is not None
        _publish(locked, decision, accepted)
    return decision


def guided_by(proposal: ItemProposal) -> Mapping[str, int]:
    """The guided prices that an accepted proposal sets, by level: the market makes those beyond the basic need."""
    prices: Mapping[str, int] = proposal.prices_e6
    return prices if proposal.need == Need.BASIC else {}


def _publish(proposal: ItemProposal, decision: ItemDecision, accepted: AcceptedItem) -> None:
    """Put an accepted item into the catalogue, its coverage, the published list and the guided prices."""
    try:
        with transaction.atomic():
            item = Item.objects.create(
                code=accepted.code, kind=Item.Kind.SERVICE, name=proposal.name, unit=proposal.unit,
                charge_category=accepted.charge_category, valid_from=accepted.valid_from,
                version=f"{accepted.valid_from:%Y%m%d}",
            )  # fmt: skip
            _cover(item, proposal.region_id, accepted)
            PublishedItem.objects.create(
                region_id=proposal.region_id, item=item, content=proposal.content, need=proposal.need,
                is_payable=accepted.is_payable, document=decision.document, valid_from=accepted.valid_from,
                decision=decision,
            )  # fmt: skip
            GuidedPrice.objects.bulk_create(
                GuidedPrice(
                    region_id=proposal.region_id, item=item, level=level, price_e6=price_e6,
                    document=decision.document, health_document=decision.health_document,
                    valid_from=accepted.valid_from,
                )
                for level, price_e6 in sorted(guided_by(proposal).items())
            )  # fmt: skip
    except IntegrityError:
        raise ItemCodeTakenError(item=accepted.code) from None


def _cover(item: Item, region: str, accepted: AcceptedItem) -> None:
    """Say how the schemes cover it: class A where it is payable, else the person pays all."""
    item_class, ratio = ("01", 0) if accepted.is_payable else ("03", 1_000_000)
    Coverage.objects.bulk_create(
        Coverage(
            item=item, region_id=region, scheme=scheme, item_class=item_class, self_pay_first_ppm=ratio,
            valid_from=accepted.valid_from,
        )
        for scheme in SCHEMES
    )  # fmt: skip
