"""Insured persons with accounts on the public pages, as the counter and the person themselves make them."""

from datetime import date

from django.utils import timezone
from django.utils.timezone import localdate

from yibao.domains.personal_access.models import Account
from yibao.domains.personal_access.operations import Shown, hand_out_code
from yibao.domains.vouchers.operations import show_code
from yibao.workflows.activate_access import activate_access

from .small_town import new_person

SECRET = "a short sentence"
CHEAP_HASHES = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""Hashing slowly is what the real one is for, and what a test has no time for."""


def handed_out(person, *, channel=None):
    """A code as the slip says it."""
    now = timezone.now()
    _, plain = hand_out_code(
        person=person, channel=channel, evidence="身份证原件", at=now, on=localdate(now), by="agency"
    )
    return plain


def with_account(person, secret=SECRET):
    """The person's account, activated with a code of the counter."""
    now = timezone.now()
    shown = Shown(document_number=person.document_number, name=person.name, code=handed_out(person))
    return activate_access(shown, secret=secret, at=now, on=localdate(now))


def known_person(name="张测试", **options):
    """A person with a name of their own and an account."""
    person = new_person(**options)
    type(person).objects.filter(pk=person.pk).update(name=name)
    person.refresh_from_db()
    with_account(person)
    return person


def child(name="张小测"):
    """A person under age."""
    person = new_person(scheme="390", status="student_child", born=date(2018, 3, 4))
    type(person).objects.filter(pk=person.pk).update(name=name)
    person.refresh_from_db()
    return person


def sign_in(client, person, secret=SECRET):
    """Sign in by the page."""
    answer = client.post("/portal/sign-in", {"number": person.document_number, "password": secret})
    assert answer.status_code == 302, answer.content.decode()
    return answer


def code_of(person, *, now=None):
    """What the person's phone shows."""
    now = now or timezone.now()
    return show_code(person_id=person.pk, now=now, on=localdate(now)).text


def accounts():
    return Account.objects.count()
