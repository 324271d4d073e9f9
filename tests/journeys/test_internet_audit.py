"""The audit of care over the internet in the office: found, reviewed, verified by another, deducted; costs apart; price items."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate

from yibao.domains import storage
from yibao.domains.agreements.models import Breach
from yibao.domains.catalogue.models import Item
from yibao.domains.institutions.models import Institution
from yibao.domains.internet_care.budgets import costs_of_year
from yibao.domains.internet_care.models import AuditRun, BudgetChange, Finding, InternetPractice, Review, Verification
from yibao.domains.internet_care.supervision import internet_indicators, published_violations
from yibao.domains.ledger.models import Entry, Journal
from yibao.domains.price_items.models import GuidedPrice, ItemDecision, ItemProposal, PublishedItem
from yibao.domains.reconciliation.models import ClearingApplication
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import PersonalRecordRead
from yibao.domains.visits.models import FeeLine, Visit
from yibao.policies.internet_care import marked_types
from yibao.workflows.apply_for_clearing import decide_on_application
from yibao.workflows.audit_internet_care import audit_region
from yibao.workflows.hold_for_audit import AuditPendingError

from .internet_hospital import (
    FOLLOW_UP,
    PHYSICIAN,
    begin_online,
    diagnosed,
    online_bill,
    online_visit,
    open_internet_hospital,
    pay_online,
    seen_in_person,
    with_voucher,
)
from .office_records import new_member, sign_in
from .records import nothing_changes
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town")
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
DAYS = {"first_day": date(2026, 1, 1), "last_day": date(2027, 12, 31)}


@pytest.fixture
def internet_hospital(standing_town, hospital):
    open_internet_hospital()
    for name, role in (("first", "agency"), ("second", "agency"), ("clerk", "institution"), ("auditor", "auditor")):
        new_member(name, role)
    return hospital


def settled_online(hospital, *, lines=(("XA01", "3000.00"), (FOLLOW_UP, "20.00")), **options):
    """The settlement of a chronic patient's visit over the internet."""
    person = new_person()
    with_voucher(person)
    seen_in_person(hospital, person)
    _visit, settled = online_visit(hospital, person, lines=lines, **options)
    return Settlement.objects.get(pk=int(settled["setl_id"]))


def audited(settlement):
    """The settlement's audit."""
    audit_region(region=REGION, at=NOW, **DAYS)
    return AuditRun.objects.get(settlement=settlement)


def rules(run):
    return sorted(run.findings.values_list("rule", flat=True))


def post(client, name, number, step, **fields):
    return client.post(reverse(name, args=[number, step]), fields)


