"""Who may be let act for whom, and how long: the rules before the database is asked."""

from datetime import date, timedelta

import pytest

from yibao.domains.people.models import Person
from yibao.domains.personal_access import proxies
from yibao.domains.personal_access.proxies import (
    CONSENT_DAYS_MAX,
    AgentIsAMinorError,
    GuardianOnlyError,
    NotAMinorError,
    ProxyIsSelfError,
    ProxyPeriodError,
    ProxyWish,
    of_age_on,
)

ON = date(2026, 5, 6)


def person(number, born):
    return Person(pk=number, number=str(number), name=f"测试{number}", birth_date=born)


ADULT, OTHER = person(1, date(1980, 1, 1)), person(2, date(1950, 1, 1))
CHILD, ALMOST = person(3, date(2015, 5, 6)), person(4, date(2008, 5, 7))


def wish(principal, agent, *, basis, days):
    return ProxyWish(
        principal=principal, agent=agent, basis=basis, relation="亲属", purposes=["view"], valid_from=ON,
        valid_until=ON + timedelta(days=days), document="证明",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("principal", "agent", "basis", "days", "refusal"),
    [
        (OTHER, ADULT, "consent", 30, None),
        (OTHER, ADULT, "consent", CONSENT_DAYS_MAX, None),
        (OTHER, ADULT, "consent", CONSENT_DAYS_MAX + 1, ProxyPeriodError),
        (OTHER, ADULT, "consent", 0, ProxyPeriodError),
        (ADULT, ADULT, "consent", 30, ProxyIsSelfError),
        (OTHER, CHILD, "consent", 30, AgentIsAMinorError),
        (OTHER, ALMOST, "consent", 30, AgentIsAMinorError),
        (CHILD, ADULT, "consent", 30, GuardianOnlyError),
        (ALMOST, ADULT, "consent", 30, GuardianOnlyError),
        (CHILD, ADULT, "guardian", 30, None),
        (CHILD, ADULT, "guardian", (date(2033, 5, 6) - ON).days, None),
        (CHILD, ADULT, "guardian", (date(2033, 5, 7) - ON).days, ProxyPeriodError),
        (OTHER, ADULT, "guardian", 30, NotAMinorError),
    ],
)
def test_the_rules(principal, agent, basis, days, refusal):
    asked = wish(principal, agent, basis=basis, days=days)
    if refusal is None:
        proxies._check(asked)
        return
    with pytest.raises(refusal):
        proxies._check(asked)


@pytest.mark.parametrize(
    ("born", "of_age"),
    [
        (date(2008, 5, 6), date(2026, 5, 6)),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2000, 12, 31), date(2018, 12, 31)),
    ],
)
def test_coming_of_age(born, of_age):
    assert of_age_on(person(9, born)) == of_age
