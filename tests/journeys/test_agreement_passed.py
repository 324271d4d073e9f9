"""A hospital passes its test run with real messages, signs, and only then settles over the internet outside the sandbox."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from yibao.core import sm2
from yibao.domains.acceptance.models import AcceptanceReport
from yibao.domains.agreements.models import SigningKey
from yibao.domains.agreements.queries import internet_agreement_on
from yibao.domains.institutions.models import Practitioner
from yibao.domains.prescriptions.signatures import keep_key
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import sign_agreement as signing

from . import internet_hospital as online
from . import prescribing
from .acceptance_run import AT, CODE, try_everything
from .agreement_houses import House, all_met, state_of
from .office_records import sign_in
from .sandbox_town import open_sandbox, vendor, written
from .small_town import REGION, new_person
from .two_regions import AWAY, found_second_region, person_of


@pytest.fixture
def house(town, monkeypatch):
    """A hospital with everything but the supplementary agreement, whose physician and pharmacist have keys."""
    real = online.signed
    monkeypatch.setattr(online, "signed", lambda kind, *rest, **more: kind == "internet" or real(kind, *rest, **more))
    online.open_internet_hospital(CODE)
    found_second_region()
    prescribing.staff_the_houses()
    physician = Practitioner.objects.get(code=online.PHYSICIAN)
    public = sm2.public_key_of(prescribing.PRIVATE[prescribing.PHYSICIAN])
    keep_key(practitioner_id=physician.pk, public_key=public, at=datetime(2026, 1, 1, tzinfo=UTC))
    return House(REGION, code=CODE)


@pytest.mark.requirement("AGR-01", "AGR-12", "INT-15", "INT-16", "INT-17", "NET-05")
def test_from_the_application_to_settling_online(client, settings, house, hospital):
    person, guest = new_person(), person_of(AWAY)
    online.with_voucher(person)
    online.seen_in_person(hospital, person)
    case = house.submitted(at=timezone.now())
    deciding.review(case.pk, all_met(case), house.decide(timezone.now()))
    with open_sandbox(settings) as application:
        applying.ask_for_test(case.pk, house.act(timezone.now()))
        try_everything(vendor(application), person, guest)
        written()
        sign_in(client, house.officers[0].user.username)
        assert client.post("/sandbox/acceptance/issue", {"institution": CODE, "kind": "internet"}).status_code == 302
        report = AcceptanceReport.objects.get()
        lacking = deciding.lacking_in(report.judgement)
        assert (report.is_passed, lacking) == (True, [])
        assert client.post(f"/agreements/{case.pk}/test").status_code == 302
    settings.SANDBOX = False
    visit = online.begin_online(hospital, person, at=AT)
    follow_up = online.diagnosed(hospital, person, visit, med_type=online.ONLINE, at=AT)
    assert "补充协议" in hospital.refuse("2203", follow_up)  # passed, and not signed yet
    SigningKey.objects.filter(retired_at=None).update(retired_at=timezone.now())  # made up, without private halves
    signing.key_for_institution(public_key="", act=house.act(timezone.now()))
    wish = signing.OfferedText(number="", valid_from=timezone.localdate())
    signing.offer_text(case.pk, wish, house.decide(timezone.now(), officer=1))
    signing.sign_for_institution(case.pk, signature="", act=house.act(timezone.now()))
    signing.sign_for_agency(case.pk, house.decide(timezone.now(), officer=1))
    agreement = internet_agreement_on(house.institution.pk, timezone.localdate())
    assert agreement is not None
    assert agreement.content["acceptance"] == report.digest
    assert state_of(case) == "in_force"
    hospital.expect("2203", follow_up)
    settled = online.pay_online(hospital, person, visit, at=AT)
    assert float(settled["fund_pay_sumamt"]) >= 0
