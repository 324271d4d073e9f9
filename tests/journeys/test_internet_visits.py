"""A chronic patient's follow-up over the internet through the gateway: accepted, and refused by each article."""

import json
from datetime import UTC, date, datetime

import pytest

from yibao.domains.agreements.models import Agreement, AgreementSuspension
from yibao.domains.institutions.models import Department, Institution, Practitioner
from yibao.domains.internet_care.models import InternetPractice, VisitCheck
from yibao.domains.internet_care.operations import record_qualification
from yibao.domains.people.models import Voucher
from yibao.domains.settlement.models import Settlement
from yibao.domains.visits.models import Diagnosis, FeeLine, Visit

from .internet_hospital import (
    BARRED,
    DELIVERY,
    FOLLOW_UP,
    ONLINE,
    PHYSICIAN,
    begin_online,
    diagnosed,
    online_bill,
    online_visit,
    open_internet_hospital,
    seen_in_person,
    with_voucher,
)
from .mobile_payer import MobilePayer, connect_test_channel
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")
AT = "2026-11-10 09:00:00"


@pytest.fixture
def internet_hospital(standing_town, hospital):
    open_internet_hospital()
    return hospital


@pytest.fixture
def patient(internet_hospital):
    """Somebody with hypertension, seen in person a month ago, with an e-voucher."""
    person = new_person()
    with_voucher(person)
    seen_in_person(internet_hospital, person)
    return person


def taken_in(hospital, person, **options):
    visit = begin_online(hospital, person)
    hospital.expect("2203", diagnosed(hospital, person, visit, med_type=ONLINE, at=AT, **options))
    return visit


def kept(visit):
    """Everything that a refused message must leave alone."""
    return (
        Visit.objects.filter(pk=visit).values_list("medical_type", "details").get(),
        list(Diagnosis.objects.filter(visit_id=visit).values_list("pk", "is_current")),
        list(FeeLine.objects.filter(visit_id=visit).values_list("pk", flat=True)),
        VisitCheck.objects.filter(visit_id=visit).count(),
        Settlement.objects.filter(visit_id=visit).count(),
    )


def refused_when_diagnosed(hospital, person, **options):
    """The sentence of a refused 2203, which changed nothing."""
    visit = begin_online(
        hospital,
        person,
        **{key: options.pop(key) for key in ("dept_code", "mdtrt_cert_type", "mdtrt_cert_no") if key in options},
    )
    before = kept(visit)
    sentence = hospital.refuse("2203", diagnosed(hospital, person, visit, med_type=ONLINE, at=AT, **options))
    assert kept(visit) == before
    return sentence


def institution():
    return Institution.objects.get(code="H11010100001")


class TestAcceptedVisits:
    @pytest.mark.requirement("INT-35", "INT-43")
    def test_a_follow_up_is_settled_and_keeps_what_it_stands_on(self, internet_hospital, patient):
        earlier = Visit.objects.get(person=patient)
        visit, settled = online_visit(internet_hospital, patient, lines=((FOLLOW_UP, "20.00"), ("XA01", "100.00")))
        check = VisitCheck.objects.get(visit_id=visit)
        assert (check.prior_visit_id, check.disease_code) == (earlier.pk, "I10.x00x002")
        assert check.document == "《演示统筹区“互联网+”医疗服务医保支付规则》(演京医保〔2022〕1号)"
        assert (settled["med_type"], settled["inscp_scp_amt"]) == (ONLINE, 120.0)

    def test_it_is_paid_like_the_same_care_offline(self, internet_hospital, patient):
        other = new_person()
        _visit, online = online_visit(internet_hospital, patient)
        _visit, offline = internet_hospital.visit(other, "100.00")
        for amount in ("fund_pay_sumamt", "psn_part_amt", "inscp_scp_amt", "act_pay_dedc"):
            assert online[amount] == offline[amount]

    @pytest.mark.requirement("INT-34")
    def test_the_delivery_fee_stands_on_the_bill_and_no_fund_pays_it(self, internet_hospital, patient):
        _visit, settled = online_visit(internet_hospital, patient, lines=(("XA01", "100.00"), (DELIVERY, "12.00")))
        assert (settled["medfee_sumamt"], settled["fulamt_ownpay_amt"]) == (112.0, 12.0)
        line = FeeLine.objects.get(item_code=DELIVERY)
        assert (line.item_class, line.in_scope_fen, line.full_self_pay_fen) == ("03", 0, 1200)

    @pytest.mark.requirement("INT-34")
    def test_nor_at_an_ordinary_visit_whatever_the_catalogue_says(self, internet_hospital):
        person = new_person()
        visit = internet_hospital.register(person)
        internet_hospital.charge(person, visit, "8.00", item=DELIVERY)
        assert FeeLine.objects.get(visit_id=visit).in_scope_fen == 0

    def test_a_visit_that_is_not_marked_is_not_checked(self, internet_hospital):
        person = new_person()
        internet_hospital.visit(person)
        assert not VisitCheck.objects.filter(visit__person=person).exists()


