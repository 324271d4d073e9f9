"""Paying an order: who would pay what and why, the choice of using the account, and one button that pays it once."""

import secrets
from dataclasses import astuple
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.own_orders import lines_of
from yibao.domains.mobile_orders.queries import Amounts
from yibao.domains.personal_access.operations import actor_of
from yibao.interfaces.portal.access import PersonRequest, Purpose, person_page
from yibao.interfaces.portal.amounts import Amount, payers
from yibao.interfaces.portal.my_orders import PURPOSE, order_of
from yibao.interfaces.portal.texts import text_of_any
from yibao.interfaces.portal.words import reads_english
from yibao.workflows.explain_settlement import Language, explain_trace, fund_names
from yibao.workflows.pay_own_order import Offer, OwnPaymentWish, offer_payment, pay_own_order

OFFER_SECONDS: Final = 15 * 60
"""How long a page that shows what is to be paid may be pressed: our default."""
_SALT: Final = "yibao.portal.payment"
_SERIAL_BYTES: Final = 8


class OfferExpiredError(YibaoError):
    """The page on which the payment was pressed is too old, or none of ours for this person (页面已过期)."""

    code: ClassVar[str] = "portal.offer_expired"


@require_http_methods(["GET", "HEAD", "POST"])
@person_page(PURPOSE, Purpose.HANDLE)
def pay(request: PersonRequest, number: str) -> HttpResponse:
    """Show what an order would cost whom, or pay it as it was shown; what cannot be paid changes nothing and says why."""
    order = order_of(request, number)
    if isinstance(order, HttpResponse):
        return order
    if request.method != "POST":
        return _shown(request, order, uses_account=_wish_of(request, order))
    try:
        wish = _pressed(request, order)
    except OfferExpiredError as error:
        return _shown(request, order, uses_account=order.uses_account, alarm=error)
    try:
        pay_own_order(wish)
    except YibaoError as error:
        return _shown(request, order, uses_account=wish.uses_account, alarm=error)
    return redirect("portal:order", number=order.number)


def _wish_of(request: PersonRequest, order: Order) -> bool:
    """Whether the account is to be used: as the reader chose, else as the institution asked."""
    chosen = request.GET.get("account")
    return order.uses_account if chosen not in {"0", "1"} else chosen == "1"


def _shown(
    request: PersonRequest, order: Order, *, uses_account: bool, alarm: YibaoError | None = None
) -> HttpResponse:
    """The page with the offer, or with the reason why there is none."""
    context: dict[str, Any] = {"section": "orders", "order": order, "alarm": text_of_any(alarm) if alarm else ""}
    status = HTTPStatus.CONFLICT if alarm else HTTPStatus.OK
    try:
        offer = offer_payment(order, uses_account=uses_account, at=timezone.now())
    except YibaoError as error:
        context["alarm"] = text_of_any(alarm or error)
        return render(request, "portal/my_payment.html", context, status=HTTPStatus.CONFLICT)
    return render(request, "portal/my_payment.html", context | _told(request, order, offer), status=status)


def _told(request: PersonRequest, order: Order, offer: Offer) -> dict[str, Any]:
    """An offer in the reader's words, with the seal by which it is pressed."""
    language: Language = "en" if reads_english() else "zh"
    trial, amounts = offer.trial, offer.amounts
    return {
        "offer": offer,
        "amounts": amounts,
        "insurance_fen": amounts.fund_fen,
        "own_fen": amounts.account_fen + amounts.own_fen,
        "whole_fen": amounts.payable_fen + amounts.hospital_fen,
        "payers": _payers(offer, language),
        "explanation": explain_trace(trial.policy, trial.trace, language, changes=trial.accumulator_changes),
        "lines": lines_of(order),
        "sealed": _sealed(request, order, offer),
    }


def _payers(offer: Offer, language: Language) -> tuple[Amount, ...]:
    """Each fund, the accounts, cash, and delivery, which no insurance pays."""
    trial, amounts = offer.trial, offer.amounts
    names = fund_names(trial.policy, language)
    whole_fen = amounts.payable_fen + amounts.hospital_fen
    funds = zip(trial.fund_codes, trial.fund_amounts_fen, strict=True)
    named = payers(
        [(names.get(code, code), fen) for code, fen in funds],
        account_fen=amounts.account_fen,
        cash_fen=amounts.cash_fen,
        hospital_fen=amounts.hospital_fen,
        total_fen=whole_fen,
        shared_fen=amounts.shared_fen,
    )
    if not amounts.delivery_fen:
        return named
    delivery = _("Delivery, in cash, never paid by insurance")
    return (*named, Amount(delivery, amounts.delivery_fen, amounts.delivery_fen * 1000 // whole_fen, "cash"))


def _sealed(request: PersonRequest, order: Order, offer: Offer) -> str:
    """What the page shows, sealed with a serial of its own: pressed twice it is the same payment, changed it is none."""
    serial = secrets.token_hex(_SERIAL_BYTES)
    told = [order.number, request.account.pk, serial, offer.uses_account, *astuple(offer.amounts)]
    return signing.dumps(told, salt=_SALT)


def _pressed(request: PersonRequest, order: Order) -> OwnPaymentWish:
    """What was pressed: the offer as this account was shown it.

    :raises OfferExpiredError: it is too old, was changed, or was shown to another, or of another order.
    """
    try:
        told = signing.loads(request.POST.get("offer", ""), salt=_SALT, max_age=OFFER_SECONDS)
    except signing.BadSignature:
        raise OfferExpiredError from None
    number, account_id, serial, uses_account, *amounts = told
    if (number, account_id) != (order.number, request.account.pk):
        raise OfferExpiredError
    return OwnPaymentWish(
        number=order.number, person_id=request.subject.pk, serial=serial, uses_account=uses_account,
        agreed=Amounts(*amounts), operator=actor_of(request.account.person), at=timezone.now(),
    )  # fmt: skip