class TestAudit:
    @pytest.mark.requirement("INT-47", "INT-83")
    def test_it_finds_missing_records_and_prescriptions_and_looks_once(self, internet_hospital):
        settlement = settled_online(internet_hospital)
        first = audit_region(region=REGION, at=NOW, **DAYS)
        assert (first.settlements, first.found) == (1, 1)
        assert rules(AuditRun.objects.get(settlement=settlement)) == ["empty_prior", "no_prescription", "no_record"]
        assert audit_region(region=REGION, at=NOW, **DAYS).settlements == 0
        assert Finding.objects.count() == 3

    @pytest.mark.requirement("INT-44", "INT-46", "INT-47")
    def test_what_the_records_say_now_is_looked_at_again(self, internet_hospital):
        settlement = settled_online(internet_hospital, lines=((FOLLOW_UP, "20.00"),))
        Visit.objects.filter(person=settlement.person, medical_type="11").update(state="cancelled")
        run = audited(settlement)
        assert rules(run) == ["empty_prior", "follow_up", "no_record"]
        assert run.findings.get(rule="follow_up").article == "第十八条(三)"

    @pytest.mark.requirement("INT-47", "INT-83")
    def test_a_visit_in_person_that_was_charged_is_no_suspicion(self, internet_hospital):
        settlement = settled_online(internet_hospital)
        earlier = Visit.objects.get(person=settlement.person, medical_type="11")
        line = internet_hospital.line(settlement.person, str(earlier.pk), price="30.00", at="2026-10-08 09:30:00")
        internet_hospital.expect("2204", {"feedetail": [line]})
        internet_hospital.settle(settlement.person, str(earlier.pk), "30.00")
        assert rules(audited(settlement)) == ["no_prescription", "no_record"]

    @pytest.mark.requirement("INT-47")
    def test_the_dead_and_the_same_drug_twice_are_seen(self, internet_hospital):
        settlement = settled_online(internet_hospital)
        person = settlement.person
        pay_online(internet_hospital, person, _second(internet_hospital, person), at="2026-11-12 09:30:00")
        person.death_date = date(2026, 11, 1)
        person.save()
        found = rules(audited(settlement))
        assert {"false_identity", "repeated_drug"} <= set(found)

    @pytest.mark.requirement("INT-19", "INT-45", "INT-47")
    def test_a_price_that_was_lowered_and_too_many_packs_name_their_lines(self, internet_hospital):
        person = new_person()
        with_voucher(person)
        seen_in_person(internet_hospital, person)
        visit = _second(internet_hospital, person)
        rows = [
            internet_hospital.line(person, visit, item=code, quantity=quantity, price="10.00", at="2026-11-12 09:30:00")
            for code, quantity in ((FOLLOW_UP, "1"), ("XA01", "13"))
        ]
        internet_hospital.expect("2204", {"feedetail": rows})
        settled = internet_hospital.expect("2207", online_bill(internet_hospital, person, visit, "140.00"))["setlinfo"]
        settlement = Settlement.objects.get(pk=int(settled["setl_id"]))
        follow_up = FeeLine.objects.get(visit_id=visit, item_code=FOLLOW_UP)
        drug = FeeLine.objects.get(visit_id=visit, item_code="XA01")
        GuidedPrice.objects.create(
            region_id=REGION, item=Item.objects.get(code=FOLLOW_UP), level="tertiary", price_e6=9_000_000,
            document="降价", health_document="降价（卫健）", valid_from=date(2026, 1, 1),
        )  # fmt: skip
        run = audited(settlement)
        assert run.findings.get(rule="guided_price").line_ids == [follow_up.pk]
        found = run.findings.get(rule="over_quantity")
        assert (found.line_ids, found.article, found.facts["units"]) == ([drug.pk], "第十八条(二)", 13)

    def test_ordinary_visits_are_not_audited(self, internet_hospital):
        internet_hospital.visit(new_person())
        assert audit_region(region=REGION, at=NOW, **DAYS).settlements == 0


def _second(hospital, person):
    """Another visit over the internet two days later, not yet charged."""
    at = "2026-11-12 09:00:00"
    visit = begin_online(hospital, person, at=at)
    hospital.expect("2203", diagnosed(hospital, person, visit, med_type="17", at=at))
    return visit


