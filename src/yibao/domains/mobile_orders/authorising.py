"""A person's word that somebody may act for them: given as a code for minutes, used for one order."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.mobile_orders.models import Authorisation, AuthorisedOrder, Order
from yibao.domains.reference.queries import choice

MINUTES_KEY: Final = "mobile_orders.authorisation_minutes"
MINUTES: Final = 30
"""How long an authorisation lasts: our default, nobody published one. Setting: mobile_orders.authorisation_minutes."""


class UnknownAuthorisationError(YibaoError):
    """Nobody gave this authorisation code, or another person or institution did (授权码无效)."""

    code: ClassVar[str] = "mobile_orders.unknown_authorisation"


class AuthorisationExpiredError(YibaoError):
    """The authorisation code is too old (授权码已过期)."""

    code: ClassVar[str] = "mobile_orders.authorisation_expired"


class AuthorisationUsedError(YibaoError):
    """The authorisation code was used for another order (授权码已使用)."""

    code: ClassVar[str] = "mobile_orders.authorisation_used"


def give_authorisation(
    *, kind: Authorisation.Kind, person_id: int, institution_id: int | None, through: str, at: datetime
) -> str:
    """Keep that a person authorises, and give the code: 34 characters, fit for payAuthNo (40) and ecToken (64).

    `through` says where: the transaction, the portal. With an institution the code is good there alone.
    """
    code = f"{'EC' if kind == Authorisation.Kind.CREDENTIAL else 'PA'}{secrets.token_hex(16)}"
    Authorisation.objects.create(
        kind=kind, code_digest=_digest(code), person_id=person_id, institution_id=institution_id, given_through=through,
        given_at=at, valid_until=at + timedelta(minutes=int(choice(MINUTES_KEY, MINUTES))),
    )  # fmt: skip
    return code


def check_authorisation(*, code: str, person_id: int, institution_id: int, field: str, at: datetime) -> Authorisation:
    """The authorisation behind a code, when this person gave it, here, not too long ago.

    :raises UnknownAuthorisationError, AuthorisationExpiredError: otherwise.
    """
    found = Authorisation.objects.filter(code_digest=_digest(code), person_id=person_id).first()
    if found is None or found.institution_id not in (None, institution_id):
        raise UnknownAuthorisationError(field=field)
    if not found.given_at <= at < found.valid_until:
        raise AuthorisationExpiredError(field=field)
    return found


def use_authorisation(*, authorisation: Authorisation, order: Order, field: str, at: datetime) -> None:
    """Bind an authorisation to the one order that it pays; the same order may come again. The person is locked.

    :raises AuthorisationUsedError: it was used for another order.
    """
    used = AuthorisedOrder.objects.filter(authorisation=authorisation).first()
    if used is None:
        AuthorisedOrder.objects.create(authorisation=authorisation, order=order, used_at=at)
    elif used.order_id != order.pk:
        raise AuthorisationUsedError(field=field)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
