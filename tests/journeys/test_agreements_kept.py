"""Agreements in force: suspended, resumed, left, terminated, renewed; what the counter and the register make of it."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic

from yibao.domains.agreements.life import DayOutsideTermError, SuspensionOverError
from yibao.domains.agreements.models import Agreement, AgreementSuspension, Party
from yibao.domains.agreements.operations import AgreementReasonMissingError
from yibao.domains.agreements.queries import (
    agreement_gaps,
    designation_on,
    internet_agreement_on,
    is_designated_on,
    physician_annex_on,
)
from yibao.domains.institutions.models import Institution
from yibao.interfaces.gateway import directory
from yibao.policies import agreement_library
from yibao.workflows import assess_institution as assessing
from yibao.workflows import keep_agreement as keeping
from yibao.workflows import record_conduct as conduct
from yibao.workflows import sign_agreement as signing

from .agreement_houses import DAY, House, state_of
from .hospital import BEIJING
from .records import nothing_changes
from .small_town import REGION, new_person

TIANJIN = "120000"
TODAY = datetime.now(BEIJING)


@pytest.fixture
def house(db):
    return House(TIANJIN, code="H12010100001")


class TestSuspension:
    @pytest.mark.requirement("AGR-09")
    def test_days_of_it_do_not_count(self, house):
        agreement = house.designated()
        number = house.institution.pk
        with nothing_changes(), pytest.raises(AgreementReasonMissingError), atomic():
            keeping.suspend(agreement.case_id, begins_on=date(2021, 4, 1), asked_by=Party.AGENCY, act=house.decide())
        said = {"article": "协议第七条", "note": "拒不配合检查"}
        with nothing_changes(), pytest.raises(DayOutsideTermError), atomic():
            keeping.suspend(
                agreement.case_id, begins_on=date(2022, 3, 1), asked_by=Party.AGENCY, act=house.decide(**said)
            )
        keeping.suspend(agreement.case_id, begins_on=date(2021, 4, 1), asked_by=Party.AGENCY, act=house.decide(**said))
        days = (date(2021, 3, 31), date(2021, 4, 1), date(2021, 9, 28))
        assert [designation_on(number, day) is not None for day in days] == [True, False, False]
        keeping.resume(agreement.case_id, on=date(2021, 5, 1), act=house.decide())
        days = (date(2021, 4, 30), date(2021, 5, 1))
        assert [designation_on(number, day) is not None for day in days] == [False, True]
        assert [is_designated_on(number, day) for day in days] == [False, True]
        with pytest.raises(IntegrityError), atomic():
            AgreementSuspension.objects.update(lifted_on=date(2021, 4, 15))

    def test_too_long_a_one_ends_the_agreement(self, house):
        agreement = house.designated()
        said = {"article": "协议第七条", "note": "机构申请停业"}
        keeping.suspend(
            agreement.case_id, begins_on=date(2021, 4, 1), asked_by=Party.INSTITUTION, act=house.decide(**said)
        )
        assert AgreementSuspension.objects.get().ends_by == date(2021, 9, 28)
        with nothing_changes(), pytest.raises(SuspensionOverError), atomic():
            keeping.resume(agreement.case_id, on=date(2021, 9, 28), act=house.decide())
        assert designation_on(house.institution.pk, date(2021, 12, 1)) is None

    def test_the_counter_opens_no_visit_on_its_days(self, town, hospital):
        house = House(REGION, code=hospital.code)
        person = new_person()
        yesterday = TODAY - timedelta(days=1)
        hospital.expect("2201", {"data": hospital.registration(person, at=f"{TODAY:%Y-%m-%d %H:%M:%S}")})
        agreement = house.designated(at=yesterday)
        said = {"article": "协议第七条", "note": "基金安全风险"}
        keeping.suspend(
            agreement.case_id, begins_on=TODAY.date(), asked_by=Party.AGENCY, act=house.decide(TODAY, **said)
        )
        directory.forget()
        with nothing_changes(but=("message_store_message", "message_store_messagenumber")):
            assert "不是定点医药机构" in hospital.refuse(
                "2201", {"data": hospital.registration(person, at=f"{TODAY:%Y-%m-%d %H:%M:%S}")}
            )
        keeping.resume(agreement.case_id, on=TODAY.date(), act=house.decide(TODAY))
        directory.forget()
        hospital.expect("2201", {"data": hospital.registration(person, at=f"{TODAY:%Y-%m-%d %H:%M:%S}")})


class TestRequirement:
    def test_a_region_s_file_says_from_when_an_agreement_is_needed(self, house, monkeypatch):
        monkeypatch.setattr(
            "yibao.domains.agreements.queries.designation_required_from", lambda _region: date(2021, 1, 1)
        )
        number = house.institution.pk
        assert [is_designated_on(number, day) for day in (date(2020, 12, 31), date(2021, 1, 1))] == [True, False]
        house.designated(valid_from=date(2021, 3, 2))
        assert [is_designated_on(number, day) for day in (date(2021, 3, 1), date(2021, 3, 2), date(2022, 3, 2))] == [
            False, True, False,
        ]  # fmt: skip
        monkeypatch.undo()
        assert agreement_library.designation_required_from(TIANJIN) is None
        assert agreement_gaps(House(TIANJIN, code="H12010100009").institution.pk, TIANJIN) == ()


class TestEnd:
    @pytest.mark.requirement("AGR-09")
    def test_a_public_hospital_stays_and_others_say_so_in_time(self, house):
        agreement = house.designated()
        act = house.decide()
        with nothing_changes(), pytest.raises(keeping.PublicHospitalStaysError), atomic():
            keeping.leave(agreement.case_id, on=date(2021, 8, 1), is_public=True, act=act)
        with nothing_changes(), pytest.raises(keeping.LeavesTooSoonError), atomic():
            keeping.leave(agreement.case_id, on=date(2021, 5, 31), is_public=False, act=act)
        keeping.leave(agreement.case_id, on=date(2021, 6, 1), is_public=False, act=act)
        assert state_of(agreement.case) == "exited"
        assert Institution.objects.get(pk=house.institution.pk).designated_until == date(2021, 6, 1)
        days = (date(2021, 5, 31), date(2021, 6, 1))
        assert [is_designated_on(house.institution.pk, day) for day in days] == [True, False]
        again = house.designated(at=DAY + timedelta(days=120))
        assert again.valid_from == date(2021, 6, 29)
        days = (date(2021, 6, 28), date(2021, 6, 29))
        assert [is_designated_on(house.institution.pk, day) for day in days] == [False, True]

    def test_what_stands_on_a_designation_ends_with_it(self, house):
        agreement = house.designated()
        case = house.completed("physician", physician=house.physician().code)
        house.signed(case)
        said = {"article": "条例第四十条", "note": "查实骗保"}
        keeping.terminate(agreement.case_id, on=date(2021, 7, 1), act=house.decide(**said))
        assert state_of(case) == "terminated"
        assert set(Agreement.objects.values_list("ended_on", flat=True)) == {date(2021, 7, 1)}
        days = (date(2021, 6, 30), date(2021, 7, 1))
        annexes = [physician_annex_on(house.institution.pk, "D120101000001", day) for day in days]
        assert [annex is not None for annex in annexes] == [True, False]


class TestRenewal:
    def test_is_asked_for_in_the_last_months_and_follows_the_first(self, house):
        agreement = house.designated()
        with nothing_changes(), pytest.raises(keeping.RenewalTooEarlyError), atomic():
            keeping.ask_for_renewal(agreement.pk, house.act(datetime(2021, 11, 30, 9, tzinfo=BEIJING)))
        later = datetime(2021, 12, 1, 9, tzinfo=BEIJING)
        renewal = keeping.ask_for_renewal(agreement.pk, house.act(later))
        house.bring(renewal, at=later)
        from yibao.workflows import apply_for_agreement as applying
        from yibao.workflows import decide_on_agreement as deciding

        from .agreement_houses import all_met

        applying.submit(renewal.pk, house.act(later))
        deciding.review(renewal.pk, all_met(renewal), house.decide(later))
        deciding.assess(renewal.pk, is_passed=True, act=house.decide(later))
        deciding.negotiate(renewal.pk, house.decide(later))
        early = signing.OfferedText(number="", valid_from=date(2022, 2, 28))
        with nothing_changes(), pytest.raises(signing.BeginsTooEarlyError), atomic():
            signing.offer_text(renewal.pk, early, house.decide(later))
        following = house.signed(renewal, at=later, valid_from=date(2022, 3, 1))
        assert (state_of(agreement.case), state_of(renewal)) == ("renewed", "in_force")
        assert designation_on(house.institution.pk, date(2022, 2, 28)).pk == agreement.pk
        assert designation_on(house.institution.pk, date(2022, 3, 1)).pk == following.pk

    @pytest.mark.requirement("AGR-06", "AGR-07", "AGR-08")
    def test_a_failed_assessment_bars_it(self, house):
        agreement = house.designated()
        at = datetime(2021, 12, 1, 9, tzinfo=BEIJING)
        law = agreement_library.assessment_law(TIANJIN, date(2020, 12, 31))
        assert {each.dimension for each in law.indicators} == {"behaviour", "quality", "cost", "satisfaction"}
        scores = {each.key: 59_00 for each in law.of_scope("everyday")}
        said = {"institution_code": house.institution.code, "year": 2020, "scope": "everyday", "at": at}
        with nothing_changes(), pytest.raises(assessing.ScoreMissingError), atomic():
            assessing.enter_assessment(
                **said, reasons={}, scores_e2=scores | {"cost_control": 100_01}, member=house.officers[0]
            )
        sheet = assessing.enter_assessment(**said, reasons={}, scores_e2=scores, member=house.officers[0])
        assert (sheet.score_e2, sheet.grade, sheet.payment_percent, sheet.may_renew) == (59_00, "failed", 0, False)
        keeping.ask_for_renewal(agreement.pk, house.act(at))  # nothing is published yet
        Agreement.objects.get(pk=agreement.pk)
        with pytest.raises(conduct_error("OwnSheetError")), nothing_changes(), atomic():
            assessing.publish_assessment(sheet.pk, member=house.officers[0], at=at)
        assessing.publish_assessment(sheet.pk, member=house.officers[1], at=at)
        with nothing_changes(), pytest.raises(keeping.RenewalBarredError), atomic():
            keeping.ask_for_renewal(agreement.pk, house.act(at))
        with nothing_changes(), pytest.raises(conduct_error("AssessmentPublishedError")), atomic():
            assessing.enter_assessment(**said, reasons={}, scores_e2=scores, member=house.officers[0])


def conduct_error(name):
    """An error of the domain by its name."""
    from yibao.domains.agreements import conduct_operations

    return getattr(conduct_operations, name)


class TestPoints:
    @pytest.fixture
    def annex(self, house):
        code = house.physician().code
        at = datetime(2024, 9, 2, 9, tzinfo=BEIJING)
        house.signed(house.completed("physician", physician=code, at=at), at=at)
        return code

    def give(self, house, code, points, act, day, *, document="津医保罚〔2024〕1号"):
        wish = conduct.PointsWish(
            institution_code=house.institution.code, practitioner_code=code, act=act, responsibility="main",
            points=points, decided_on=day, document=document, handled_on=day, reason="查实",
        )  # fmt: skip
        return conduct.give_points(wish, member=house.officers[0], at=datetime(2025, 12, 1, 9, tzinfo=BEIJING))

    def standing(self, house, code, day):
        annex = physician_annex_on(house.institution.pk, code, day)
        return annex and (annex.points, annex.suspended_until)

    @pytest.mark.requirement("INT-41")
    def test_they_suspend_and_reset_by_the_natural_year(self, house, annex):
        self.give(house, annex, 5, "penalised", date(2024, 10, 8))
        assert self.standing(house, annex, date(2024, 11, 1)) == (5, None)
        nine = self.give(house, annex, 5, "penalised", date(2024, 12, 10))
        assert self.standing(house, annex, date(2024, 12, 9)) == (5, None)
        assert self.standing(house, annex, date(2024, 12, 10)) == (10, date(2025, 4, 10))
        assert self.standing(house, annex, date(2025, 1, 1)) == (0, date(2025, 4, 10))
        assert self.standing(house, annex, date(2025, 4, 10)) == (0, None)
        conduct.withdraw_points(
            nine.pk, reason="申诉成立", member=house.officers[0], at=datetime(2024, 12, 20, 9, tzinfo=BEIJING)
        )
        assert self.standing(house, annex, date(2024, 12, 19)) == (10, date(2025, 4, 10))
        assert self.standing(house, annex, date(2024, 12, 20)) == (5, None)
        with nothing_changes(), pytest.raises(conduct_error("PointsTakenBackError")), atomic():
            conduct.withdraw_points(nine.pk, reason="又", member=house.officers[0], at=TODAY)

    def test_twelve_end_the_qualification(self, house, annex):
        self.give(house, annex, 12, "fraud", date(2024, 10, 8))
        assert self.standing(house, annex, date(2024, 10, 7)) == (0, None)
        assert self.standing(house, annex, date(2024, 10, 8)) is None
        from yibao.domains.agreements.points import staff_standing_on

        assert staff_standing_on(annex, date(2027, 10, 7)).barred_until == date(2027, 10, 8)
        assert staff_standing_on(annex, date(2027, 10, 8)).barred_until is None

    def test_adding_up_to_twelve_bars_for_a_year(self, house, annex):
        self.give(house, annex, 6, "penalised", date(2024, 10, 8))
        self.give(house, annex, 6, "penalised", date(2024, 11, 8))
        from yibao.domains.agreements.points import staff_standing_on

        assert staff_standing_on(annex, date(2024, 11, 8)).barred_until == date(2025, 11, 8)

    def test_the_band_and_the_handling_come_first(self, house, annex):
        day = date(2024, 10, 8)
        with nothing_changes(), pytest.raises(conduct.PointsOutsideBandError), atomic():
            self.give(house, annex, 4, "agreement_breach", day)
        with nothing_changes(), pytest.raises(conduct.HandlingMissingError), atomic():
            self.give(house, annex, 2, "agreement_breach", day, document=" ")
        with nothing_changes(), pytest.raises(conduct.UnknownActError), atomic():
            self.give(house, annex, 2, "no_such_act", day)


class TestBreaches:
    def record(self, house, **said):
        wish = {
            "institution_code": house.institution.code, "practitioner_code": "", "is_internet": True,
            "found_on": date(2021, 3, 1), "facts": "超出复诊范围", "article": "第九条", "route": "agreement",
            "handling": "penalty", "amount_fen": 10_000, "document": "津协处〔2021〕1号", **said,
        }  # fmt: skip
        return conduct.record_breach(conduct.BreachWish(**wish), member=house.officers[0], at=DAY)

    @pytest.mark.requirement("INT-54", "INT-55", "INT-79")
    def test_is_published_by_another_officer_and_notified_once(self, house):
        breach = self.record(house)
        for_public = {"summary": "某医院超范围开展互联网复诊，按协议处理。", "at": DAY}
        with nothing_changes(), pytest.raises(conduct_error("OwnSheetError")), atomic():
            conduct.make_breach_public(breach.pk, **for_public, member=house.officers[0])
        conduct.make_breach_public(breach.pk, **for_public, member=house.officers[1])
        conduct.notify_department(breach.pk, department="health", member=house.officers[1], at=DAY)
        with nothing_changes(), pytest.raises(conduct_error("BreachPublishedError")), atomic():
            conduct.notify_department(breach.pk, department="health", member=house.officers[1], at=DAY)
        with nothing_changes(), pytest.raises(conduct.UnknownActError), atomic():
            conduct.notify_department(breach.pk, department="weather", member=house.officers[1], at=DAY)

    @pytest.mark.requirement("INT-55", "INT-81", "INT-82")
    def test_what_is_not_the_agreement_s_is_left_to_others(self, house):
        administrative = self.record(house, route="administrative", document="津移〔2021〕1号")
        crime = self.record(house, route="transfer", document="津移〔2021〕2号")
        assert {administrative.handling, crime.handling} == {"none"}
        with nothing_changes(), pytest.raises(conduct_error("BreachDocumentUsedError")), atomic():
            self.record(house, document="津移〔2021〕2号")
        assert internet_agreement_on(house.institution.pk, date(2021, 3, 1)) is None