class TestRefusedByArticle:
    def end(self, kind):
        Agreement.objects.filter(kind=kind).update(ended_on=date(2026, 11, 10))

    @pytest.mark.requirement("NET-05")
    def test_without_the_supplementary_agreement(self, internet_hospital, patient):
        self.end("internet")
        assert refused_when_diagnosed(internet_hospital, patient).endswith("：补充协议当日未生效(第十二条、第十五条)")

    @pytest.mark.requirement("INT-38")
    def test_without_the_designation_neither_agreement_holds(self, internet_hospital, patient):
        self.end("designation")
        sentence = refused_when_diagnosed(internet_hospital, patient)
        assert "实体机构当日无有效定点协议(第五条(一)、第十五条)；补充协议当日未生效" in sentence

    def test_while_the_agreement_is_suspended(self, internet_hospital, patient):
        AgreementSuspension.objects.create(
            agreement=Agreement.objects.get(kind="internet"), asked_by="agency", begins_on=date(2026, 11, 1),
            ends_by=date(2026, 12, 1), article="第三条", reason="停网",
        )  # fmt: skip
        assert "补充协议当日未生效" in refused_when_diagnosed(internet_hospital, patient)

    @pytest.mark.requirement("INT-01", "INT-10")
    def test_without_approval(self, internet_hospital, patient):
        InternetPractice.objects.update(valid_until=date(2026, 11, 10))
        sentence = refused_when_diagnosed(internet_hospital, patient)
        assert "无互联网诊疗资质(第二条、第五条(二))；科室A01超出互联网诊疗科目(第九条)" in sentence

    @pytest.mark.requirement("INT-30")
    def test_in_a_department_that_is_not_on_the_internet(self, internet_hospital, patient):
        sentence = refused_when_diagnosed(internet_hospital, patient, dept_code="A02")
        assert sentence.endswith("：科室A02超出互联网诊疗科目(第九条)")

    @pytest.mark.requirement("INT-75")
    def test_in_a_department_that_the_physical_institution_closed(self, internet_hospital, patient):
        Department.objects.filter(code="A01").update(ended_at=datetime(2026, 11, 1, tzinfo=UTC))
        assert refused_when_diagnosed(internet_hospital, patient).endswith("：科室A01不在线下诊疗科目内(第九条)")

    @pytest.mark.requirement("INT-31", "INT-32", "INT-46")
    def test_for_another_disease(self, internet_hospital, patient):
        sentence = refused_when_diagnosed(internet_hospital, patient, code="C34.900")
        assert (
            "C34.900非常见病、慢性病(第九条)；C34.900不在支付病种内(第十条)；C34.900无实体机构就诊记录(第十八条(三))"
            in sentence
        )

    @pytest.mark.requirement("INT-32")
    def test_for_a_common_disease_that_is_not_listed(self, internet_hospital, patient):
        seen_in_person(internet_hospital, patient, code="J00.x00")
        sentence = refused_when_diagnosed(internet_hospital, patient, code="J00.x00")
        assert sentence.endswith("：J00.x00不在支付病种内(第十条)")

    @pytest.mark.requirement("MOB-02")
    def test_without_the_electronic_voucher(self, internet_hospital, patient):
        sentence = refused_when_diagnosed(
            internet_hospital, patient, mdtrt_cert_type="02", mdtrt_cert_no=patient.document_number
        )
        assert sentence.endswith("：未用医保电子凭证实名(第十三条)")

    @pytest.mark.requirement("INT-76")
    def test_by_somebody_without_a_licence(self, internet_hospital, patient):
        Practitioner.objects.filter(code=PHYSICIAN).update(valid_until=date(2026, 11, 1))
        assert f"医师{PHYSICIAN}无执业资质(第十六条)；医师独立执业不足3年(第十六条)" in refused_when_diagnosed(
            internet_hospital, patient
        )

    @pytest.mark.requirement("INT-40")
    def test_by_a_physician_too_young_in_practice(self, internet_hospital, patient):
        record_qualification(
            practitioner=Practitioner.objects.get(code=PHYSICIAN), licence_number="2", licensed_from=date(2015, 1, 1),
            licensed_until=None, independent_since=date(2023, 11, 11), document="更正", at=datetime(2026, 2, 1, tzinfo=UTC),
        )  # fmt: skip
        assert refused_when_diagnosed(internet_hospital, patient).endswith("：医师独立执业不足3年(第十六条)")

    @pytest.mark.requirement("INT-41")
    def test_by_a_physician_without_an_annex(self, internet_hospital, patient):
        self.end("physician")
        assert refused_when_diagnosed(internet_hospital, patient).endswith("：医师未签附加协议(第十六条)")

    @pytest.mark.requirement("INT-46")
    def test_longer_than_three_months_after_the_visit_in_person(self, internet_hospital):
        person = new_person()
        with_voucher(person)
        seen_in_person(internet_hospital, person, at="2026-08-09 09:00:00")
        sentence = refused_when_diagnosed(internet_hospital, person)
        assert sentence.endswith("：上次就诊2026-08-09已超3个月(第十八条(三))")

    @pytest.mark.requirement("INT-46")
    def test_after_visits_elsewhere_only(self, internet_hospital, community_centre):
        person = new_person()
        with_voucher(person)
        seen_in_person(community_centre, person)
        sentence = refused_when_diagnosed(internet_hospital, person)
        assert sentence.endswith("：仅在他院H11010100003就诊过(第十八条(三))")

    @pytest.mark.requirement("INT-46")
    def test_after_a_visit_online_or_a_cancelled_one(self, internet_hospital, patient):
        taken_in(internet_hospital, patient)
        Visit.objects.filter(person=patient, medical_type="11").update(state="cancelled")
        assert "无实体机构就诊记录(第十八条(三))" in refused_when_diagnosed(internet_hospital, patient)

    @pytest.mark.requirement("INT-57")
    def test_on_a_day_without_a_rulebook(self, internet_hospital):
        person = new_person()
        with_voucher(person)
        at = "2022-10-31 09:00:00"
        visit = begin_online(internet_hospital, person, at=at)
        sentence = internet_hospital.refuse("2203", diagnosed(internet_hospital, person, visit, med_type=ONLINE, at=at))
        assert sentence.endswith("：2022-10-31无有效的互联网+医保支付规则(第二十六条)")

    def test_everything_that_is_broken_is_said_at_once(self, internet_hospital, patient):
        self.end("physician")
        sentence = refused_when_diagnosed(internet_hospital, patient, dept_code="A02", code="J00.x00")
        for article in ("科室A02", "J00.x00不在支付病种内", "医师未签附加协议", "J00.x00无实体机构就诊记录"):
            assert article in sentence


