"""Who shows the code of an electronic voucher (6101), and a token that says so for some minutes (ecToken)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from yibao.domains.mobile_orders.authorising import give_authorisation
from yibao.domains.mobile_orders.models import Authorisation
from yibao.domains.people.queries import KnownPerson
from yibao.workflows.identify_person import IdentityWish, identify_person

ELECTRONIC = "01"
DECODE = "6101"


@dataclass(frozen=True, slots=True)
class CredentialWish:
    """A code that was shown, where, and to whom."""

    institution_id: int
    operator: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ShownCredential:
    """The person, the division of enrolment where there is one, and the token; the token is given once and not kept."""

    person: KnownPerson
    division: str | None
    token: str


def show_credential(wish: CredentialWish) -> ShownCredential:
    """Find the person behind the code, log the look, and give a token for this institution.

    :raises NobodyFoundError: nobody is known by the code; nor by a code that is forged, old, or shown before.
    """
    found = identify_person(
        IdentityWish(
            institution_id=wish.institution_id, operator=wish.operator, voucher_kind=ELECTRONIC,
            voucher_number=wish.code, document_type=None, document_number=None, name=None, on=localdate(wish.at),
            at=wish.at, infno=DECODE,
        )
    )  # fmt: skip
    token = give_authorisation(
        kind=Authorisation.Kind.CREDENTIAL, person_id=found.person.id, institution_id=wish.institution_id,
        through=DECODE, at=wish.at,
    )  # fmt: skip
    division = found.enrolments[0].division if found.enrolments else None
    return ShownCredential(found.person, division, token)


def authorise_payment(*, person_id: int, institution_id: int | None, through: str, at: datetime) -> str:
    """A person authorises the payment of one order (支付授权码), at one institution or, without one, wherever it is shown."""
    return give_authorisation(
        kind=Authorisation.Kind.PAYMENT, person_id=person_id, institution_id=institution_id, through=through, at=at
    )
