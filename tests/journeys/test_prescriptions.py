"""Electronic prescriptions from the physician's signature to the packs over the counter, and every way in which they are refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.core import sm2
from yibao.domains.messages.models import RecordRead
from yibao.domains.prescriptions.models import Dispensing, Event, Notification, Prescription, Signature
from yibao.domains.prescriptions.queries import timeline
from yibao.domains.reference.models import Setting
from yibao.domains.stock.models import Movement, TraceSale
from yibao.workflows.circulate_prescription import PlaceRefusedError, choose_place
from yibao.workflows.dispense_prescription import giving_back_step
from yibao.workflows.end_prescription import expire_prescriptions
from yibao.workflows.office_steps import carry_out

from .goods import new_code
from .hospital import Hospital
from .prescribing import (
    HOSPITAL,
    OTHER_HOSPITAL,
    OTHER_PHARMACY,
    OTHER_SHOP_PHARMACIST,
    PHARMACIST,
    PHARMACY,
    PHYSICIAN,
    claimed,
    drug,
    handed,
    now_text,
    opened,
    prescribed,
    prescription,
    review,
    shown,
    signature,
    signed,
    signed_text,
    sold,
    staff_the_houses,
)
from .records import nothing_changes
from .small_town import new_person
from .test_pharmacy_sale import sale as counter_sale


@pytest.fixture
def _staffed(standing_town):
    staff_the_houses()


pytestmark = pytest.mark.usefixtures("_staffed")


@pytest.fixture
def pharmacy():
    return Hospital(code=PHARMACY)


@pytest.fixture
def other_pharmacy():
    return Hospital(code=OTHER_PHARMACY)


def state(rx):
    return Prescription.objects.get(pk=rx.pk).state


def house_of(code):
    from yibao.domains.institutions.models import Institution
    from yibao.workflows.check_prescription import House

    row = Institution.objects.select_related("division").get(code=code)
    return House(row.pk, row.code, row.name, "110000", row.designated_from, row.designated_until)


class TestPrescribing:
    def test_checked_signed_and_reviewed_in_one_message(self, hospital):
        person = new_person()
        rx = prescribed(person)
        assert (rx.state, rx.person_id, rx.physician.name, rx.institution.code) == (
            "approved", person.pk, PHYSICIAN, HOSPITAL,
        )  # fmt: skip
        kept = {(each.role, each.practitioner.name) for each in Signature.objects.filter(prescription=rx)}
        assert kept == {("physician", PHYSICIAN), ("pharmacist", PHARMACIST)}
        assert [event.step for event in Event.objects.filter(prescription=rx)] == ["check", "sign", "approve"]

    def test_a_draft_waits_and_may_be_replaced_until_it_is_signed(self, hospital):
        person = new_person()
        node = prescription(person, hospital.register(person))
        first = hospital.expect("7101", node)["hi_rxno"]
        second = hospital.expect("7101", signed(node))["hi_rxno"]
        states = dict(Prescription.objects.filter(person=person).values_list("number", "state"))
        assert states == {first: "withdrawn", second: "approved"}

    @pytest.mark.requirement("ERX-01")
    def test_what_is_not_signed_is_neither_reviewed_nor_dispensed(self, hospital, pharmacy):
        person = new_person()
        number = hospital.expect("7101", prescription(person, hospital.register(person)))["hi_rxno"]
        rx = Prescription.objects.get(number=number)
        sent = {
            "hi_rxno": number, "fixmedins_name": "院", "fixmedins_code": HOSPITAL, "phar_cert_type": "01",
            "phar_name": PHARMACIST, "rchk_phar_certno": "X", "rchk_phar_name": "复核", "rx_chk_stas_codg": "1",
            "rx_chk_time": now_text(),
        }  # fmt: skip
        with nothing_changes():
            assert "不能办理" in hospital.refuse("7102", {"data": sent})
            assert "不能办理" in pharmacy.refuse("7201", shown(rx, pharmacy))

    def test_the_hospitals_pharmacist_reviews_and_the_answer_is_sealed(self, hospital):
        person = new_person()
        node = signed(prescription(person, hospital.register(person)), also=None)
        number = hospital.expect("7101", node)["hi_rxno"]
        rx = Prescription.objects.get(number=number)
        assert rx.state == "signed"
        sent = {
            "hi_rxno": number, "fixmedins_name": "院", "fixmedins_code": HOSPITAL, "phar_cert_type": "01",
            "phar_name": PHARMACIST, "rchk_phar_certno": "X", "rchk_phar_name": "复核", "rx_chk_stas_codg": "1",
            "rx_chk_time": now_text(),
        }  # fmt: skip
        answer = hospital.expect("7102", {"data": sent})
        seal = Signature.objects.get(prescription=rx, role="seal")
        assert (state(rx), sm2.read_signature(answer["signDigest"]).hex()) == ("approved", seal.signature)
        assert sm2.verify(seal.public_key, rx.text.encode(), bytes.fromhex(seal.signature))

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            (lambda node: node["data"].update(dr_sign_info="00" * 64), "dr_sign_info"),
            (lambda node: node["rxdrugdetail"][0].update(drug_cnt="3"), "dr_sign_info"),
            (lambda node: node["data"].update(dr_sign_info=signature(PHARMACIST, signed_text(node))), "dr_sign_info"),
            (
                lambda node: node["data"].update(phar_sign_info=signature(PHYSICIAN, signed_text(node))),
                "phar_sign_info",
            ),
            (lambda node: node["mdtrtinfo"].update(patn_name="别人"), "patn_name"),
            (lambda node: node["mdtrtinfo"].update(certno="110101199001010000"), "certno"),
            (lambda node: node["mdtrtinfo"].update(insutype="390"), "390"),
            (lambda node: node["mdtrtinfo"].update(prsc_dr_name="无名"), "无名"),
            (lambda node: node["mdtrtinfo"].update(mdtrt_id="999999"), "999999"),
            (lambda node: node["rxdrugdetail"][0].update(med_list_codg="NONE"), "NONE"),
            (lambda node: node["rxdrugdetail"][0].update(drug_cnt="0"), "rxdrugdetail"),
            (lambda node: node["data"].update(valid_days="9"), "valid_days"),
            (lambda node: node["data"].update(valid_end_time=now_text(days=9)), "valid_end_time"),
            (lambda node: node["data"].update(valid_end_time=now_text(days=-1)), "valid_days"),
            (lambda node: node["data"].update(prsc_time=now_text(days=1)), "valid_days"),
            (lambda node: node["data"].update(rept_flag="1"), "max_rept_cnt"),
            (lambda node: node["data"].update(max_rept_cnt="2"), "max_rept_cnt"),
        ],
    )
    def test_what_is_not_as_it_should_be_is_refused(self, hospital, change, word):
        person = new_person()
        node = signed(prescription(person, hospital.register(person)))
        change(node)
        with nothing_changes():
            assert word in hospital.refuse("7101", node)

    def test_an_uninsured_person_and_a_cancelled_visit(self, hospital):
        stopped = new_person()
        visit = hospital.register(stopped)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE enrolment_enrolment SET state = '2' WHERE person_id = %s", [stopped.pk])
        with nothing_changes():
            assert hospital.refuse("7101", signed(prescription(stopped, visit)))
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("2202", {"data": {"psn_no": person.number, "mdtrt_id": visit, "ipt_otp_no": "X"}})
        with nothing_changes():
            assert visit in hospital.refuse("7101", signed(prescription(person, visit)))

    def test_another_hospital_does_not_prescribe_with_this_ones_physician(self):
        person, other = new_person(), Hospital(code=OTHER_HOSPITAL)
        node = prescription(person, other.register(person))
        with nothing_changes():
            assert PHYSICIAN in other.refuse("7101", node)


class TestNothingIsEditedAfterwards:
    def test_a_signed_number_is_not_written_again(self, hospital):
        person = new_person()
        node = signed(prescription(person, hospital.register(person)))
        hospital.expect("7101", node)
        changed = {**node, "rxdrugdetail": [drug(count="9")]}
        with nothing_changes():
            assert "不能修改" in hospital.refuse("7101", signed(changed))

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE prescriptions_prescription SET valid_until = valid_until + interval '1 day' WHERE id = %s",
            "UPDATE prescriptions_prescription SET state = 'dispensed' WHERE id = %s",
            "DELETE FROM prescriptions_prescription WHERE id = %s",
            "UPDATE prescriptions_line SET quantity_e4 = 990000 WHERE prescription_id = %s",
            "UPDATE prescriptions_line SET dispensed_e4 = 0 WHERE prescription_id = %s",
            "DELETE FROM prescriptions_line WHERE prescription_id = %s",
            "UPDATE prescriptions_signature SET signature = repeat('0', 128) WHERE prescription_id = %s",
            "DELETE FROM prescriptions_signature WHERE prescription_id = %s",
            "UPDATE prescriptions_event SET details = '{}' WHERE prescription_id = %s",
            "INSERT INTO prescriptions_line (prescription_id, rank, item_code, item_name, specification, quantity_e4, unit, details, dispensed_e4) VALUES (%s, 9, 'XA01', 'x', 'x', 1, '盒', '{}', 0)",
        ],
    )
    def test_the_database_itself_refuses(self, statement):
        rx = prescribed(new_person())
        with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [rx.pk])


class TestDispensing:
    @pytest.mark.requirement("ERX-02", "ERX-03")
    def test_a_pharmacy_opens_reviews_scans_and_hands_over(self, hospital, pharmacy):
        person = new_person()
        rx = prescribed(person)
        token = pharmacy.expect("7201", shown(rx, pharmacy))["epc_token"]
        content = pharmacy.expect("7203", opened(token))
        assert (content["data"]["hi_rxno"], content["rxdrugdetail"][0]["drug_cnt"]) == (rx.number, 2)
        assert content["mdtrtinfo"]["patn_name"] == person.name
        assert state(rx) == "claimed"
        with nothing_changes():
            assert "不能办理" in pharmacy.refuse("7206", handed(rx, token))
        pharmacy.expect("7204", review(rx))
        first, second = new_code(), new_code()
        pharmacy.expect("7206", handed(rx, token, sold(code=first), sold(code=second)))
        assert state(rx) == "dispensed"
        packs = TraceSale.objects.filter(code__code__in=[first, second])
        assert {(sale.institution.code, sale.person_id) for sale in packs} == {(PHARMACY, person.pk)}
        assert [told.infno for told in Notification.objects.filter(prescription=rx)] == ["7108", "7109"]
        assert set(RecordRead.objects.filter(person=person).values_list("infno", flat=True)) >= {"7201", "7203"}
        with nothing_changes():
            assert pharmacy.refuse("7206", handed(rx, token))
            assert pharmacy.refuse("7203", opened(token))

    def test_the_hospital_hands_over_its_own(self, hospital):
        rx = prescribed(new_person(), rx_circ_flag="0")
        with nothing_changes():
            assert "开方机构" in Hospital(code=PHARMACY).refuse("7201", shown(rx, Hospital(code=PHARMACY)))
        row = {
            "medins_drug_no": "OWN-XA01", "drug_genname": "阿莫西林胶囊", "drug_dosform": "胶囊", "drug_spec": "0.25g*24",
            "drug_totlcnt": "2", "fixmedins_code": HOSPITAL, "fixmedins_name": "院", "prdr_name": "厂", "pric": "12.5",
            "total_unit": "盒", "sumamt": "25",
        }  # fmt: skip
        sent = {
            "hi_rxno": rx.number, "fund_pay_sumamt": "0", "psn_part_amt": "25", "acct_pay": "0", "psn_cash_pay": "25",
            "setl_time": now_text(),
        }  # fmt: skip
        answer = hospital.expect("7103", {"data": sent, "seltdelts": [row]})
        assert (answer["hiRxno"], answer["rxStasCodg"], state(rx)) == (rx.number, "1", "dispensed")
        with nothing_changes():
            assert hospital.refuse("7103", {"data": sent, "seltdelts": [row]})

    def test_in_part_here_and_the_rest_elsewhere(self, pharmacy, other_pharmacy):
        rx = prescribed(new_person())
        token = claimed(rx, pharmacy)
        pharmacy.expect("7206", handed(rx, token, sold()))
        assert state(rx) == "partly"
        with nothing_changes():
            assert pharmacy.refuse("7206", handed(rx, token, sold()))
        token = claimed(rx, other_pharmacy, name=OTHER_SHOP_PHARMACIST)
        with nothing_changes():
            assert "超过" in other_pharmacy.refuse("7206", handed(rx, token, sold(), sold()))
        other_pharmacy.expect("7206", handed(rx, token, sold()))
        assert (state(rx), Dispensing.objects.filter(prescription=rx).count()) == ("dispensed", 2)
        assert rx.lines.get().dispensed_e4 == 20_000

    @pytest.mark.parametrize(
        "rows",
        [
            [lambda: sold(item="XB02")],
            [lambda: sold(drug_cnt_unit="片")],
            pytest.param([lambda: sold(code="")], marks=pytest.mark.requirement("INT-52")),
            [lambda: sold(count="2")],
            [sold, sold, sold],
            [lambda: sold(code="81000000000000009999"), lambda: sold(code="81000000000000009999")],
            [lambda: sold(count="0", code="")],
        ],
    )
    def test_what_may_not_be_handed_over(self, pharmacy, rows):
        rx = prescribed(new_person())
        token = claimed(rx, pharmacy)
        with nothing_changes():
            assert pharmacy.refuse("7206", handed(rx, token, *[row() for row in rows]))

    def test_a_pack_of_another_drug_or_sold_before(self, pharmacy, other_pharmacy):
        used = prescribed(new_person(), drugs=[drug("XB02", "1")])
        code = new_code()
        token = claimed(used, other_pharmacy, name=OTHER_SHOP_PHARMACIST)
        other_pharmacy.expect("7206", handed(used, token, sold("XB02", code)))
        rx = prescribed(new_person())
        token = claimed(rx, pharmacy)
        with nothing_changes():
            assert "其他药品" in pharmacy.refuse("7206", handed(rx, token, sold(code=code)))
        again = prescribed(new_person(), drugs=[drug("XB02", "1")])
        token = claimed(again, pharmacy)
        with nothing_changes():
            assert "售出" in pharmacy.refuse("7206", handed(again, token, sold("XB02", code)))
        Setting.objects.update_or_create(
            key="stock.repeated_trace_code", defaults={"value": {"default": "flag"}, "reason": "r", "trust": "t"}
        )
        with nothing_changes():
            assert "售出" in pharmacy.refuse("7206", handed(again, token, sold("XB02", code)))

    def test_another_pharmacys_pharmacist_token_and_hands(self, pharmacy, other_pharmacy):
        rx = prescribed(new_person())
        token = pharmacy.expect("7201", shown(rx, pharmacy))["epc_token"]
        with nothing_changes():
            assert other_pharmacy.refuse("7203", opened(token))
            assert pharmacy.refuse("7203", opened("X" * 64))
            assert pharmacy.refuse("7203", opened(None))
        pharmacy.expect("7203", opened(token))
        theirs = other_pharmacy.expect("7201", shown(rx, other_pharmacy))["epc_token"]
        with nothing_changes():
            assert "锁定" in other_pharmacy.refuse("7203", opened(theirs))
            assert OTHER_SHOP_PHARMACIST in pharmacy.refuse("7204", review(rx, OTHER_SHOP_PHARMACIST))
            assert other_pharmacy.refuse("7204", review(rx, OTHER_SHOP_PHARMACIST))
            assert other_pharmacy.refuse("7206", handed(rx, theirs))
            assert pharmacy.refuse("7204", review(rx, code="7"))
        forged = review(rx)
        forged["data"]["phar_sign_info"] = signature(PHYSICIAN, rx.text)
        with nothing_changes():
            assert "phar_sign_info" in pharmacy.refuse("7204", forged)

    def test_the_pharmacys_pharmacist_refuses_and_it_is_free_again(self, pharmacy, other_pharmacy):
        rx = prescribed(new_person())
        token = pharmacy.expect("7201", shown(rx, pharmacy))["epc_token"]
        pharmacy.expect("7203", opened(token))
        pharmacy.expect("7204", review(rx, code="2"))
        assert state(rx) == "approved"
        claimed(rx, other_pharmacy, name=OTHER_SHOP_PHARMACIST)
        assert state(rx) == "reviewed"

    def test_settled_at_the_counter_and_handed_over_with_the_settlement(self, pharmacy):
        person = new_person(balance_fen=1_000)
        rx = prescribed(person)
        token = claimed(rx, pharmacy)
        paid = pharmacy.expect("2102", counter_sale(pharmacy, person, "25.00", prices=("25.00",)))["setlinfo"]
        told = {
            "setl_id": paid["setl_id"], "fund_pay_sumamt": str(paid["fund_pay_sumamt"]),
            "acct_pay": str(paid["acct_pay"]), "psn_cash_pay": str(paid["psn_cash_pay"]),
        }  # fmt: skip
        with nothing_changes():
            assert "psn_cash_pay" in pharmacy.refuse("7206", handed(rx, token, **{**told, "psn_cash_pay": "1"}))
        pharmacy.expect("7206", handed(rx, token, **told))
        dispensing = Dispensing.objects.get(prescription=rx)
        assert (dispensing.settlement_id, dispensing.account_fen, dispensing.cash_fen) == (
            int(paid["setl_id"]), 1_000, 1_500,
        )  # fmt: skip
        assert ("money", "settled") in [(moment.flow, moment.what) for moment in timeline(rx)]
        assert not Movement.objects.filter(person=person, kind="sale").exists()
        again = prescribed(person)
        token = claimed(again, pharmacy)
        with nothing_changes():
            assert pharmacy.refuse("7206", handed(again, token, **told))

    def test_a_settlement_that_is_named_must_be_this_one(self, pharmacy):
        person = new_person()
        rx = prescribed(person)
        token = claimed(rx, pharmacy)
        _, setl = Hospital().visit(person)
        with nothing_changes():
            assert pharmacy.refuse("7206", handed(rx, token, sold(), setl_id=setl["setl_id"]))
            assert pharmacy.refuse("7206", handed(rx, token, sold(), setl_id="999999"))


class TestRepeatedUse:
    def test_so_often_and_not_too_soon(self, pharmacy):
        rx = prescribed(
            new_person(), drugs=[drug(count="1")], rept_flag="1", max_rept_cnt="2", min_inrv_days="28", valid_days="60",
            valid_end_time=now_text(days=59),
        )  # fmt: skip
        token = claimed(rx, pharmacy)
        pharmacy.expect("7206", handed(rx, token, sold()))
        used = Prescription.objects.get(pk=rx.pk)
        assert (used.state, used.uses) == ("approved", 1)
        again = pharmacy.expect("7201", shown(rx, pharmacy))["epc_token"]
        with nothing_changes():
            assert "下次使用" in pharmacy.refuse("7203", opened(again))


class TestChoosing:
    def test_the_chosen_pharmacy_finds_it_by_the_patients_voucher(self, pharmacy, other_pharmacy):
        person = new_person()
        rx = prescribed(person)
        at = datetime.now(UTC)
        choose_place(number=rx.number, person_id=person.pk, institution_code=PHARMACY, actor="patient", at=at)
        assert state(rx) == "placed"
        asked = {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "insuplc_admdvs": "110101",
            "ip_info": "1", "opter": "1", "opter_name": "x", "optins": PHARMACY,
        }  # fmt: skip
        assert other_pharmacy.expect("7202", {"data": asked}) is None
        found = pharmacy.expect("7202", {"data": asked})
        pharmacy.expect("7203", opened(None, auth_rxno=found["auth_rxno"]))
        assert (state(rx), found["diag_name"]) == ("claimed", "肺炎")

    def test_only_ones_own_and_only_to_pharmacies_or_the_hospital(self):
        person = new_person()
        rx = prescribed(person)
        at = datetime.now(UTC)
        with nothing_changes():
            for code in (OTHER_HOSPITAL, "P99999999999"):
                with pytest.raises(PlaceRefusedError):
                    choose_place(number=rx.number, person_id=person.pk, institution_code=code, actor="p", at=at)
            with pytest.raises(Exception, match="unknown"):
                choose_place(
                    number=rx.number, person_id=new_person_id(person), institution_code=PHARMACY, actor="p", at=at
                )
        choose_place(number=rx.number, person_id=person.pk, institution_code=HOSPITAL, actor="p", at=at)
        assert state(rx) == "placed"

    def test_a_claim_that_nothing_follows_lapses(self, pharmacy, other_pharmacy):
        person = new_person()
        rx = prescribed(person)
        token = pharmacy.expect("7201", shown(rx, pharmacy))["epc_token"]
        pharmacy.expect("7203", opened(token))
        soon, later = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) + timedelta(hours=25)
        with nothing_changes(), pytest.raises(Exception, match="held_elsewhere"):
            choose_place(number=rx.number, person_id=person.pk, institution_code=OTHER_PHARMACY, actor="p", at=soon)
        choose_place(number=rx.number, person_id=person.pk, institution_code=OTHER_PHARMACY, actor="p", at=later)
        assert (state(rx), [e.step for e in Event.objects.filter(prescription=rx)][-2:]) == (
            "placed",
            ["lapse", "choose"],
        )


def new_person_id(person):
    return person.pk + 1


class TestEnding:
    def test_withdrawn_while_nobody_has_touched_it(self, hospital, pharmacy):
        rx = prescribed(new_person())
        undo = {
            "hi_rxno": rx.number, "prsc_dr_name": PHYSICIAN, "undo_dr_certno": "X", "undo_rea": "开错",
            "undo_time": now_text(),
        }  # fmt: skip
        with nothing_changes():
            assert Hospital(code=OTHER_HOSPITAL).refuse("7104", {"data": undo})
            assert "无名" in hospital.refuse("7104", {"data": {**undo, "prsc_dr_name": "无名"}})
        hospital.expect("7104", {"data": undo})
        assert state(rx) == "withdrawn"
        with nothing_changes():
            assert pharmacy.refuse("7201", shown(rx, pharmacy))
            assert hospital.refuse("7104", {"data": undo})

    def test_not_once_a_pharmacy_holds_it(self, hospital, pharmacy):
        rx = prescribed(new_person())
        claimed(rx, pharmacy)
        undo = {
            "hi_rxno": rx.number, "prsc_dr_name": PHYSICIAN, "undo_dr_certno": "X", "undo_rea": "开错",
            "undo_time": now_text(),
        }  # fmt: skip
        with nothing_changes():
            assert "不能办理" in hospital.refuse("7104", {"data": undo})

    def test_expired_it_is_refused_and_then_says_so(self, pharmacy, monkeypatch):
        person = new_person()
        rx = prescribed(person)
        after = datetime.now(UTC) + timedelta(days=3)
        with nothing_changes(), pytest.raises(Exception, match="expired"):
            choose_place(number=rx.number, person_id=person.pk, institution_code=PHARMACY, actor="p", at=after)
        expire_prescriptions(at=after)
        assert state(rx) == "expired"
        with nothing_changes():
            assert "有效期" in pharmacy.refuse("7201", shown(rx, pharmacy))
            assert expire_prescriptions(at=after) == 0

    def test_given_back_and_sold_again(self, pharmacy):
        rx = prescribed(new_person())
        token = claimed(rx, pharmacy)
        kept, back = new_code(), new_code()
        pharmacy.expect("7206", handed(rx, token, sold(code=kept), sold(code=back)))
        sale = Dispensing.objects.get(prescription=rx)
        row = sale.lines.get(trace_codes=[back])
        given = {
            "number": rx.number, "dispensing_id": sale.pk, "quantities_e4": {row.pk: 10_000}, "actor": "店员",
            "at": datetime.now(UTC), "reason": "质量问题",
        }  # fmt: skip
        with nothing_changes(), pytest.raises(Exception, match="unknown"):
            carry_out(giving_back_step(house=house_of(OTHER_PHARMACY), **given))
        carry_out(giving_back_step(house=house_of(PHARMACY), **given))
        assert (state(rx), rx.lines.get().dispensed_e4) == ("partly", 10_000)
        assert TraceSale.objects.get(code__code=back).returned_e4 == 10_000
        with nothing_changes(), pytest.raises(Exception, match="too_much"):
            carry_out(giving_back_step(house=house_of(PHARMACY), **given))
        token = claimed(rx, pharmacy)
        with nothing_changes():
            assert "售出" in pharmacy.refuse("7206", handed(rx, token, sold(code=kept)))
        pharmacy.expect("7206", handed(rx, token, sold(code=back)))
        assert state(rx) == "dispensed"


class TestLookingUp:
    @pytest.mark.requirement("ERX-06")
    def test_payment_and_delivery_stand_in_the_timeline(self, hospital, pharmacy):
        rx = prescribed(new_person())
        token = claimed(rx, pharmacy)
        pharmacy.expect("7206", handed(rx, token))
        paid = {
            "hi_rxno": rx.number,
            "hosp_rxno": rx.number_at_institution,
            "rx_pay_status_code": "1",
            "pay_time": now_text(),
        }
        assert hospital.expect("7105", {"data": paid})["rxUsedStasName"] == "已使用"
        sent = {
            "hi_rxno": rx.number, "delv_entp_name": "配送", "delver_cert_type": "01", "delv_stas_codg": "1",
            "delv_stas_name": "已发出",
        }  # fmt: skip
        pharmacy.expect("7205", {"data": sent})
        with nothing_changes():
            assert Hospital(code=OTHER_HOSPITAL).refuse("7105", {"data": paid})
        flows = [(moment.flow, moment.what) for moment in timeline(rx)]
        assert flows[0] == ("information", "visit")
        assert [flow for flow in flows if flow[0] == "goods"] == [("goods", "handed_over"), ("goods", "delivery")]
        assert ("money", "payment") in flows

    @pytest.mark.requirement("ERX-05")
    def test_the_hospital_sees_review_and_what_was_handed_over(self, hospital, pharmacy):
        person = new_person()
        rx = prescribed(person)
        asked = {
            "hiRxno": rx.number, "fixmedinsCode": HOSPITAL, "mdtrtId": str(rx.visit_id), "psnName": person.name,
            "psnCertType": "01", "certno": person.document_number,
        }  # fmt: skip
        reviewed = hospital.expect("7106", {"data": asked})
        assert (reviewed["pharName"], reviewed["rxChkStasName"], reviewed["rxStasCodg"]) == (
            PHARMACIST,
            "审核通过",
            "1",
        )
        assert "尚未取药" in hospital.refuse("7107", {"data": asked})
        token = claimed(rx, pharmacy)
        pharmacy.expect("7206", handed(rx, token))
        taken = hospital.expect("7107", {"data": asked})
        assert [(row["medListCodg"], row["cnt"]) for row in taken["seltdelts"]] == [("XA01", 1), ("XA01", 1)]
        with nothing_changes():
            assert hospital.refuse("7107", {"data": {**asked, "psnName": "别人"}})
            assert Hospital(code=OTHER_HOSPITAL).refuse("7106", {"data": asked})
