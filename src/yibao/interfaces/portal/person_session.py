"""Who is signed in on the public pages: an account of its own, apart from the staff's, that ends by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.timezone import localdate

from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Account, Proxy
from yibao.domains.personal_access.queries import open_account, proxy_in_force

IDLE: Final = timedelta(minutes=20)
"""After so long without a page the person signs in again; we ask nobody to be quick (our default)."""
WHOLE: Final = timedelta(hours=8)
"""No session is longer than this (our default)."""
_KEY: Final = "portal_person"
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose account is signed in, whose records are looked at, and by which right when they are another's."""

    account: Account
    subject: Person
    proxy: Proxy | None


def begin(request: HttpRequest, account: Account, *, now: datetime) -> None:
    """Begin a new session for an account; whatever the old session held is gone, a signed-in member of staff too."""
    request.session.flush()
    request.session[_KEY] = {
        "account": account.pk,
        "proof": _proof(account),
        "since": now.timestamp(),
        "seen": now.timestamp(),
        "proxy": None,
    }
    request.session.set_expiry(int(WHOLE.total_seconds()))


def end(request: HttpRequest) -> None:
    """End the session."""
    request.session.flush()


def act_for(request: HttpRequest, proxy: Proxy | None) -> None:
    """Go on for a relative, or for oneself again."""
    held: dict[str, Any] = request.session[_KEY]
    held["proxy"] = proxy.pk if proxy else None
    request.session[_KEY] = held


def signed_in(request: HttpRequest, *, now: datetime) -> Signed | None:
    """Who is signed in; nobody when the session is too old, the password was changed or the account was closed.

    A right to act that ended meanwhile is dropped: the person goes on for themselves.
    """
    held: dict[str, Any] | None = request.session.get(_KEY)
    if held is None:
        return None
    account = open_account(held["account"])
    if account is None or _is_over(held, now) or not constant_time_compare(held["proof"], _proof(account)):
        end(request)
        return None
    if now.timestamp() - held["seen"] >= _NOTED_EVERY.total_seconds():
        held["seen"] = now.timestamp()
        request.session[_KEY] = held
    if held["proxy"] is None:
        return Signed(account, account.person, None)
    proxy = proxy_in_force(proxy_id=held["proxy"], agent_id=account.person_id, on=localdate(now))
    if proxy is None:
        act_for(request, None)
        return Signed(account, account.person, None)
    return Signed(account, proxy.principal, proxy)


def _is_over(held: dict[str, Any], now: datetime) -> bool:
    at = now.timestamp()
    return bool(at - held["seen"] >= IDLE.total_seconds() or at - held["since"] >= WHOLE.total_seconds())


def _proof(account: Account) -> str:
    """What binds a session to the password of its beginning: a new one ends all sessions."""
    return salted_hmac("yibao.portal.session", account.secret, algorithm="sha256").hexdigest()
