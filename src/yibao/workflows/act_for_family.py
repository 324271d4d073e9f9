"""Let a family member act (亲情代办): found by number and name, so that nobody is named who was not meant."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.people.models import Person
from yibao.domains.people.queries import person_with_document
from yibao.domains.personal_access.models import Proxy
from yibao.domains.personal_access.proxies import ProxyWish, give_proxy

IDENTITY_CARD = "01"


class UnknownFamilyMemberError(YibaoError):
    """Nobody living is known by this number and name (查无此人)."""

    code: ClassVar[str] = "access.unknown_family_member"


@dataclass(frozen=True, slots=True)
class FamilyWish:
    """Who shall act for a person: number of the identity card and name, relation, purposes, until when (that day excluded)."""

    principal: Person
    document_number: str
    name: str
    relation: str
    purposes: list[str]
    valid_until: date
    basis: str = Proxy.Basis.CONSENT.value
    document: str = ""


def let_act(wish: FamilyWish, *, at: datetime, on: date, by: str) -> Proxy:
    """Give the right to act from the day `on`.

    :raises UnknownFamilyMemberError: the number and the name fit nobody.
    :raises yibao.domains.personal_access.proxies.ProxyIsSelfError,
        yibao.domains.personal_access.proxies.ProxyHeldError, yibao.domains.personal_access.proxies.ProxyPeriodError,
        yibao.domains.personal_access.proxies.GuardianOnlyError, yibao.domains.personal_access.proxies.NotAMinorError,
        yibao.domains.personal_access.proxies.AgentIsAMinorError: nothing was changed.
    """
    agent = person_with_document(document_type=IDENTITY_CARD, number=wish.document_number.strip().upper())
    if agent is None or agent.name != wish.name.strip() or agent.death_date is not None:
        raise UnknownFamilyMemberError
    return give_proxy(
        ProxyWish(
            principal=wish.principal,
            agent=agent,
            basis=wish.basis,
            relation=wish.relation,
            purposes=wish.purposes,
            valid_from=on,
            valid_until=wish.valid_until,
            document=wish.document,
        ),
        at=at,
        by=by,
    )
