"""Giving and ending the right to act for a person (亲情代办)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import IntegrityError, transaction

from yibao.core.errors import YibaoError
from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Proxy
from yibao.domains.reference.operations import act_as

OF_AGE_YEARS: Final = 18
"""Adulthood by article 17 of the Civil Code."""
CONSENT_DAYS_MAX: Final = 366
"""How long a consent holds at most; afterwards it is asked for anew (our default)."""


class ProxyIsSelfError(YibaoError):
    """Nobody needs a right to act for oneself."""

    code: ClassVar[str] = "access.proxy_is_self"


class ProxyHeldError(YibaoError):
    """The family member may act for the person in a part of this time already (已有授权)."""

    code: ClassVar[str] = "access.proxy_held"


class ProxyPeriodError(YibaoError):
    """The period is empty or longer than allowed (授权期限不符)."""

    code: ClassVar[str] = "access.proxy_period"


class GuardianOnlyError(YibaoError):
    """Minors cannot consent: the agency confirms a guardian (未成年人须由监护人)."""

    code: ClassVar[str] = "access.guardian_only"


class NotAMinorError(YibaoError):
    """Guardians act for minors; an adult consents (成年人须本人授权)."""

    code: ClassVar[str] = "access.not_a_minor"


class AgentIsAMinorError(YibaoError):
    """Who acts for another must be of age (代办人未成年)."""

    code: ClassVar[str] = "access.agent_is_a_minor"


class ProxyEndedError(YibaoError):
    """The right was ended before (授权已终止)."""

    code: ClassVar[str] = "access.proxy_ended"


@dataclass(frozen=True, slots=True)
class ProxyWish:
    """Who shall act for whom, on what basis, for what, from when until when."""

    principal: Person
    agent: Person
    basis: str
    relation: str
    purposes: Collection[str]
    valid_from: date
    valid_until: date
    document: str = ""


@transaction.atomic
def give_proxy(wish: ProxyWish, *, at: datetime, by: str) -> Proxy:
    """Give a family member the right to act for a person.

    :raises ProxyIsSelfError, ProxyHeldError, ProxyPeriodError, GuardianOnlyError, NotAMinorError, AgentIsAMinorError:
        nothing was changed.
    """
    _check(wish)
    act_as(by)
    row = Proxy(
        principal=wish.principal, agent=wish.agent, basis=wish.basis, relation=wish.relation,
        purposes=sorted(wish.purposes), document=wish.document, valid_from=wish.valid_from,
        valid_until=wish.valid_until, given_by=by, given_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as violation:
        if "proxies_never_overlap" in str(violation):
            raise ProxyHeldError(name=wish.agent.name) from None
        raise
    return row


@transaction.atomic
def end_proxy(*, proxy_id: int, on: date, at: datetime, by: str) -> Proxy:
    """End a right to act at once; a second time nothing happens.

    :raises ProxyEndedError: it was ended before, or its time is over.
    """
    act_as(by)
    row = Proxy.objects.select_for_update().get(pk=proxy_id)
    if row.ended_at is not None or row.valid_until <= on:
        raise ProxyEndedError
    row.valid_until = max(on, row.valid_from)
    row.ended_by, row.ended_at = by, at
    row.save(update_fields=["valid_until", "ended_by", "ended_at"])
    return row


def of_age_on(person: Person) -> date:
    """The day on which a person comes of age; born on 29 February, the first of March."""
    birth = person.birth_date
    try:
        return birth.replace(year=birth.year + OF_AGE_YEARS)
    except ValueError:
        return date(birth.year + OF_AGE_YEARS, 3, 1)


def _check(wish: ProxyWish) -> None:
    """Refuse what the rules do not allow, before the database does."""
    if wish.principal.pk == wish.agent.pk:
        raise ProxyIsSelfError
    if of_age_on(wish.agent) > wish.valid_from:
        raise AgentIsAMinorError
    ends_at_most = of_age_on(wish.principal)
    if wish.basis == Proxy.Basis.CONSENT:
        if ends_at_most > wish.valid_from:
            raise GuardianOnlyError
        is_too_long = (wish.valid_until - wish.valid_from).days > CONSENT_DAYS_MAX
    else:
        if ends_at_most <= wish.valid_from:
            raise NotAMinorError
        is_too_long = wish.valid_until > ends_at_most
    if is_too_long or wish.valid_until <= wish.valid_from:
        raise ProxyPeriodError(days=CONSENT_DAYS_MAX, until=ends_at_most.isoformat())