class TestReview:
    @pytest.fixture
    def run(self, internet_hospital):
        return audited(settled_online(internet_hospital))

    def review(self, client, run, name="first", **fields):
        sign_in(client, name)
        said = {"verdict": "refuse", "route": "agreement", "reason": "无处方", **fields}
        return post(client, "office:internet_audit_step", run.pk, "review", **said)

    @pytest.mark.requirement("INT-48")
    def test_a_verified_violation_is_deducted_and_the_patient_is_left_alone(self, client, run):
        before = Settlement.objects.filter(pk=run.pk).values().get()
        assert self.review(client, run).status_code == 302
        assert not Journal.objects.filter(cause="deduction").exists()
        sign_in(client, "second")
        assert post(client, "office:internet_audit_step", run.pk, "verify", note="核实").status_code == 302
        verification = Verification.objects.get()
        assert verification.deducted_fen == run.settlement.fund_fen > 0
        owed = Entry.objects.filter(journal__cause="deduction", account__code="2001")
        assert sum(entry.credit_fen for entry in owed) == -run.settlement.fund_fen
        assert Settlement.objects.filter(pk=run.pk).values().get() == before
        assert Breach.objects.get().handling == "no_payment"

    @pytest.mark.requirement("INT-48")
    def test_some_lines_take_their_share_of_what_the_funds_paid(self, client, run):
        line = FeeLine.objects.get(visit_id=run.settlement.visit_id, item_code="XA01")
        self.review(client, run, lines=[line.pk])
        sign_in(client, "second")
        post(client, "office:internet_audit_step", run.pk, "verify", note="")
        settlement = run.settlement
        share = (settlement.fund_fen * line.in_scope_fen * 2 + settlement.in_scope_fen) // (2 * settlement.in_scope_fen)
        assert Verification.objects.get().deducted_fen == share < settlement.fund_fen

    @pytest.mark.requirement("INT-48")
    def test_what_is_found_compliant_is_paid(self, client, run):
        assert self.review(client, run, verdict="approve", route="none", reason="已补传").status_code == 302
        assert not Journal.objects.filter(cause="deduction").exists()
        sign_in(client, "second")
        assert post(client, "office:internet_audit_step", run.pk, "verify", note="").status_code == 409
        assert not Verification.objects.exists()

    def test_nobody_verifies_the_own_word(self, client, run):
        self.review(client, run)
        answer = post(client, "office:internet_audit_step", run.pk, "verify", note="")
        assert (answer.status_code, Verification.objects.count()) == (409, 0)
        with pytest.raises(IntegrityError), transaction.atomic():
            review = Review.objects.get()
            Verification.objects.create(
                review=review, is_verified=True, fund_codes=[], amounts_fen=[], verified_by=review.reviewed_by,
                verified_at=NOW,
            )  # fmt: skip

    def test_no_more_than_a_fund_paid_is_deducted(self, client, run):
        self.review(client, run)
        with pytest.raises(IntegrityError), transaction.atomic():
            Verification.objects.create(
                review=Review.objects.get(), is_verified=True, fund_codes=run.settlement.fund_codes,
                amounts_fen=[fen + 1 for fen in run.settlement.fund_amounts_fen],
                verified_by=new_member("third", "agency"), verified_at=NOW,
            )  # fmt: skip

    def test_a_deducted_settlement_is_not_reversed_and_not_settled_again(self, client, run, internet_hospital):
        self.review(client, run)
        sign_in(client, "second")
        post(client, "office:internet_audit_step", run.pk, "verify", note="")
        settlement, journals = run.settlement, Journal.objects.count()
        sentence = internet_hospital.refuse(
            "2208", internet_hospital.reversal(settlement.person, str(settlement.visit_id), str(settlement.pk))
        )
        assert sentence.endswith("经审核查实违规并已扣款，不能撤销")
        assert (Journal.objects.count(), Settlement.objects.filter(reverses=settlement).count()) == (journals, 0)

    @pytest.mark.requirement("INT-55", "INT-81", "INT-82")
    @pytest.mark.parametrize("route", ["agreement", "case", "transfer"])
    def test_where_a_violation_goes_is_kept_and_published_without_the_patient(self, client, run, route):
        self.review(client, run, route=route)
        assert published_violations(region=REGION) == []
        sign_in(client, "second")
        post(client, "office:internet_audit_step", run.pk, "verify", note="")
        (violation,) = published_violations(region=REGION)
        assert (violation.route, violation.institution_code) == (route, "H11010100001")
        assert violation.rules == ("empty_prior", "no_record", "no_prescription")
        assert run.settlement.person.number not in str(violation)
        breach = Breach.objects.get()
        assert breach.route == {"case": "administrative"}.get(route, route)
        assert (breach.amount_fen, breach.is_internet) == (run.settlement.fund_fen, True)
        assert breach.practitioner.code == PHYSICIAN

    def test_lines_of_others_and_empty_words_are_refused(self, client, run):
        assert self.review(client, run, lines=[10**9]).status_code == 400
        assert self.review(client, run, reason="").status_code == 400
        assert self.review(client, run, verdict="approve", route="case").status_code == 400
        assert not Review.objects.exists()

    def test_roles_see_and_do_what_is_theirs(self, client, run):
        for name, page, step in (("clerk", 200, 403), ("auditor", 200, 403)):
            sign_in(client, name)
            assert client.get(reverse("office:internet_audit", args=[run.pk])).status_code == page
            assert post(client, "office:internet_audit_step", run.pk, "review").status_code == step
            assert client.post(reverse("office:internet_audits"), {}).status_code == 404
        assert PersonalRecordRead.objects.filter(purpose="internet_audit", person=run.settlement.person).count() == 2
        other = new_member("elsewhere", "institution", institution="H11010100002")
        sign_in(client, other.user.username)
        assert client.get(reverse("office:internet_audit", args=[run.pk])).status_code == 404

    @pytest.mark.requirement("INT-42")
    def test_the_practice_has_indicators(self, client, run):
        self.review(client, run)
        sign_in(client, "second")
        post(client, "office:internet_audit_step", run.pk, "verify", note="")
        with storage.transaction() as raw:
            told = internet_indicators(
                raw, institution_id=run.settlement.institution_id, medical_types=marked_types(), **DAYS
            )
        assert (told.online_visits, told.audited, told.found, told.violations) == (1, 1, 1, 1)
        assert (told.deducted_fen, told.violation_ppm) == (run.settlement.fund_fen, 1_000_000)

    @pytest.mark.requirement("INT-46")
    def test_the_settlement_s_page_shows_the_earlier_visit_in_person(self, client, run):
        sign_in(client, "auditor")
        text = client.get(reverse("office:settlement", args=[run.pk])).content.decode()
        earlier = Visit.objects.get(person=run.settlement.person, medical_type="11")
        assert f"{earlier.pk} <span" in text
        assert "2026-10-08 · I10.x00x002" in text

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_the_queue_is_shown_and_taken_out(self, client, run, kind):
        sign_in(client, "first")
        page = client.get(reverse("office:internet_audits"))
        assert f">{run.pk}</a>" in page.content.decode()
        assert client.get(reverse("office:internet_audits_file", args=[kind])).status_code == 200
        days = {name: day.isoformat() for name, day in DAYS.items()}
        assert client.post(reverse("office:internet_audits"), days).status_code == 200
        assert client.post(reverse("office:internet_audits"), {"first_day": "x"}).status_code == 400


