"""Electronic prescriptions on the office's pages: physicians sign, pharmacists review, pharmacies scan; the agency sees the whole way."""

import pytest

from yibao.domains.institutions.models import Practitioner
from yibao.domains.prescriptions.models import Dispensing, Prescription, Seat, Signature
from yibao.domains.prescriptions.signatures import keep_key
from yibao.domains.staff.models import PersonalRecordRead
from yibao.domains.stock.models import TraceSale
from yibao.interfaces.gateway.telling_hospitals import tell_hospitals

from .goods import new_code
from .hospital import BEIJING, Hospital, datetime
from .office_records import OTHER_REGION, PASSWORD, found_staff, new_member, sign_in
from .prescribing import PHARMACY, now_text, prescribed, prescription, staff_the_houses
from .records import nothing_changes
from .small_town import new_person


def seat(name, code, house):
    """An account of a practitioner whose key is kept here."""
    member = new_member(name, "institution", institution=house)
    practitioner = Practitioner.objects.get(code=code)
    Seat.objects.create(member=member, practitioner=practitioner)
    keep_key(practitioner_id=practitioner.pk, public_key=None, at=datetime(2026, 1, 2, tzinfo=BEIJING))
    return member


@pytest.fixture
def clinic(standing_town):
    """Practitioners with accounts, and staff of every role."""
    found_staff()
    staff_the_houses()
    seat("physician", "D110101000001", "H11010100001")
    seat("pharmacist", "Y110101000001", "H11010100001")
    seat("shop", "Y110101000002", PHARMACY)
    new_member("clerk", "institution", institution=PHARMACY)


def do(client, rx, step, **sent):
    return client.post(f"/prescriptions/{rx.pk}/{step}", sent)


def state(rx):
    return Prescription.objects.get(pk=rx.pk).state


def draft(person):
    hospital = Hospital()
    number = hospital.expect("7101", prescription(person, hospital.register(person)))["hi_rxno"]
    return Prescription.objects.get(number=number)


def test_signed_reviewed_claimed_scanned_and_taken_back(client, clinic):
    person = new_person()
    rx = draft(person)
    sign_in(client, "physician")
    assert rx.number in client.get("/prescriptions/work").content.decode()
    with nothing_changes(but=("staff_personalrecordread",)):
        assert do(client, rx, "sign", password="wrong").status_code == 400
    assert do(client, rx, "sign", password=PASSWORD).status_code == 302
    assert state(rx) == "signed"

    sign_in(client, "pharmacist")
    assert rx.number in client.get("/prescriptions/work").content.decode()
    with nothing_changes(but=("staff_personalrecordread",)):
        refused = do(client, rx, "review", password=PASSWORD, decision="refuse", opinion="")
    assert refused.status_code == 400
    assert do(client, rx, "review", password=PASSWORD, decision="approve").status_code == 302
    assert state(rx) == "approved"

    sign_in(client, "shop")
    assert client.post("/prescriptions/scan", {"code": rx.qr_code}).status_code == 302
    first, second = new_code(), new_code()
    with nothing_changes(but=("staff_personalrecordread",)):
        assert do(client, rx, "hand-over", packs=f"XA01 {first}").status_code == 409
    assert do(client, rx, "review", password=PASSWORD, decision="approve").status_code == 302
    sign_in(client, "clerk")
    for packs in (
        f"XB02 {first}",
        f"XA01 {first}\nXA01 {first}",
        "XA01",
        f"XA01 {first}\nXA01 {second}\nXA01 {new_code()}",
    ):
        with nothing_changes(but=("staff_personalrecordread",)):
            assert do(client, rx, "hand-over", packs=packs).status_code == 409
    assert do(client, rx, "hand-over", packs=f"XA01 {first}\nXA01 {second}").status_code == 302
    assert state(rx) == "dispensed"
    assert TraceSale.objects.filter(code__code__in=[first, second], person=person).count() == 2
    roles = Signature.objects.filter(prescription=rx).values_list("role", flat=True)
    assert sorted(roles) == ["pharmacist", "physician", "retail"]

    sale = Dispensing.objects.get(prescription=rx)
    row = sale.lines.get(trace_codes=[second])
    with nothing_changes(but=("staff_personalrecordread",)):
        assert do(client, rx, "give-back", row=row.pk).status_code == 400
    assert do(client, rx, "give-back", row=row.pk, reason="质量问题").status_code == 302
    assert (state(rx), TraceSale.objects.get(code__code=second).returned_e4) == ("partly", 10_000)


