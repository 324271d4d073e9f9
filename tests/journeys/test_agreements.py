"""A hospital applies for agreements: shortcomings told once, test, signatures, life and end; by the region's law alone."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
import pytest
from django.db import IntegrityError
from django.db.transaction import atomic

from yibao.core import sm2
from yibao.domains.agreements.clocks import case_clock
from yibao.domains.agreements.models import Agreement, AgreementCase, AgreementSignature, CaseEvent, ShortcomingNotice
from yibao.domains.agreements.operations import (
    AgreementReasonMissingError,
    ApplicationStandsError,
    NotThisPartyError,
    SecondShortcomingNoticeError,
    UnknownCaseError,
)
from yibao.domains.agreements.queries import designation_on, internet_agreement_on, is_designated_on
from yibao.domains.agreements.signing import (
    OwnKeySignsElsewhereError,
    SignatureDoesNotFitError,
    seal_anew,
    signatures_stand,
)
from yibao.domains.agreements.states import AgreementStepError
from yibao.policies import NoPolicyError
from yibao.policies.agreements import Window
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import sign_agreement as signing

from .agreement_houses import DAY, House, all_met, state_of
from .hospital import BEIJING
from .records import nothing_changes

TIANJIN, HEBEI = "120000", "130100"


@pytest.fixture
def house(db):
    return House(TIANJIN, code="H12010100001")


def on(year, month, day, hour=9):
    return datetime(year, month, day, hour, tzinfo=BEIJING)


SHORT = {
    "kind": "internet", "is_passed": False,
    "transactions": [{"infno": "6202", "zh": "支付下单", "en": "order", "state": "missing"},
                     {"infno": "2201", "zh": "挂号", "en": "register", "state": "performed"}],
    "chains": [{"key": "business_normal", "zh": "正常业务", "en": "ordinary", "is_done": False, "lacking": ["2207"]}],
}  # fmt: skip
"""A report that lacks a transaction and a chain."""


class TestTianjin:
    @pytest.mark.requirement("AGR-01", "AGR-05", "AGR-12", "INT-08", "INT-17", "NET-05")
    def test_a_hospital_comes_from_its_application_to_an_agreement_in_force(self, house):
        case = house.opened()
        house.bring(case, but=("system_description",))
        applying.submit(case.pk, house.act())
        verdicts = all_met(case) | {"business_apart": deciding.Verdict(is_met=False, note="未区分异地业务")}
        deciding.review(case.pk, verdicts, house.decide())
        notice = ShortcomingNotice.objects.get(case=case)
        assert [(item["kind"], item["key"], item["note"]) for item in notice.items] == [
            ("material", "system_description", ""),
            ("condition", "business_apart", "未区分异地业务"),
        ]
        house.bring(case, at=on(2021, 3, 5))
        applying.supplement(case.pk, house.act(on(2021, 3, 5)))
        deciding.review(case.pk, all_met(case), house.decide(on(2021, 3, 8)))
        applying.ask_for_test(case.pk, house.act(on(2021, 6, 8)))
        report = house.report(at=on(2021, 6, 10), is_passed=True)
        deciding.conclude_test(case.pk, house.decide(on(2021, 6, 10)))
        agreement = house.signed(case, at=on(2021, 6, 15))
        case.refresh_from_db()
        assert (case.state, case.report_id, case.clock_from) == ("in_force", report.pk, None)
        assert (agreement.valid_from, agreement.valid_until) == (date(2021, 6, 15), date(2022, 6, 15))
        assert signatures_stand(agreement)
        assert internet_agreement_on(house.institution.pk, date(2021, 6, 14)) is None
        assert internet_agreement_on(house.institution.pk, date(2021, 6, 15)) == agreement
        assert internet_agreement_on(house.institution.pk, date(2022, 6, 15)) is None
        steps = [
            "open", "submit", "notify", "supplement", "complete", "ask_test", "pass_test", "offer", "sign_institution",
            "sign_agency",
        ]  # fmt: skip
        events = CaseEvent.objects.filter(case=case)
        assert [event.step for event in events] == steps
        assert {event.member.user.username for event in events} == {
            "clerk-H12010100001", "officer-H12010100001-0", "officer-H12010100001-1"
        }  # fmt: skip

    @pytest.mark.requirement("INT-18")
    def test_there_is_no_second_notice(self, house):
        case = house.opened()
        house.bring(case, but=("internet_licence",))
        applying.submit(case.pk, house.act())
        deciding.review(case.pk, all_met(case), house.decide())
        with nothing_changes(), pytest.raises(applying.NothingSupplementedError), atomic():
            applying.supplement(case.pk, house.act())
        house.bring(case)
        applying.supplement(case.pk, house.act())
        verdicts = all_met(case) | {"can_connect": deciding.Verdict(is_met=False, note="新的问题")}
        with nothing_changes(), pytest.raises(SecondShortcomingNoticeError), atomic():
            deciding.review(case.pk, verdicts, house.decide())
        with pytest.raises(IntegrityError), atomic():
            ShortcomingNotice.objects.create(
                case=case, stage="materials", items=[{"key": "x"}], given_at=DAY, given_by=house.officers[0]
            )
        with nothing_changes(), pytest.raises(AgreementReasonMissingError), atomic():
            deciding.refuse(case.pk, house.decide())
        deciding.refuse(case.pk, house.decide(article="第五条（三）", note="不能接入"))
        assert state_of(case) == "refused"

    @pytest.mark.requirement("INT-73")
    def test_the_test_is_asked_for_after_rebuilding_and_who_was_told_of_shortcomings_applies_again(self, house):
        case = house.submitted()
        with nothing_changes(), pytest.raises(AgreementStepError), atomic():
            applying.ask_for_test(case.pk, house.act())  # nothing was found complete, and so nothing rebuilt
        deciding.review(case.pk, all_met(case), house.decide())
        applying.ask_for_test(case.pk, house.act())
        house.report(at=DAY + timedelta(hours=1), is_passed=False, judgement=SHORT)
        deciding.conclude_test(case.pk, house.decide())
        assert ShortcomingNotice.objects.filter(case=case, stage="test").exists()
        again = house.completed()
        assert (again.previous_id, state_of(case)) == (case.pk, "failed")
        applying.ask_for_test(again.pk, house.act())
        house.report(at=DAY + timedelta(hours=2), is_passed=True)
        deciding.conclude_test(again.pk, house.decide())
        assert state_of(again) == "accepted"

    @pytest.mark.requirement("INT-73")
    def test_who_was_refused_for_shortcomings_applies_again(self, house):
        case = house.opened()
        house.bring(case, but=("internet_licence",))
        applying.submit(case.pk, house.act())
        deciding.review(case.pk, all_met(case), house.decide())
        house.bring(case)
        applying.supplement(case.pk, house.act())
        deciding.refuse(case.pk, house.decide(article="第五条（三）", note="不能接入"))
        again = house.opened()
        assert (again.previous_id, state_of(case), again.state) == (case.pk, "refused", "draft")

    def test_who_withdraws_applies_again(self, house):
        case = house.submitted()
        with nothing_changes(), pytest.raises(ApplicationStandsError), atomic():
            house.opened()
        applying.withdraw(case.pk, house.act())
        again = house.opened()
        assert (again.previous_id, again.state) == (case.pk, "draft")

    def test_nothing_is_refused_before_the_notice_was_answered(self, house):
        case = house.submitted()
        with nothing_changes(), pytest.raises(AgreementStepError), atomic():
            deciding.refuse(case.pk, house.decide(article="第五条", note="x"))
        with nothing_changes(), pytest.raises(deciding.VerdictMissingError), atomic():
            deciding.review(case.pk, {}, house.decide())

    @pytest.mark.requirement("INT-14", "INT-15", "INT-16", "INT-17")
    def test_terms_are_the_law_s_over_holidays(self, house):
        case = house.submitted(at=on(2021, 9, 29))  # 1 to 7 October are off, 9 October is a Saturday at work
        assert case_clock(case, today=date(2021, 10, 9)).due_on == date(2021, 10, 12)
        assert case_clock(case, today=date(2021, 10, 9)).left == 3
        assert case_clock(case, today=date(2021, 10, 13)).is_late
        deciding.review(case.pk, all_met(case), house.decide(on(2021, 10, 12)))
        case.refresh_from_db()
        assert (case.clock_stage, case_clock(case, today=date(2021, 10, 13)).due_on) == ("rebuild", date(2022, 1, 12))
        with nothing_changes(), pytest.raises(applying.RebuildOverdueError), atomic():
            applying.ask_for_test(case.pk, house.act(on(2022, 1, 13)))
        applying.ask_for_test(case.pk, house.act(on(2022, 1, 12)))
        case.refresh_from_db()
        assert case_clock(case, today=date(2022, 1, 13)).due_on == date(2022, 1, 19)
        house.report(at=on(2022, 1, 19), is_passed=True)
        deciding.conclude_test(case.pk, house.decide(on(2022, 1, 19)))
        case.refresh_from_db()
        assert (case.clock_stage, case_clock(case, today=date(2022, 1, 20)).due_on) == ("sign", date(2022, 1, 26))
        assert case_clock(case, today=date(2022, 1, 27)).is_late

    def test_an_application_lapses_when_the_institution_let_its_term_pass(self, house):
        case = house.completed()
        with nothing_changes(), pytest.raises(deciding.NotOverdueError), atomic():
            deciding.lapse(case.pk, house.decide(on(2021, 6, 1)))
        deciding.lapse(case.pk, house.decide(on(2021, 6, 2)))
        assert state_of(case) == "lapsed"

    @pytest.mark.requirement("INT-16", "INT-18", "NET-05")
    def test_without_a_passed_report_nothing_is_signed(self, house):
        case = house.completed()
        house.report(at=on(2021, 3, 1, 8), is_passed=True)  # before the test was asked for
        wish = signing.OfferedText(number="", valid_from=DAY.date())
        with nothing_changes(), pytest.raises(AgreementStepError), atomic():
            signing.offer_text(case.pk, wish, house.decide())
        applying.ask_for_test(case.pk, house.act())
        with nothing_changes(), pytest.raises(deciding.NoTestReportError), atomic():
            deciding.conclude_test(case.pk, house.decide())
        house.report(at=DAY + timedelta(hours=1), is_passed=True, kind="hospital_2")
        with nothing_changes(), pytest.raises(deciding.NoTestReportError), atomic():
            deciding.conclude_test(case.pk, house.decide())
        house.report(at=DAY + timedelta(hours=2), is_passed=False, judgement=SHORT)
        deciding.conclude_test(case.pk, house.decide())
        notice = ShortcomingNotice.objects.get(case=case, stage="test")
        assert [(item["kind"], item["key"]) for item in notice.items] == [
            ("transaction", "6202"), ("chain", "business_normal"),
        ]  # fmt: skip
        assert state_of(case) == "failed"
        with nothing_changes(), pytest.raises(AgreementStepError), atomic():
            signing.offer_text(case.pk, wish, house.decide())
        with pytest.raises(IntegrityError), atomic():
            AgreementCase.objects.filter(pk=case.pk).update(state="in_force", report=None)
        assert house.opened().previous_id == case.pk

    @pytest.mark.requirement("INT-57")
    def test_outside_of_the_measures_days_the_nation_s_rules_hold(self, house):
        after = applying.agreement_procedure(TIANJIN, "internet", date(2022, 11, 1))
        before = applying.agreement_procedure(TIANJIN, "internet", date(2022, 10, 31))
        assert (before.region, after.region) == (TIANJIN, "100000")
        with pytest.raises(NoPolicyError):
            applying.agreement_procedure(TIANJIN, "internet", date(2020, 10, 1))


class TestParties:
    def test_each_step_belongs_to_one(self, house):
        case = house.submitted()
        with nothing_changes(), pytest.raises(NotThisPartyError), atomic():
            deciding.review(case.pk, all_met(case), house.act())
        with nothing_changes(), pytest.raises(NotThisPartyError), atomic():
            applying.withdraw(case.pk, house.decide())
        stranger = House("310000", code="H31010100001")
        for act in (stranger.act(), stranger.decide()):
            with nothing_changes(), pytest.raises(UnknownCaseError), atomic():
                applying.withdraw(case.pk, act)

    def test_who_reviewed_does_not_sign(self, house):
        case = house.completed()
        applying.ask_for_test(case.pk, house.act())
        house.report(at=DAY, is_passed=True)
        deciding.conclude_test(case.pk, house.decide())
        with pytest.raises(signing.SameAgreementOfficerError):
            house.signed(case, officer=0)
        with nothing_changes(), pytest.raises(signing.SameAgreementOfficerError), atomic():
            signing.sign_for_agency(case.pk, house.decide(officer=0))
        signing.sign_for_agency(case.pk, house.decide(officer=2))
        assert state_of(case) == "in_force"


class TestSigning:
    @pytest.fixture
    def case(self, house):
        case = house.completed("physician", physician=house.physician().code)
        signing.offer_text(case.pk, signing.OfferedText(number="协-1", valid_from=DAY.date()), house.decide(officer=1))
        return case

    @pytest.mark.requirement("AGR-04", "AGR-05")
    def test_an_institution_may_keep_its_key_itself(self, house, case):
        private = sm2.new_private_key()
        signing.key_for_institution(public_key=sm2.public_key_of(private), act=house.act())
        agreement = Agreement.objects.get(case=case)
        with nothing_changes(), pytest.raises(OwnKeySignsElsewhereError), atomic():
            signing.sign_for_institution(case.pk, signature="", act=house.act())
        wrong = sm2.sign(sm2.new_private_key(), agreement.digest.encode()).hex()
        other = sm2.sign(private, ("0" * 64).encode()).hex()
        for signature in (wrong, other, "nonsense"):
            with nothing_changes(), pytest.raises(SignatureDoesNotFitError), atomic():
                signing.sign_for_institution(case.pk, signature=signature, act=house.act())
        fits = sm2.sign(private, agreement.digest.encode()).hex()
        signing.sign_for_institution(case.pk, signature=fits, act=house.act())
        signing.sign_for_agency(case.pk, house.decide(officer=1))
        agreement.refresh_from_db()
        assert agreement.signed_at == DAY
        parts = {clause["part"] for clause in agreement.content["clauses"]}
        assert {"rights", "duties", "responsibility"} <= parts
        assert "协-1" in agreement.content["clauses"][0]["zh"]
        assert "医保发〔2024〕23号" in agreement.content["clauses"][0]["zh"]
        assert "第2号" not in agreement.content["clauses"][0]["zh"]

    def test_the_database_keeps_what_was_agreed(self, house, case):
        agreement = Agreement.objects.get(case=case)
        with pytest.raises(IntegrityError), atomic():
            Agreement.objects.filter(pk=agreement.pk).update(signed_at=DAY)
        signing.key_for_institution(public_key="", act=house.act())
        signing.sign_for_institution(case.pk, signature="", act=house.act())
        for changes in ({"signed_at": DAY}, {"digest": "0" * 64}, {"valid_until": date(2030, 1, 1)}):
            with pytest.raises(IntegrityError), atomic():
                Agreement.objects.filter(pk=agreement.pk).update(**changes)
        with pytest.raises(IntegrityError), atomic():
            AgreementSignature.objects.filter(agreement=agreement).delete()
        signing.sign_for_agency(case.pk, house.decide(officer=1))
        with pytest.raises(IntegrityError), atomic():
            Agreement.objects.filter(pk=agreement.pk).update(signed_at=None)


class TestHebei:
    @pytest.mark.requirement("INT-60", "INT-61")
    def test_a_hospital_applies_for_both_together_by_the_file_alone(self, db):
        house = House(HEBEI, code="H13010100001", designated_from=None)
        with pytest.raises(applying.NoDesignationError):
            house.opened()
        designation = house.submitted("designation")
        supplement = house.completed("internet")
        assert supplement.together_with_id == designation.pk
        assert applying.law_of_case(supplement).procedure.path == ()
        verdicts = all_met(designation)
        deciding.review(designation.pk, verdicts, house.decide())
        signing.key_for_institution(public_key="", act=house.act())
        wish = signing.OfferedText(number="", valid_from=DAY.date())
        signing.offer_text(supplement.pk, wish, house.decide(officer=1))
        signing.sign_for_institution(supplement.pk, signature="", act=house.act())
        with nothing_changes(), pytest.raises(signing.BaseAgreementMissingError), atomic():
            signing.sign_for_agency(supplement.pk, house.decide(officer=1))
        deciding.assess(designation.pk, is_passed=True, act=house.decide())
        deciding.negotiate(designation.pk, house.decide())
        assert not is_designated_on(house.institution.pk, DAY.date())
        agreement = house.signed(designation)
        assert designation_on(house.institution.pk, DAY.date()) == agreement
        assert is_designated_on(house.institution.pk, DAY.date())
        signing.sign_for_agency(supplement.pk, house.decide(officer=1))
        assert internet_agreement_on(house.institution.pk, DAY.date()) is not None

    def test_in_tianjin_it_does_not(self, db):
        house = House(TIANJIN, code="H12010100002", designated_from=None)
        house.submitted("designation")
        with nothing_changes(), pytest.raises(applying.NoDesignationError), atomic():
            house.opened()


class TestCalendar:
    def test_of_a_year_that_is_not_known_is_not_guessed(self, house):
        case = house.submitted("designation", at=on(2026, 12, 29))
        clock = case_clock(case, today=date(2026, 12, 30))
        assert (clock.due_on, clock.unknown_year, clock.is_late) == (None, 2027, False)


class TestKeysAtRest:
    def test_are_sealed_anew_under_a_new_master_key(self, house, settings):
        key = signing.key_for_institution(public_key="", act=house.act())
        old = settings.MASTER_KEYS
        settings.MASTER_KEYS = ("a new master key of more than enough letters", *old)
        assert (seal_anew(), seal_anew()) == (1, 0)
        settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
        case = house.completed("physician", physician=house.physician().code)
        signing.offer_text(case.pk, signing.OfferedText(number="", valid_from=DAY.date()), house.decide(officer=1))
        signing.sign_for_institution(case.pk, signature="", act=house.act())
        assert AgreementSignature.objects.get().key_id == key.pk


class TestWindow:
    def test_outside_of_it_nothing_is_taken(self, house, monkeypatch):
        law = applying.agreement_procedure(TIANJIN, "internet", DAY.date())
        january = Window(
            first="01-01", last="01-31", clause="window", source=None, article=None, trust="our_default", note="test"
        )
        told = replace(law, procedure=msgspec.structs.replace(law.procedure, windows=[january]))
        case = house.opened()
        house.bring(case)
        monkeypatch.setattr(applying, "agreement_procedure", lambda *_asked: told)
        for day in (on(2021, 2, 1), on(2021, 12, 31)):
            with nothing_changes(), pytest.raises(applying.OutsideWindowError), atomic():
                applying.submit(case.pk, house.act(day))
        assert applying.submit(case.pk, house.act(on(2022, 1, 31))).state == "submitted"