class TestCostsApart:
    @pytest.mark.requirement("INT-36", "INT-43")
    def test_online_and_offline_stand_apart_against_one_budget(self, client, internet_hospital):
        online = settled_online(internet_hospital, lines=(("XA01", "3000.00"),))
        _visit, offline = internet_hospital.visit(new_person(), "4000.00")
        year = online.settled_at.year
        with storage.transaction() as raw:
            (month,) = costs_of_year(raw, region=REGION, year=year, medical_types=marked_types())
        offline_fund_fen = Settlement.objects.get(pk=int(offline["setl_id"])).fund_fen
        assert (month.online_visits, month.online_total_fen, month.online_fund_fen) == (1, 300_000, online.fund_fen)
        assert (month.offline_visits, month.offline_total_fen) == (1, 400_000)
        assert month.fund_fen == online.fund_fen + offline_fund_fen
        sign_in(client, "first")
        page = reverse("office:internet_costs")
        said = {
            "institution": "H11010100001",
            "kind": "opening",
            "amount": "10000",
            "document": "1号",
            "reason": "年初",
        }
        assert client.post(f"{page}?year={year}", said).status_code == 302
        assert client.post(f"{page}?year={year}", said).status_code == 409
        assert (
            client.post(f"{page}?year={year}", {**said, "kind": "adjustment", "amount": "-10000.01"}).status_code == 409
        )
        assert client.post(f"{page}?year={year}", {**said, "kind": "adjustment", "amount": "-500"}).status_code == 302
        assert client.post(f"{page}?year={year}", {**said, "institution": "H99999999999"}).status_code == 400
        assert sum(BudgetChange.objects.values_list("amount_fen", flat=True)) == 950_000
        text = client.get(f"{page}?year={year}").content.decode()
        assert f"{(950_000 - month.fund_fen) / 100:,.2f}" in text
        assert client.get(f"{reverse('office:internet_costs_file', args=['csv'])}?year={year}").status_code == 200

    def test_a_reversal_takes_its_cost_off(self, internet_hospital):
        settlement = settled_online(internet_hospital)
        internet_hospital.expect(
            "2208", internet_hospital.reversal(settlement.person, str(settlement.visit_id), str(settlement.pk))
        )
        with storage.transaction() as raw:
            (month,) = costs_of_year(raw, region=REGION, year=settlement.settled_at.year, medical_types=marked_types())
        assert (month.online_visits, month.online_total_fen, month.fund_fen) == (0, 0, 0)


