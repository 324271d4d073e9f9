"""The code of an electronic voucher at hospitals: good once; forged, expired, replayed and withdrawn ones refused by name."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from yibao.domains.messages.models import RecordRead
from yibao.domains.people.models import Person, Voucher
from yibao.domains.settlement.models import Settlement
from yibao.domains.visits.models import Visit
from yibao.domains.vouchers.codes import key_number
from yibao.domains.vouchers.keys import make_key, retire_key, ring
from yibao.domains.vouchers.models import CodeKey, Redemption
from yibao.interfaces.gateway import directory

from .hospital import Hospital
from .office_records import sender_at
from .personal_access import code_of, known_person
from .test_pharmacy_sale import sale

ELECTRONIC = "01"
SCANNER = {
    "orgId": "H11010100001",
    "businessType": "01101",
    "operatorId": "1",
    "operatorName": "测试操作员",
    "officeId": "A01",
    "officeName": "内科",
    "deviceType": "SelfService",
}


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def person(standing_town):
    return known_person(balance_fen=100_000)


def identity(shown, **more):
    return {"data": {"mdtrt_cert_type": ELECTRONIC, "mdtrt_cert_no": shown, **more}}


def hospital_at(moment, code="H11010100001"):
    directory.forget()
    return Hospital(code=code, send=sender_at(moment))


def with_code(node, shown):
    """A message of a visit in which the code was shown."""
    node["data"] |= {"mdtrt_cert_type": ELECTRONIC, "mdtrt_cert_no": shown}
    return node


def registration(hospital, person, shown, *, at=None):
    """The input of 2201 with the code, begun just now."""
    began = timezone.localtime(at or timezone.now()).strftime("%Y-%m-%d %H:%M:%S")
    return with_code({"data": hospital.registration(person, at=began)}, shown)


class TestAtTheCounter:
    @pytest.mark.requirement("MOB-06")
    def test_the_person_is_told_and_the_reading_noted(self, person, hospital):
        found = hospital.expect("1101", identity(code_of(person)))
        assert found["baseinfo"]["psn_no"] == person.number
        assert found["baseinfo"]["certno"] == person.document_number
        row = Redemption.objects.get()
        assert (row.voucher.person_id, row.infno, row.operator, row.institution.code) == (
            person.pk,
            "1101",
            "op1",
            "H11010100001",
        )
        assert RecordRead.objects.filter(person=person, infno="1101").count() == 1

    def test_scanning_first_takes_it_for_the_same_counter(self, person, hospital):
        shown = code_of(person)
        told = hospital.expect("1162", {"data": {**SCANNER, "ecQrCode": shown}})
        assert told["ecToken"] == shown
        assert hospital.expect("1101", identity(shown))["baseinfo"]["psn_no"] == person.number
        assert Redemption.objects.get().infno == "1162"

    def test_a_whole_visit_goes_on_one_code(self, person, hospital):
        shown = code_of(person)
        hospital.expect("1101", identity(shown))
        visit = hospital.expect("2201", registration(hospital, person, shown))["data"]["mdtrt_id"]
        began = timezone.localtime().strftime("%Y-%m-%d %H:%M:%S")
        hospital.expect("2204", {"feedetail": [hospital.line(person, visit, price="1000.00", at=began)]})
        tried = hospital.expect("2206", with_code(hospital.bill(person, visit), shown))["setlinfo"]
        settled = hospital.expect("2207", with_code(hospital.bill(person, visit), shown))["setlinfo"]
        assert tried["fund_pay_sumamt"] == settled["fund_pay_sumamt"]
        assert Settlement.objects.get().voucher_kind == Visit.objects.get().voucher_kind == ELECTRONIC
        assert Redemption.objects.count() == 1

    def test_registering_alone_takes_it_too(self, person, hospital, community_centre):
        shown = code_of(person)
        hospital.expect("2201", registration(hospital, person, shown))
        assert "一码一用" in community_centre.refuse("1101", identity(shown))
        assert Redemption.objects.get().infno == "2201"

    def test_a_message_sent_again_gets_its_kept_answer_however_old_the_code(self, person):
        Voucher.objects.filter(person=person).update(valid_from=timezone.localdate() - timedelta(days=9))
        made = timezone.now() - timedelta(hours=30)
        shown = code_of(person, now=made)
        then = hospital_at(made)
        body = then.body("2201", registration(then, person, shown, at=made))
        first = then.post_bytes(body)
        assert hospital_at(made + timedelta(hours=29)).post_bytes(body) == first
        assert Visit.objects.count() == 1

    def test_a_pharmacy_sells_on_it(self, person, pharmacy):
        Voucher.objects.filter(person=person).update(valid_from=date(2026, 1, 1))
        sold = sale(pharmacy, person)
        sold["druginfo"] |= {"mdtrt_cert_type": ELECTRONIC, "mdtrt_cert_no": code_of(person)}
        assert pharmacy.expect("2102", sold)["setlinfo"]["psn_no"] == person.number


class TestRefused:
    def nothing_happened(self, person, *, redeemed=0):
        assert Redemption.objects.count() == redeemed
        assert not Visit.objects.filter(person=person).exists()
        assert not Settlement.objects.filter(person=person).exists()
        assert not RecordRead.objects.filter(person=person, infno="2201").exists()

    def test_forged(self, person, hospital):
        shown = code_of(person)
        changed = shown[:-1] + ("A" if shown[-1] != "A" else "B")
        assert "不是本平台签发或已被篡改" in hospital.refuse("1101", identity(changed))
        assert not RecordRead.objects.filter(person=person).exists()
        self.nothing_happened(person)

    def test_the_number_of_the_register_itself_is_shown_by_nobody(self, person, hospital):
        number = Voucher.objects.get(person=person, kind=ELECTRONIC).number
        assert "不是本平台签发或已被篡改" in hospital.refuse("1101", identity(number))
        self.nothing_happened(person)

    def test_expired(self, person):
        made = timezone.now() - timedelta(seconds=61)
        later = hospital_at(made + timedelta(seconds=61))
        assert "已过期" in later.refuse("1101", identity(code_of(person, now=made)))
        self.nothing_happened(person)

    def test_good_to_the_last_second(self, person):
        made = timezone.now().replace(microsecond=0)
        in_time = hospital_at(made + timedelta(seconds=59, milliseconds=999))
        assert in_time.expect("1101", identity(code_of(person, now=made)))["baseinfo"]["psn_no"] == person.number

    def test_replayed_at_another_institution(self, person, hospital, community_centre):
        shown = code_of(person)
        hospital.expect("1101", identity(shown))
        assert "一码一用" in community_centre.refuse("1101", identity(shown))
        assert "一码一用" in community_centre.refuse("2201", registration(community_centre, person, shown))
        self.nothing_happened(person, redeemed=1)

    def test_replayed_at_another_counter_of_the_same(self, person, hospital):
        shown = code_of(person)
        hospital.expect("1101", identity(shown))
        assert "一码一用" in hospital.refuse("1101", identity(shown), opter="op2")

    def test_a_photograph_shown_later_at_the_same_counter(self, person):
        made = timezone.now().replace(microsecond=0)
        shown = code_of(person, now=made)
        hospital_at(made + timedelta(seconds=1)).expect("1101", identity(shown))
        assert "一码一用" in hospital_at(made + timedelta(seconds=61)).refuse("1101", identity(shown))

    def test_an_answer_that_was_lost_is_given_again(self, person, hospital):
        shown = code_of(person)
        first, again = (hospital.expect("1101", identity(shown))["baseinfo"] for _ in range(2))
        assert first == again

    def test_of_another_person(self, person, hospital):
        other = known_person("李测试")
        assert "不符" in hospital.refuse("2201", registration(hospital, person, code_of(other)))
        self.nothing_happened(person, redeemed=1)

    def test_withdrawn(self, person, hospital):
        shown = code_of(person)
        Voucher.objects.filter(person=person, kind=ELECTRONIC).update(valid_until=timezone.localdate() + timedelta(1))
        later = hospital_at(timezone.now() + timedelta(days=1))
        assert "已注销" in later.refuse("1101", identity(shown))
        self.nothing_happened(person)

    def test_of_a_dead_person(self, person, hospital):
        shown = code_of(person)
        Person.objects.filter(pk=person.pk).update(death_date=timezone.localdate())
        assert "已注销" in hospital.refuse("1101", identity(shown))
        self.nothing_happened(person)

    def test_after_a_day_the_visit_needs_a_new_one(self, person):
        Voucher.objects.filter(person=person).update(valid_from=timezone.localdate() - timedelta(days=9))
        made = timezone.now() - timedelta(hours=25)
        shown = code_of(person, now=made)
        hospital_at(made).expect("1101", identity(shown))
        later = hospital_at(made + timedelta(hours=24))
        told = later.refuse("2201", registration(later, person, shown, at=made + timedelta(hours=24)))
        assert "已过期" in told
        self.nothing_happened(person, redeemed=1)


class TestKeys:
    def test_codes_of_an_older_key_go_on_until_it_is_retired(self, person, hospital):
        first, second = code_of(person), code_of(person)
        newer = make_key(at=timezone.now())
        third = code_of(person)
        assert key_number(third) == newer.pk != key_number(first)
        assert hospital.expect("1101", identity(first))["baseinfo"]["psn_no"] == person.number
        assert hospital.expect("1101", identity(third))["baseinfo"]["psn_no"] == person.number
        retire_key(number=CodeKey.objects.exclude(pk=newer.pk).get().pk, at=timezone.now())
        assert ring.find(newer.pk, now=timezone.now() + timedelta(seconds=5)) is not None
        assert "不是本平台签发" in hospital.refuse("1101", identity(second))

    def test_what_was_taken_stays_and_keys_are_never_changed(self, person, hospital):
        hospital.expect("1101", identity(code_of(person)))
        for change in (
            lambda: Redemption.objects.update(operator="x"),
            lambda: Redemption.objects.all().delete(),
            lambda: CodeKey.objects.all().delete(),
            lambda: CodeKey.objects.update(made_at=timezone.now() - timedelta(days=9)),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
