"""Staff and settled visits for the journeys through the office: a town of two regions, played through the gateway."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from django.contrib.auth.hashers import get_hasher, make_password
from django.contrib.auth.models import User
from django.db.transaction import atomic

from yibao.domains.institutions.models import Institution
from yibao.domains.ledger.operations import seal
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.operations import appoint
from yibao.domains.storage import transaction
from yibao.interfaces.gateway import directory
from yibao.interfaces.gateway.service import HttpRequest, respond

from .hospital import Hospital
from .small_town import REGION, new_person

PASSWORD = "correct horse 42"
HERE, THERE = "H11010100001", "H11010100002"
OTHER_REGION = "990000"
ROLES = ("system", "agency", "institution", "auditor")


def sender_at(moment):
    """A way to post messages as if the gateway's clock stood at a moment; for Hospital.send."""

    def send(path, body):
        request = HttpRequest(path, {}, body, "application/json")
        return "200 OK", respond(request, directory.access_point_for(path), now=moment)

    return send


@cache
def _hashed(algorithm):
    """The password as it is kept: made once in each way, because making it is slow on purpose."""
    return make_password(PASSWORD, hasher=algorithm)


def new_user(name):
    """A user without a role who signs in with PASSWORD."""
    return User.objects.create(username=name, password=_hashed(get_hasher().algorithm))


def sign_in(client, name):
    """Sign a test's client in without the page, which has tests of its own."""
    client.force_login(User.objects.get(username=name))


def new_member(name, role, *, region=REGION, institution=HERE):
    """A member of staff who signs in with PASSWORD."""
    user = new_user(name)
    house = Institution.objects.get(code=institution) if role == "institution" else None
    return appoint(user=user, role=role, region=Division.objects.get(code=region), institution=house)


def found_staff():
    """One member of each role by the role's name, an agency officer of another region, and a user without a role."""
    Division.objects.create(code=OTHER_REGION, name="测试他区", pooling_region=OTHER_REGION)
    members = {role: new_member(role, role) for role in ROLES}
    members["elsewhere"] = new_member("elsewhere", "agency", region=OTHER_REGION)
    new_user("nobody")
    return members


@dataclass
class Played:
    """What was played: persons and the settlements by what they are."""

    person: Person
    other_person: Person
    plain: Settlement
    reversed: Settlement
    reversal: Settlement
    elsewhere: Settlement
    stay: Settlement


def play_visits():
    """Four visits at two hospitals: one that stands, one reversed, one of another house, one stay; sealed in the ledger."""
    here, there = Hospital(code=HERE), Hospital(code=THERE)
    with atomic():  # a balance and its entry are written together
        person = new_person(balance_fen=50_000)
    Person.objects.filter(pk=person.pk).update(name="张测试", phone="13800000000")
    other = new_person(born=date(1950, 1, 2), status="retired")
    _, plain = here.visit(person, "3000.00", account="1")
    visit, taken_back = here.visit(person, "500.00")
    back = here.expect("2208", here.reversal(person, visit, taken_back["setl_id"]))["setlinfo"]
    _, elsewhere = there.visit(other, "400.00")
    _, stay = here.stay(other, "20000.00")
    with transaction() as raw:
        seal(raw, at=datetime.now(UTC))
    found = {row.pk: row for row in Settlement.objects.select_related("person", "institution")}
    named = (plain, taken_back, back, elsewhere, stay)
    rows = [found[int(bill["setl_id"])] for bill in named]
    return Played(Person.objects.get(pk=person.pk), other, *rows)


def page_of(settlement):
    """Where a settlement is shown."""
    return f"/settlements/{settlement.pk}"