def test_only_the_physician_signs_and_only_a_pharmacist_reviews(client, clinic):
    rx = draft(new_person())
    for name, step in (
        ("pharmacist", "sign"),
        ("physician", "review"),
        ("institution", "sign"),
        ("institution", "review"),
    ):
        sign_in(client, name)
        with nothing_changes(but=("staff_personalrecordread",)):
            assert do(client, rx, step, password=PASSWORD, decision="approve").status_code in {400, 409}


@pytest.mark.parametrize("name", ["shop", "far", "system"])
def test_who_has_nothing_to_do_with_it_does_not_see_it(client, clinic, name):
    new_member("far", "agency", region=OTHER_REGION)
    rx = prescribed(new_person())
    sign_in(client, name)
    assert client.get(f"/prescriptions/{rx.pk}").status_code in {403, 404}
    with nothing_changes():
        assert do(client, rx, "claim").status_code in {403, 404}


def test_names_are_masked_for_institutions_and_readings_are_noted(client, clinic):
    person = new_person()
    rx = prescribed(person)
    sign_in(client, "institution")
    shown = client.get(f"/prescriptions/{rx.pk}").content.decode()
    assert person.document_number not in shown
    assert person.name not in shown
    sign_in(client, "agency")
    page = client.get(f"/prescriptions/{rx.pk}").content.decode()
    assert person.name in page
    assert person.document_number not in page
    readings = PersonalRecordRead.objects.filter(person=person, purpose="prescription")
    assert readings.count() == 2


def test_the_agency_searches_and_takes_out(client, clinic):
    rx = prescribed(new_person())
    other = prescribed(new_person())
    sign_in(client, "agency")
    found = client.get("/prescriptions", {"number": rx.number}).content.decode()
    assert (rx.number in found, other.number in found) == (True, False)
    assert rx.number in client.get("/prescriptions.csv", {"number": rx.number}).content.decode("utf-8-sig")


@pytest.mark.requirement("INT-53")
def test_the_three_flows_stand_side_by_side(client, clinic):
    rx = prescribed(new_person())
    sign_in(client, "shop")
    client.post("/prescriptions/scan", {"code": rx.qr_code})
    do(client, rx, "review", password=PASSWORD, decision="approve")
    code, other = new_code(), new_code()
    do(client, rx, "hand-over", packs=f"XA01 {code}\nXA01 {other}")
    number = {"hi_rxno": rx.number}
    paid = {**number, "hosp_rxno": rx.number_at_institution, "rx_pay_status_code": "1", "pay_time": now_text()}
    Hospital().expect("7105", {"data": paid})
    sent = {"delv_entp_name": "配送", "delver_cert_type": "01", "delv_stas_codg": "1", "delv_stas_name": "已签收"}
    Hospital(code=PHARMACY).expect("7205", {"data": {**number, **sent}})
    sign_in(client, "auditor")
    rows = client.get(f"/prescriptions/{rx.pk}").context["timeline"]
    flows = {name: [row["moment"].label for row in rows if row.get(name)] for name in ("information", "money", "goods")}
    assert [len(flows[name]) for name in ("information", "money", "goods")] == [7, 1, 2]
    assert [row["moment"].codes for row in rows if row.get("goods")] == [[code, other], []]
    assert rows[-1]["moment"].label == "已签收"


def test_hospitals_are_told_until_they_take_it(clinic, client):
    from yibao.domains.mobile_orders.models import NoticeAddress
    from yibao.domains.prescriptions.models import Notification

    rx = prescribed(new_person())
    sign_in(client, "shop")
    client.post("/prescriptions/scan", {"code": rx.qr_code})
    do(client, rx, "review", password=PASSWORD, decision="approve")
    at = datetime.now(BEIJING)
    assert tell_hospitals(at=at, post=None) == 0
    NoticeAddress.objects.create(institution=rx.institution, url="https://his.example/notify")
    sent = []

    def refuses(url, body):
        sent.append((url, body))
        return b'{"infcode":-1,"err_msg":"no"}'

    assert tell_hospitals(at=at, post=refuses) == 0
    waiting = Notification.objects.get(prescription=rx)
    assert (waiting.attempts, waiting.trouble, waiting.sent_at) == (1, "no", None)
    assert tell_hospitals(at=at, post=refuses) == 0
    assert len(sent) == 1
    assert tell_hospitals(at=waiting.next_at, post=lambda _url, _body: b'{"infcode":0}') == 1
    assert (b'"infno": "7108"' in sent[0][1], rx.number.encode() in sent[0][1]) == (True, True)
    assert tell_hospitals(at=waiting.next_at, post=refuses) == 0
