"""The demo's prescriptions: a small city whose hospital comes to its agreement by the real procedure, and every way a prescription goes.

One process: what the city's systems send over HTTP is handed to the sandbox's gateway at once.
"""

from collections import Counter
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from yibao.city import acceptance_run, circulation, internet_hospitals
from yibao.city.founding import found_city
from yibao.city.report import make_report
from yibao.city.sandbox_persons import found_test_persons
from yibao.city.signers import found_seats, prescriber
from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.agreements.models import Agreement, AgreementCase
from yibao.domains.agreements.queries import internet_agreement_on
from yibao.domains.institutions.models import Institution
from yibao.domains.internet_care.models import VisitCheck
from yibao.domains.mobile_orders.models import Order
from yibao.domains.personal_access.founding import found_demo_access
from yibao.domains.prescriptions.counts import circulated
from yibao.domains.prescriptions.models import Dispensing, Prescription, Signature
from yibao.domains.prescriptions.queries import timeline
from yibao.domains.staff.operations import found_demo_staff
from yibao.interfaces.console.programme import programme_for
from yibao.interfaces.console.specifications import spoken_digest
from yibao.workflows.load_reference import load_reference

from .hospital import BEIJING, post
from .records import check_deferred_rules
from .sandbox_town import open_sandbox, written

STATES = {
    "expired",
    "dispensed",
    "approved",
    "placed",
    "partly",
    "returned",
    "refused",
    "withdrawn",
    "signed",
    "checked",
}


class Wire:
    """The city's wire, that ends in this process; what the sandbox has seen is written down after each message."""

    application = None

    def __init__(self, url):
        assert url == "here"

    def post(self, path, body, headers):
        _, answer = post(path, body, headers=headers, application=self.application)
        if self.application is not None:
            written()
        return answer

    def close(self):
        pass


@pytest.fixture(scope="module")
def _circulated(django_db_setup, django_db_blocker):
    """A small city where every way was gone once from visits in person, in a transaction that the file's tests share."""
    now = datetime.now(BEIJING)
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        for module in (acceptance_run, circulation, internet_hospitals):
            patch.setattr(module, "Wire", Wire)
        load_reference(at=now)
        city = found_city(seed=5, size=300, at=now, tell=lambda _what: None, neighbour="shanghai")
        found_demo_staff(at=now, region="110000", neighbour="310000")
        found_seats(city, at=now)
        found_demo_access(region="110000", at=now, on=now.date())
        gone = circulation.circulate(city, url="here", at=now, is_online=False, pays_from_afar=False)
        assert set(gone) == set(circulation.Circulation.WAYS)
        yield city
        transaction.set_rollback(True)


@pytest.fixture
def city(_circulated, db):
    yield _circulated
    check_deferred_rules()


def states():
    return Counter(Prescription.objects.values_list("state", flat=True))


def test_every_way_is_gone(city):
    assert set(states()) == STATES
    assert states()["dispensed"] == 4
    assert states()["approved"] == 2  # one to choose, one turned away by a pharmacy
    assert set(Prescription.objects.values_list("visit__medical_type", flat=True)) == {"11"}
    assert Dispensing.objects.exclude(settlement=None).count() == 2
    told = circulated(region="110000", at=datetime.now(BEIJING))
    assert (told.returns, told.packs, told.deliveries) == (1, 9, 2)
    assert sum(told.states.values()) == Prescription.objects.count()


def test_the_office_and_the_report_tell_of_them(city, client, tmp_path):
    tables = {table.title: dict(row[:2] for row in table.rows) for table in make_report(tmp_path)}
    rows = tables["电子处方 electronic prescriptions"]
    assert rows["已发药 dispensed"] == "4"
    assert rows["扫描追溯码 packs scanned"] == "9"
    client.force_login(User.objects.get(username="agency"))
    home = client.get("/").content.decode()
    assert "流转中的电子处方" in home
    assert '<a href="/prescriptions?state=placed">' in home
    client.force_login(User.objects.get(username="physician"))
    work = client.get("/prescriptions/work").content.decode()
    assert Prescription.objects.get(state="checked").number in work
    client.force_login(User.objects.get(username="shop-pharmacist"))
    assert Prescription.objects.get(state="placed").number in client.get("/prescriptions/work").content.decode()


def test_the_hospital_comes_to_its_agreement_by_the_real_procedure(city, settings, monkeypatch):
    now = datetime.now(BEIJING)
    found_test_persons(region=city.region, as_of=now.date(), at=now)
    house = Institution.objects.get(code=prescriber(city).code)
    with open_sandbox(settings) as application:
        monkeypatch.setattr(Wire, "application", staticmethod(application))
        applied = internet_hospitals.found_internet_hospital(city, at=now)
        assert (applied.hospital, AgreementCase.objects.get(pk=applied.case_id).state) == (house.code, "complete")
        assert internet_agreement_on(house.pk, now.date()) is None
        programme = programme_for("internet")
        report = acceptance_run.pass_the_test(city, applied, programme, spoken=spoken_digest(), url="here", at=now)
        assert report.is_passed
        agreement = internet_agreement_on(house.pk, now.date())
        assert agreement.content["acceptance"] == AcceptanceReport.objects.get().digest
        assert agreement.signatures.count() == 2
        kinds = Counter(Agreement.objects.filter(institution=house).values_list("kind", flat=True))
        assert kinds == {"designation": 1, "internet": 1, "physician": 9}
        assert internet_hospitals.found_internet_hospital(city, at=now) is None
        seen = internet_hospitals.see_online(city, applied.hospital, url="here", at=now)
        assert (seen.settled, seen.refused) == (5, 1)
        circulation.circulate(city, url="here", at=now, is_online=True, pays_from_afar=True)
    ours = Prescription.objects.filter(number_at_institution__startswith=f"RX{now:%y%m%d%H%M%S}")
    assert Counter(ours.values_list("visit__medical_type", flat=True)) == {"17": 13, "11": 1}
    assert VisitCheck.objects.filter(visit__in=ours.values("visit")).count() == 13
    paid = Order.objects.exclude(rx_trace_code="").get()
    delivered = ours.get(trace_code=paid.rx_trace_code)
    assert (delivered.state, paid.delivery_fen) == ("dispensed", 600)
    roles = set(Signature.objects.filter(prescription=delivered).values_list("role", flat=True))
    assert roles == {"physician", "pharmacist", "retail"}
    flows = [moment.what for moment in timeline(delivered)]
    assert flows[0] == "visit"
    assert {"sign", "approve", "choose", "claim", "retail_approve", "handed_over", "delivery", "settled"} <= set(flows)