class TestLinesAndSettlement:
    @pytest.mark.requirement("INT-19", "INT-44")
    def test_lines_that_may_not_be_charged_are_refused_together(self, internet_hospital, patient):
        visit = taken_in(internet_hospital, patient)
        before = kept(visit)
        lines = [
            internet_hospital.line(patient, visit, item=code, price=price, number=number)
            for number, code, price in (("1", FOLLOW_UP, "20.01"), ("2", BARRED, "60.00"), ("3", "XA01", "5.00"))
        ]
        sentence = internet_hospital.refuse("2204", {"feedetail": lines})
        assert sentence.endswith(
            "：1“互联网复诊诊察费”超过政府指导价(第七条)；2“硫酸吗啡缓释片”不得线上开具(第十八条(一))"
        )
        assert kept(visit) == before

    @pytest.mark.requirement("INT-22")
    def test_the_market_makes_the_price_where_the_hospital_is_not_public(self, internet_hospital, patient):
        InternetPractice.objects.update(is_public=False)
        online_visit(internet_hospital, patient, lines=((FOLLOW_UP, "99.00"),))

    @pytest.mark.requirement("INT-43")
    def test_online_and_offline_are_not_exchanged_when_settling(self, internet_hospital, patient):
        visit = taken_in(internet_hospital, patient)
        internet_hospital.charge(patient, visit, "100.00")
        before = kept(visit)
        sentence = internet_hospital.refuse(
            "2207", online_bill(internet_hospital, patient, visit, "100.00", med_type="11")
        )
        assert sentence.endswith("：线上线下应区分：登记17、报送11(第十八条)")
        ordinary = internet_hospital.register(patient)
        internet_hospital.charge(patient, ordinary, "100.00")
        sentence = internet_hospital.refuse("2207", online_bill(internet_hospital, patient, ordinary, "100.00"))
        assert sentence.endswith("：线上线下应区分：登记11、报送17(第十八条)")
        assert kept(visit) == before

    @pytest.mark.requirement("NET-05")
    @pytest.mark.parametrize("infno", ["2206", "2207"])
    def test_nothing_is_settled_when_the_agreement_ended_meanwhile(self, internet_hospital, patient, infno):
        visit = taken_in(internet_hospital, patient)
        internet_hospital.charge(patient, visit, "100.00")
        Agreement.objects.filter(kind="internet").update(ended_on=date(2026, 11, 10))
        before = kept(visit)
        sentence = internet_hospital.refuse(infno, online_bill(internet_hospital, patient, visit, "100.00"))
        assert sentence.endswith("：补充协议当日未生效(第十二条、第十五条)")
        assert kept(visit) == before

    @pytest.mark.requirement("INT-46")
    @pytest.mark.parametrize("infno", ["2206", "2207"])
    def test_what_ended_meanwhile_is_seen_when_settling(self, internet_hospital, patient, infno):
        visit = taken_in(internet_hospital, patient)
        internet_hospital.charge(patient, visit, "100.00")
        Visit.objects.filter(person=patient, medical_type="11").update(state="cancelled")
        before = kept(visit)
        sentence = internet_hospital.refuse(infno, online_bill(internet_hospital, patient, visit, "100.00"))
        assert sentence.endswith("：I10.x00x002无实体机构就诊记录(第十八条(三))")
        assert kept(visit) == before


