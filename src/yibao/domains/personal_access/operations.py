"""Handing out activation codes, activating, signing in, closing; and noting who looked at what."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from yibao.core.errors import YibaoError
from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Account, ActivationCode, Channel, Proxy, RecordLook
from yibao.domains.reference.operations import act_as

CODE_LIFE: Final = timedelta(days=14)
"""How long an activation code may be used (our default)."""
CODE_FAILURES_MAX: Final = 5
FAILURES_MAX: Final = 5
LOCK: Final = timedelta(minutes=15)
"""After so many wrong passwords in a row an account opens for nobody for so long (our defaults)."""

_LETTERS: Final = "ACDEFGHJKLMNPQRTUVWXY34679"
"""Letters and digits that nobody confuses when they are read aloud or off a slip."""
_GROUPS: Final = 3
_GROUP_LETTERS: Final = 4
_SALT: Final = "yibao.personal_access.activation"


class UnauthorisedChannelError(YibaoError):
    """The channel has no authorisation on the day, so whom it authenticated cannot be activated (渠道未获授权)."""

    code: ClassVar[str] = "access.unauthorised_channel"


class ActivationRefusedError(YibaoError):
    """Number, name or code are not right, or the code is used, void or too old; which of them is not told."""

    code: ClassVar[str] = "access.activation_refused"


class SignInRefusedError(YibaoError):
    """Number or password are not right, or the account is locked for a while; which of them is not told."""

    code: ClassVar[str] = "access.sign_in_refused"


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody types to activate: number of the document, name, and the code that was handed out."""

    document_number: str
    name: str
    code: str


@transaction.atomic
def hand_out_code(
    *, person: Person, channel: Channel | None, evidence: str, at: datetime, on: date, by: str
) -> tuple[ActivationCode, str]:
    """Make an activation code (激活码) for a person who was seen, and give it in clear, once; an earlier open one is void.

    :raises UnauthorisedChannelError: the channel is not authorised on the day.
    """
    if channel is not None and not _is_authorised(channel, on):
        raise UnauthorisedChannelError(channel=channel.code)
    act_as(by)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    ActivationCode.objects.filter(person=person, used_at=None, voided_at=None).update(voided_at=at)
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS)) for _ in range(_GROUPS)]
    plain = "-".join(groups)
    code = ActivationCode.objects.create(
        person=person, channel=channel, evidence=evidence, digest=_digest(person.pk, plain), issued_by=by, issued_at=at,
        valid_until=at + CODE_LIFE,
    )  # fmt: skip
    return code, plain


def activate(shown: Shown, *, secret: str, at: datetime, on: date) -> Account:
    """Open the person's account with the code that was handed out, or give it a new password.

    A wrong code is counted, and the code is void after five; the caller makes the electronic voucher.
    :raises ActivationRefusedError: nothing was changed but the count.
    """
    with transaction.atomic():
        account = _activate(shown, secret, at, on)
    if account is None:
        raise ActivationRefusedError
    return account


def _activate(shown: Shown, secret: str, at: datetime, on: date) -> Account | None:
    person = _person(shown.document_number)
    held = person and ActivationCode.objects.select_for_update().filter(person=person, used_at=None, voided_at=None)
    found = held.first() if held else None
    if person is None or found is None or at >= found.valid_until or person.name != shown.name.strip():
        return None
    if found.channel is not None and not _is_authorised(found.channel, on):
        return None
    act_as(actor_of(person))
    if not constant_time_compare(found.digest, _digest(person.pk, shown.code)):
        found.failures += 1
        found.voided_at = at if found.failures >= CODE_FAILURES_MAX else None
        found.save(update_fields=["failures", "voided_at"])
        return None
    found.used_at = at
    found.save(update_fields=["used_at"])
    given = {
        "secret": make_password(secret),
        "secret_set_at": at,
        "failures": 0,
        "locked_until": None,
        "closed_at": None,
    }
    return Account.objects.update_or_create(
        person=person, defaults=given, create_defaults={**given, "activated_at": at}
    )[0]


def sign_in(*, document_number: str, secret: str, at: datetime) -> Account:
    """Check a person's password and give the account.

    Five wrong ones in a row lock the account for a quarter of an hour; an unknown number costs the same time as a known one.
    :raises SignInRefusedError: in all cases alike; nothing was changed but the count.
    """
    with transaction.atomic():
        account = _checked(document_number, secret, at)
    if account is None:
        raise SignInRefusedError
    return account


def _checked(document_number: str, secret: str, at: datetime) -> Account | None:
    person = _person(document_number)
    held = (
        Account.objects.select_for_update(of=("self",)).select_related("person").filter(person=person, closed_at=None)
    )
    account = held.first() if person is not None else None
    if account is None or account.person.death_date is not None:
        make_password(secret)
        return None
    if account.locked_until is not None and at < account.locked_until:
        make_password(secret)
        return None
    is_right = check_password(secret, account.secret)
    account.failures = 0 if is_right else account.failures + 1
    account.locked_until = at + LOCK if account.failures >= FAILURES_MAX else None
    if account.locked_until is not None:
        account.failures = 0
    account.save(update_fields=["failures", "locked_until"])
    return account if is_right else None


@transaction.atomic
def close_account(*, account: Account, at: datetime, by: str) -> None:
    """Close an account: nobody signs in and every session ends; a new activation code opens it again."""
    act_as(by)
    Account.objects.filter(pk=account.pk, closed_at=None).update(closed_at=at)


def keep_display(*, account: Account, display: str) -> None:
    """Remember how the person wants pages shown."""
    Account.objects.filter(pk=account.pk).update(display=display)


def note_look(
    *, account: Account, person_id: int | None, proxy: Proxy | None, page: str, purpose: str, at: datetime, is_refused: bool = False
) -> RecordLook:  # fmt: skip
    """Note that an account looked at a person's record, or tried to; never changed afterwards."""
    return RecordLook.objects.create(
        account=account, person_id=person_id, proxy=proxy, page=page[:200], purpose=purpose, is_refused=is_refused,
        read_at=at,
    )  # fmt: skip


def actor_of(person: Person) -> str:
    """How the history of changes names a person who acts on the public pages."""
    return f"person {person.number}"


def _person(document_number: str) -> Person | None:
    """The person with this number of an identity card; people known by other documents come by their own number of persons."""
    text = document_number.strip().upper()
    return (
        Person.objects.filter(document_type="01", document_number=text).first()
        or Person.objects.filter(number=text).first()
    )


def _is_authorised(channel: Channel, on: date) -> bool:
    return channel.valid_from <= on and (channel.valid_until is None or on < channel.valid_until)


def _digest(person_id: int, plain: str) -> str:
    """What is kept of a code; blanks, dashes and small letters are forgiven."""
    letters = "".join(letter for letter in plain.upper() if letter.isalnum())
    return salted_hmac(_SALT, f"{person_id}:{letters}", algorithm="sha256").hexdigest()
