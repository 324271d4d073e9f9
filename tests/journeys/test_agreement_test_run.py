"""The acceptance test of article 6 is the sandbox's own report: tried by real messages, judged, concluded in the office."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from yibao.domains.acceptance.judging import Evidence, judge
from yibao.domains.acceptance.models import AcceptanceReport, Performance
from yibao.domains.acceptance.programme import Programme, chains_for
from yibao.domains.agreements.models import ShortcomingNotice
from yibao.interfaces.console.business import business_of
from yibao.interfaces.console.programme import programme_for
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding

from . import internet_hospital as online
from .agreement_houses import House, all_met, state_of
from .hospital import BEIJING
from .office_records import sign_in
from .sandbox_town import open_sandbox, vendor, written
from .small_town import REGION, new_person

CODE = "H11010100001"


@pytest.fixture
def house(town, monkeypatch):
    """A hospital with everything but the supplementary agreement, whose application has come to the test."""
    real = online.signed
    monkeypatch.setattr(online, "signed", lambda kind, *rest, **more: kind == "internet" or real(kind, *rest, **more))
    online.open_internet_hospital(CODE)
    house = House(REGION, code=CODE)
    house.case = house.submitted(at=timezone.now())
    return house


@pytest.mark.requirement("NET-04", "NET-05", "INT-16")
def test_a_test_run_is_tried_judged_and_concluded(client, settings, house, hospital):
    person, day = new_person(), datetime.now(BEIJING) - timedelta(hours=2)
    online.with_voucher(person)
    at = f"{day:%Y-%m-%d %H:%M:%S}"
    online.seen_in_person(hospital, person)
    visit = online.begin_online(hospital, person, at=at)
    diagnosed = online.diagnosed(hospital, person, visit, med_type=online.ONLINE, at=at)
    assert "补充协议" in hospital.refuse("2203", diagnosed)  # no agreement, and no sandbox
    with open_sandbox(settings) as application:
        tried = vendor(application)
        assert "补充协议" in tried.refuse("2203", diagnosed)  # the materials are not complete yet
        deciding.review(house.case.pk, all_met(house.case), house.decide(timezone.now()))
        applying.ask_for_test(house.case.pk, house.act(timezone.now()))
        ordinary = tried.register(person)
        tried.expect("2203", tried.diagnoses(person, ordinary))
        tried.charge(person, ordinary, "300.00")
        tried.expect("2206", tried.bill(person, ordinary, "300.00"))
        tried.settle(person, ordinary, "300.00")
        tried.expect("2203", diagnosed)
        online.pay_online(tried, person, visit, at=at)
        written()
        assert {row.business for row in Performance.objects.filter(infno="2203", is_performed=True)} == {
            "normal",
            "internet",
        }
        sign_in(client, house.officers[0].user.username)
        issued = client.post("/sandbox/acceptance/issue", {"institution": CODE, "kind": "internet"})
        assert issued.status_code == 302
        report = AcceptanceReport.objects.get()
        chains = {chain["key"]: chain["is_done"] for chain in report.judgement["chains"]}
        assert (chains["business_normal"], chains["business_cross_region"]) == (True, False)
        assert client.post(f"/agreements/{house.case.pk}/test").status_code == 302
    assert state_of(house.case) == "failed"
    told = {item["key"] for item in ShortcomingNotice.objects.get(case=house.case, stage="test").items}
    assert {"business_cross_region", "internet_paid", "6202", "7103"} <= told
    assert "business_normal" not in told


def test_the_programme_asks_for_everything_that_article_6_names():
    programme = programme_for("internet")
    assert {"1101", "6101", "2207", "2208", "7103", "6202", "6203"} <= {one.infno for one in programme.required}
    assert {chain.business for chain in chains_for("internet").values()} == {"", "normal", "cross_region", "internet"}


@pytest.mark.requirement("INT-12")
def test_business_that_is_not_told_apart_does_not_count():
    steps = ("2201", "2203", "2204", "2206", "2207")
    chains = {key: chain for key, chain in chains_for("internet").items() if chain.one_visit}
    programme = Programme("internet", (), chains)

    def tried(business):
        return [
            Evidence(infno, f"{business}{infno}", True, f"v-{business}", "", "", "", "", [], timezone.now(), business)
            for infno in steps
        ]

    lumped = judge(programme, [*tried("normal"), *tried("normal")])
    assert {verdict.key for verdict in lumped.chains if verdict.is_done} == {"business_normal"}
    apart = judge(programme, [*tried("normal"), *tried("cross_region"), *tried("internet")])
    assert {verdict.key for verdict in apart.chains if not verdict.is_done} == {"internet_cancelled"}


@pytest.mark.parametrize(
    ("insured_at", "medical_type", "business"),
    [
        ("110105", "11", "normal"), ("110000", "", "normal"), (None, "11", "normal"), ("310101", "11", "cross_region"),
        ("310101", "17", "internet"), ("nonsense", "11", "normal"),
    ],
)  # fmt: skip
def test_a_message_belongs_to_a_business(insured_at, medical_type, business):
    at = datetime(2026, 11, 10, 9, tzinfo=BEIJING)
    assert business_of(region=REGION, insured_at=insured_at, medical_type=medical_type, at=at) == business
