"""Accounts of two persons of a synthetic city, so that whoever looks at a demo can sign in on the public pages."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from yibao.domains.enrolment.models import Enrolment
from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Account, Proxy
from yibao.domains.personal_access.proxies import ProxyHeldError, ProxyWish, give_proxy

_PASSWORD_BYTES: Final = 12
_ELDER_YEARS: Final = 70
_ADULT_YEARS: Final = 40
_PROXY_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """How to sign in: number of the identity card and password, known nowhere else."""

    person: Person
    password: str


@transaction.atomic
def found_demo_access(*, region: str, at: datetime, on: date) -> list[DemoAccount]:
    """Give accounts, or new passwords, to an insured person just over 70 and to one just over 40, who may act for the first.

    Nothing where the region has no such persons; their electronic vouchers are the city's own.
    """
    insured = Enrolment.objects.filter(region_id=region, state="1", valid_until=None).values("person_id")
    living = Person.objects.filter(pk__in=insured, death_date=None, document_type="01")
    elder = living.filter(birth_date__lt=_years_before(on, _ELDER_YEARS)).order_by("-birth_date", "pk").first()
    adult = living.filter(birth_date__lt=_years_before(on, _ADULT_YEARS)).order_by("-birth_date", "pk").first()
    if elder is None or adult is None or elder.pk == adult.pk:
        return []
    _let_act(elder, adult, at=at, on=on)
    return [_account(person, at) for person in (elder, adult)]


def _account(person: Person, at: datetime) -> DemoAccount:
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    given = {
        "secret": make_password(password), "secret_set_at": at, "failures": 0, "locked_until": None, "closed_at": None,
    }  # fmt: skip
    Account.objects.update_or_create(person=person, defaults=given, create_defaults={**given, "activated_at": at})
    return DemoAccount(person, password)


def _let_act(elder: Person, adult: Person, *, at: datetime, on: date) -> None:
    """Let the adult act for the elder for three months, unless that is so already."""
    wish = ProxyWish(
        principal=elder,
        agent=adult,
        basis=Proxy.Basis.CONSENT.value,
        relation="演示家人 demo relative",
        purposes=[Proxy.Purpose.VIEW.value, Proxy.Purpose.HANDLE.value],
        valid_from=on,
        valid_until=on + timedelta(days=_PROXY_DAYS),
        document="演示 demo",
    )
    try:
        give_proxy(wish, at=at, by="demo")
    except ProxyHeldError:
        return


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28))