class TestPaidFromAfar:
    """6201 and 6202: the same rules where the bill is paid by a mobile order (第十三条)."""

    def upload(self, payer, person, **changes):
        sent = payer.upload(person, medType=ONLINE, **changes)
        sent["data"]["diseinfoList"][0] |= {"diagCode": "I10.x00x002", "diagName": "高血压"}
        return sent

    def test_a_follow_up_is_placed_and_paid_and_keeps_its_evidence(self, internet_hospital, patient):
        connect_test_channel()
        payer = MobilePayer(internet_hospital)
        sent = self.upload(payer, patient, total="100.00")
        told = internet_hospital.expect("6201", sent)["data"]
        placed = {**told, "further": json.loads(told["extData"]), "sent": sent["data"], "person": patient}
        visit = placed["further"]["mdtrtId"]
        assert VisitCheck.objects.filter(visit_id=visit).count() == 1
        paid = payer.pay(placed)
        assert Settlement.objects.get(visit_id=visit).total_fen == 10_000
        assert paid["feeSumamt"] == 100

    @pytest.mark.requirement("NET-05")
    def test_what_breaks_a_rule_is_refused_when_the_order_is_placed(self, internet_hospital, patient):
        connect_test_channel()
        Agreement.objects.filter(kind="internet").update(ended_on=date(2026, 11, 10))
        payer = MobilePayer(internet_hospital)
        before = Visit.objects.count()
        sentence = internet_hospital.refuse("6201", self.upload(payer, patient, total="100.00"))
        assert sentence.endswith("：补充协议当日未生效(第十二条、第十五条)")
        assert Visit.objects.count() == before

    @pytest.mark.requirement("MOB-02")
    def test_who_was_not_identified_by_the_voucher_pays_nothing(self, internet_hospital, patient):
        connect_test_channel()
        payer = MobilePayer(internet_hospital)
        Voucher.objects.filter(person=patient, kind="01").update(valid_until=date(2026, 11, 10))
        with nothing_changes():
            sentence = internet_hospital.refuse("6201", self.upload(payer, patient, total="100.00"))
        assert sentence.endswith("：未用医保电子凭证实名(第十三条)")

    @pytest.mark.requirement("MOB-02")
    def test_the_voucher_comes_before_the_payment(self, internet_hospital, patient):
        connect_test_channel()
        payer = MobilePayer(internet_hospital)
        sent = self.upload(payer, patient, total="100.00")
        told = internet_hospital.expect("6201", sent)["data"]
        placed = {**told, "further": json.loads(told["extData"]), "sent": sent["data"], "person": patient}
        stranger = new_person()
        codes = ("", "EC" + "0" * 32, payer.scan(stranger))
        for code in codes:
            asked = payer.payment(placed, code="x") | {}
            asked["data"]["payAuthNo"] = code
            with nothing_changes():
                internet_hospital.refuse("6202", asked)
        good = payer.scan(patient)
        ends = {"valid_until": date(2026, 11, 11)}
        Voucher.objects.filter(person=patient, kind="01").update(**ends)
        with nothing_changes():
            sentence = internet_hospital.refuse("6202", payer.payment(placed, code=good))
        assert sentence.endswith("：未用医保电子凭证实名(第十三条)")
        Voucher.objects.filter(person=patient, kind="01").update(valid_until=None)
        assert payer.pay(placed, code=good)["feeSumamt"] == 100
