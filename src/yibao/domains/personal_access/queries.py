"""Who has an account, who may act for whom, and who looked at a person's record."""

from datetime import date

from django.db.models import Q, QuerySet

from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Account, ActivationCode, Channel, Proxy, RecordLook


def open_account(account_id: int) -> Account | None:
    """The account of this number with its person; nothing when it was closed or its holder died."""
    return (
        Account.objects.select_related("person").filter(pk=account_id, closed_at=None, person__death_date=None).first()
    )


def account_of(person: Person) -> Account | None:
    """The person's account, open or closed."""
    return Account.objects.filter(person=person).first()


def channels_on(day: date) -> list[Channel]:
    """The channels whose authorisation holds on a day."""
    holds = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))
    return list(Channel.objects.filter(holds).order_by("code"))


def proxy_in_force(*, proxy_id: int, agent_id: int, on: date) -> Proxy | None:
    """The right to act of this number, if it is this family member's, holds on the day and the person lives."""
    return _in_force(on).filter(pk=proxy_id, agent_id=agent_id).first()


def proxies_held(*, agent_id: int, on: date) -> list[Proxy]:
    """For whom a person may act on a day."""
    return list(_in_force(on).filter(agent_id=agent_id).order_by("pk"))


def proxies_of(person_id: int) -> tuple[list[Proxy], list[Proxy]]:
    """The rights that a person gave, and those the person holds, with their persons; newest first."""
    both = Proxy.objects.select_related("principal", "agent").order_by("-pk")
    return list(both.filter(principal_id=person_id)), list(both.filter(agent_id=person_id))


def activation_codes_of(person_id: int) -> list[ActivationCode]:
    """The codes that were handed to a person, newest first."""
    return list(ActivationCode.objects.filter(person_id=person_id).select_related("channel").order_by("-pk"))


def looks_at(person_id: int) -> QuerySet[RecordLook]:
    """Looks of accounts at a person's record, refused ones too, newest first."""
    return RecordLook.objects.filter(person_id=person_id).select_related("account__person", "proxy").order_by("-pk")


def _in_force(on: date) -> QuerySet[Proxy]:
    found = Proxy.objects.filter(valid_from__lte=on, valid_until__gt=on, ended_at=None, principal__death_date=None)
    return found.select_related("principal", "agent")
