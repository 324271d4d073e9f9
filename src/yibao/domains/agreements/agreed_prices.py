"""Prices that the service agreement of an institution that is not public sets (非公立医疗机构按服务协议管理): writing and asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from yibao.core.errors import YibaoError
from yibao.domains.agreements.models import AgreedPrice, Agreement, AgreementKind
from yibao.domains.catalogue.models import Item
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import Raw, Rows, ask


class PublicHousePriceError(YibaoError):
    """Prices are agreed on with institutions that the register says are not public; those of others the government guides."""

    code: ClassVar[str] = "agreements.price_of_public_house"


class AgreedPriceKnownError(YibaoError):
    """A price of the item from this day on was agreed on already, or the day lies outside the agreement's term."""

    code: ClassVar[str] = "agreements.agreed_price_known"


class AboveAgreedPriceError(YibaoError):
    """A line costs more than the service agreement allows the institution to charge (超出服务协议约定价格)."""

    code: ClassVar[str] = "agreements.above_agreed_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceWish:
    """What is agreed on: item, price in millionths of a yuan (none: no longer), first day, the document of both parties."""

    item_code: str
    price_e6: int | None
    valid_from: date
    document: str


@transaction.atomic
def agree_price(agreement: Agreement, wish: PriceWish, *, member: StaffMember, at: datetime) -> AgreedPrice:
    """Write down a price that the parties of a designation agreement agreed on.

    :raises PublicHousePriceError: the institution is public, or the register does not say.
    :raises AgreedPriceKnownError: nothing was written.
    """
    if agreement.kind != AgreementKind.DESIGNATION or agreement.institution.is_public is not False:
        raise PublicHousePriceError(institution=agreement.institution.code)
    item = Item.objects.filter(code=wish.item_code).first()
    is_within = agreement.valid_from <= wish.valid_from < (agreement.ended_on or agreement.valid_until)
    if item is None or not is_within:
        raise AgreedPriceKnownError(item=wish.item_code, day=wish.valid_from.isoformat())
    act_as(member.user.get_username())
    try:
        with transaction.atomic():
            return AgreedPrice.objects.create(
                agreement=agreement, item=item, price_e6=wish.price_e6, valid_from=wish.valid_from,
                document=wish.document, entered_by=member, entered_at=at,
            )  # fmt: skip
    except IntegrityError:
        raise AgreedPriceKnownError(item=wish.item_code, day=wish.valid_from.isoformat()) from None


def prices_of(agreement: Agreement) -> "QuerySet[AgreedPrice]":
    """Everything that was agreed on under an agreement, by item, the latest first."""
    return AgreedPrice.objects.filter(agreement=agreement).select_related("item", "entered_by__user").order_by(
        "item__code", F("valid_from").desc()
    )  # fmt: skip


def ask_for_excess(
    raw: Raw, *, institution_id: int, codes: Sequence[str], prices_e6: Sequence[int], days: Sequence[date]
) -> Rows:
    """Ask which of some lines cost more than was agreed on for their days; read it with `refuse_excess`."""
    return ask(
        raw,
        "SELECT w.place, p.price_e6, p.number FROM unnest(%s::text[], %s::bigint[], %s::date[]) WITH ORDINALITY"
        " AS w(code, price_e6, day, place) CROSS JOIN LATERAL (SELECT r.price_e6, a.number"
        "   FROM agreements_agreedprice r JOIN agreements_agreement a ON a.id = r.agreement_id"
        "   JOIN catalogue_item i ON i.id = r.item_id WHERE a.institution_id = %s AND i.code = w.code"
        "   AND a.signed_at IS NOT NULL AND a.valid_from <= w.day AND w.day < COALESCE(a.ended_on, a.valid_until)"
        "   AND r.valid_from <= w.day ORDER BY r.valid_from DESC, r.id DESC LIMIT 1) p"
        " WHERE w.price_e6 > p.price_e6 ORDER BY w.place",
        (list(codes), list(prices_e6), list(days), institution_id),
    )


def refuse_excess(rows: Rows, *, lines: Mapping[int, tuple[str, str]]) -> None:
    """Refuse the first line above its agreed price; `lines` are number and item code by their place, from 0.

    :raises AboveAgreedPriceError: naming line, item, the price in yuan and the agreement.
    """
    found = rows.fetchone()
    if found is not None:
        place, price_e6, number = int(found[0]) - 1, int(found[1]), str(found[2])
        line, item = lines[place]
        yuan = f"{price_e6 // 1_000_000}.{price_e6 % 1_000_000 // 10_000:02d}"
        raise AboveAgreedPriceError(
            field=f"feedetail[{place}].pric", line=line, item=item, agreed=yuan, agreement=number
        )  # fmt: skip