class TestPriceItems:
    GOOD = {
        "name": "皮肤影像远程判读", "unit": "次", "service_kind": "core", "need": "basic",
        "content": "医师远程阅看患者上传的皮损照片，判读性质并出具报告",
        **{f"condition_{name}": "见附件" for name in ("permitted", "direct", "remote", "same_function", "effective")},
        "price_tertiary": "30", "price_secondary": "24.50",
    }  # fmt: skip

    def propose(self, client, **changes):
        sign_in(client, "clerk")
        return client.post(reverse("office:price_items"), {**self.GOOD, **changes})

    def decide(self, client, step="accept", **changes):
        sign_in(client, "first")
        said = {
            "code": "110200099", "valid_from": "2026-11-01", "is_payable": "on", "document": "京医保〔2026〕9号",
            "health_document": "京卫〔2026〕7号", "note": "同意", **changes,
        }  # fmt: skip
        return post(client, "office:price_item_step", ItemProposal.objects.latest("pk").pk, step, **said)

    @pytest.mark.requirement("INT-19", "INT-23", "INT-24", "INT-25", "INT-26", "INT-27")
    def test_an_accepted_item_is_published_charged_and_capped(self, client, internet_hospital):
        assert self.propose(client).status_code == 302
        assert self.decide(client).status_code == 302
        assert list(GuidedPrice.objects.order_by("level").values_list("level", "price_e6")) == [
            ("secondary", 24_500_000), ("tertiary", 30_000_000),
        ]  # fmt: skip
        assert "110200099" in client.get(reverse("office:price_items")).content.decode()
        settlement = settled_online(internet_hospital, lines=(("110200099", "30.00"),))
        assert settlement.in_scope_fen == 3000
        person = settlement.person
        visit = _second(internet_hospital, person)
        line = internet_hospital.line(person, visit, item="110200099", price="30.01", at="2026-11-12 09:30:00")
        assert internet_hospital.refuse("2204", {"feedetail": [line]}).endswith(
            "“皮肤影像远程判读”超过政府指导价(第七条)"
        )

    @pytest.mark.requirement("INT-20")
    def test_a_price_standard_stands_on_the_documents_of_both_bodies(self, client, internet_hospital):
        self.propose(client)
        for missing in ({"health_document": ""}, {"health_document": " "}):
            with nothing_changes():
                answer = self.decide(client, **missing)
            assert (answer.status_code, "两个部门的文件都要填写" in answer.content.decode()) == (409, True)
        assert self.decide(client, document="").status_code == 400
        assert not GuidedPrice.objects.exists()
        assert self.decide(client).status_code == 302
        prices = GuidedPrice.objects.values_list("document", "health_document")
        assert set(prices) == {("京医保〔2026〕9号", "京卫〔2026〕7号")}
        one_sided = {"region_id": REGION, "item": Item.objects.get(code=FOLLOW_UP), "level": "tertiary", "price_e6": 1}
        with pytest.raises(IntegrityError, match="guided_price_has_two_makers"), transaction.atomic():
            GuidedPrice.objects.create(**one_sided, document="x", valid_from=date(2026, 1, 1))

    @pytest.mark.requirement("INT-21")
    def test_beyond_the_basic_need_the_market_makes_the_price(self, client, internet_hospital):
        self.propose(client, need="beyond")
        assert self.decide(client, health_document="").status_code == 302
        assert not GuidedPrice.objects.exists()
        settlement = settled_online(internet_hospital, lines=(("110200099", "99.00"),))
        assert settlement.total_fen == 9900

    @pytest.mark.requirement("INT-23", "INT-28", "INT-74")
    @pytest.mark.parametrize(
        "changes",
        [{"condition_permitted": " "}, {"service_kind": "health_management"}, {"is_between_institutions": "on"}],
    )
    def test_what_is_no_price_item_cannot_be_accepted(self, client, internet_hospital, changes):
        self.propose(client, **changes)
        assert self.decide(client).status_code == 409
        proposal = ItemProposal.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            ItemDecision.objects.create(
                proposal=proposal, is_accepted=True, reasons={}, note="x", document="x", decided_at=NOW,
                decided_by=new_member("third", "agency"),
            )  # fmt: skip
        assert (ItemDecision.objects.count(), PublishedItem.objects.count()) == (0, 0)
        assert self.decide(client, "refuse").status_code == 302

    @pytest.mark.requirement("INT-29")
    def test_an_old_item_renamed_wants_a_reason(self, client, internet_hospital):
        self.propose(client, name="互联网复诊诊查费")
        (found,) = ItemProposal.objects.get().findings
        assert (found["rule"], found["facts"]["code"], found["is_binding"]) == ("renamed", FOLLOW_UP, False)
        assert self.decide(client).status_code == 409
        assert not PublishedItem.objects.exists()
        assert self.decide(client, reason_0="内涵不同：影像判读").status_code == 302
        assert ItemDecision.objects.get().reasons == {f"renamed:{FOLLOW_UP}": "内涵不同：影像判读"}

    def test_bad_input_is_refused(self, client, internet_hospital):
        assert self.propose(client, content="").status_code == 400
        assert self.propose(client, price_tertiary="-3").status_code == 400
        assert self.propose(client, price_tertiary="", price_secondary="").status_code == 409
        InternetPractice.objects.update(valid_until=date(2026, 1, 1))
        assert self.propose(client).status_code == 409
        assert not ItemProposal.objects.exists()
        sign_in(client, "first")
        assert client.post(reverse("office:price_items"), self.GOOD).status_code == 404

    def test_codes_are_used_once_and_decisions_made_once(self, client, internet_hospital):
        self.propose(client)
        assert self.decide(client, code=FOLLOW_UP).status_code == 409
        assert self.decide(client, code="", valid_from="").status_code == 400
        assert self.decide(client).status_code == 302
        assert self.decide(client, "refuse").status_code == 409
        assert Institution.objects.filter(code="H11010100001").exists()

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_the_list_is_taken_out(self, client, internet_hospital, kind):
        sign_in(client, "auditor")
        assert client.get(reverse("office:price_items_file", args=[kind])).status_code == 200
        assert FOLLOW_UP in client.get(reverse("office:price_items")).content.decode()


