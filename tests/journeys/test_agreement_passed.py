"""A hospital passes its test run with real messages, signs, and only then settles over the internet outside the sandbox."""

from datetime import UTC, datetime, timedelta

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
from .agreement_houses import House, all_met, state_of
from .hospital import BEIJING
from .mobile_payer import MobilePayer
from .office_records import sign_in
from .sandbox_town import open_sandbox, vendor, written
from .small_town import REGION, new_person
from .two_regions import AWAY, found_second_region, person_of

CODE = "H11010100001"
AT = f"{datetime.now(BEIJING) - timedelta(hours=2):%Y-%m-%d %H:%M:%S}"


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


def outpatient(hospital, person, **envelope):
    """Registration, diagnoses, lines, trial and settlement of an ordinary visit."""
    visit = hospital.register(person, **envelope)
    hospital.expect("2203", hospital.diagnoses(person, visit), **envelope)
    hospital.expect("2204", {"feedetail": [hospital.line(person, visit, price="300.00")]}, **envelope)
    hospital.expect("2206", hospital.bill(person, visit, "300.00"), **envelope)
    hospital.expect("2207", hospital.bill(person, visit, "300.00"), **envelope)


def followed_up(hospital, person):
    """A visit over the internet, settled and cancelled again."""
    visit = online.begin_online(hospital, person, at=AT)
    hospital.expect("2203", online.diagnosed(hospital, person, visit, med_type=online.ONLINE, at=AT))
    hospital.expect("2204", {"feedetail": [hospital.line(person, visit, price="100.00", at=AT)]})
    bill = online.online_bill(hospital, person, visit, "100.00")
    hospital.expect("2206", bill)
    settled = hospital.expect("2207", bill)["setlinfo"]
    hospital.expect("2208", hospital.reversal(person, visit, settled["setl_id"]))


def prescribed(hospital, person):
    """One prescription reviewed and dispensed at the hospital, one withdrawn."""
    node = prescribing.prescription(person, hospital.register(person), rx_circ_flag="0")
    number = hospital.expect("7101", prescribing.signed(node, also=None))["hi_rxno"]
    reviewed = {
        "hi_rxno": number, "fixmedins_name": "院", "fixmedins_code": CODE, "phar_cert_type": "01",
        "phar_name": prescribing.PHARMACIST, "rchk_phar_certno": "X", "rchk_phar_name": "复核",
        "rx_chk_stas_codg": "1", "rx_chk_time": prescribing.now_text(),
    }  # fmt: skip
    hospital.expect("7102", {"data": reviewed})
    row = {
        "medins_drug_no": "OWN-XA01", "drug_genname": "阿莫西林胶囊", "drug_dosform": "胶囊", "drug_spec": "0.25g*24",
        "drug_totlcnt": "2", "fixmedins_code": CODE, "fixmedins_name": "院", "prdr_name": "厂", "pric": "12.5",
        "total_unit": "盒", "sumamt": "25",
    }  # fmt: skip
    paid = {
        "hi_rxno": number, "fund_pay_sumamt": "0", "psn_part_amt": "25", "acct_pay": "0", "psn_cash_pay": "25",
        "setl_time": prescribing.now_text(),
    }  # fmt: skip
    hospital.expect("7103", {"data": paid, "seltdelts": [row]})
    other = prescribing.signed(prescribing.prescription(person, hospital.register(person)))
    undone = {
        "hi_rxno": hospital.expect("7101", other)["hi_rxno"], "prsc_dr_name": prescribing.PHYSICIAN,
        "undo_dr_certno": "X", "undo_rea": "开错", "undo_time": prescribing.now_text(),
    }  # fmt: skip
    hospital.expect("7104", {"data": undone})


def paid_from_afar(hospital, person):
    """One order paid, looked at and refunded, one withdrawn before it was paid."""
    payer = MobilePayer(hospital)
    order = payer.place(person)
    paid = payer.pay(order)
    payer.look(order)
    assert payer.refund(order, paid) == "SUCC"
    payer.revoke(payer.place(person))


def try_everything(hospital, person, guest):
    """What the programme of the test run asks for."""
    hospital.expect("9001", {"signIn": {"opter_no": "1", "mac": "m", "ip": "1"}})
    hospital.expect("1101", {"data": {"psn_cert_type": "01", "certno": person.document_number}})
    outpatient(hospital, person)
    outpatient(hospital, guest, insuplc=AWAY)
    followed_up(hospital, person)
    prescribed(hospital, person)
    paid_from_afar(hospital, person)


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