class TestClearingWaits:
    @pytest.mark.requirement("INT-47", "INT-48")
    def test_a_month_is_cleared_when_its_visits_online_were_audited_and_decided(self, client, internet_hospital):
        settlement = settled_online(internet_hospital)
        month = localdate(settlement.settled_at).replace(day=1)
        application = ClearingApplication.objects.create(
            institution_id=settlement.institution_id, month=month, clearing_type="11", clearing_way="01", visits=1,
            total_fen=settlement.total_fen, fund_fen=settlement.fund_fen, account_fen=0, cash_fen=settlement.cash_fen,
            msgid="m", operator="o", applied_at=NOW, state="applied",
        )  # fmt: skip
        word = {"application_id": application.pk, "region": REGION, "by": "first", "note": "", "at": NOW}
        for run in (None, audited):
            if run is not None:
                run(settlement)
            with pytest.raises(AuditPendingError), transaction.atomic():
                decide_on_application(is_accepted=True, **word)
            application.refresh_from_db()
            assert application.state == "applied"
        sign_in(client, "first")
        said = {"verdict": "approve", "route": "none", "reason": "已补传"}
        assert post(client, "office:internet_audit_step", settlement.pk, "review", **said).status_code == 302
        decide_on_application(is_accepted=True, **word)
        application.refresh_from_db()
        assert application.state == "accepted"
