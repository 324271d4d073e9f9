"""Reimbursement by hand through its workflows: it counts like a settlement at the counter, and what is refused changes nothing."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from yibao.core.working_days import add_working_days
from yibao.domains.claims.models import Application, Document, Event, Notice, PaymentOrder
from yibao.domains.claims.operations import (
    ArticleMissingError,
    InvoiceUsedError,
    InvoiceWithoutAmountError,
    NothingToPayError,
    SameOfficerError,
    SecondNoticeError,
    UnknownApplicationError,
    UnknownDocumentError,
)
from yibao.domains.claims.queries import clock_of, overdue
from yibao.domains.claims.states import WrongStateError
from yibao.domains.institutions.operations import designate
from yibao.domains.ledger.queries import balance_fen, entries_of_cause
from yibao.domains.people.models import Voucher
from yibao.domains.reimbursement.models import BillLine, Calculation
from yibao.domains.reimbursement.operations import UnknownLineError
from yibao.domains.reimbursement.queries import case_of
from yibao.domains.settlement.models import Accumulator, Settlement
from yibao.domains.visits.models import Visit
from yibao.engines.pricing import InconsistentAmountError
from yibao.workflows.apply_for_reimbursement import (
    DocumentsMissingError,
    NeverInsuredHereError,
    NoSuchInstitutionError,
    NoSuchPersonError,
    NothingMissingError,
    NoticeTooLateError,
    WrongDaysError,
    accept,
    apply_for_reimbursement,
    correct_document,
    missing_documents,
    notify_missing,
)
from yibao.workflows.file_for_person import Filer, FilingWish, enter_filing
from yibao.workflows.pay_claim import pay, payment_returned
from yibao.workflows.reimburse_by_hand import (
    BillLineOutsideCareError,
    CalculationChangedError,
    NotCalculatedError,
    NothingBilledError,
    NoVoucherError,
    approve,
    calculate,
    check_case,
    refuse,
    refuse_typed_line,
    send_back,
    type_bill,
    withdraw,
    withdraw_typed_line,
)
from yibao.workflows.reverse_reimbursement import reverse_reimbursement
from yibao.workflows.settle_visit import NotInsuredError
from yibao.workflows.upload_fees import UnlistedItemError

from .office_records import OTHER_REGION, found_staff, new_member
from .records import nothing_changes
from .reimbursements import (
    BY_HAND,
    FIRST_DAY,
    RECEIVED,
    accepted,
    act,
    applicant,
    applied,
    approved,
    bring,
    bring_all,
    checked,
    found_officers,
    line,
    wish,
)
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town", "_officers")


@pytest.fixture
def _officers(standing_town):
    found_officers()


@pytest.fixture
def person(standing_town):
    return new_person(balance_fen=100_000)


def settled(application):
    """The settlement of an approved application."""
    return case_of(Application.objects.get(pk=application.pk)).settlement


def far_away():
    """A hospital in another region."""
    designate(
        code="H31010100001", name="外地医院", kind="hospital", level="tertiary", division="310101", beds=1,
        designated_from=date(2019, 1, 1), actor="test",
    )  # fmt: skip


def file_elsewhere(person, *, reason):
    """Care in the other region is on file from the first day of the stay."""
    filed = FilingWish(
        kind="elsewhere", person_number=person.number, valid_from=FIRST_DAY, last_day=None, destination="310101",
        reason=reason,
    )  # fmt: skip
    enter_filing(filed, Filer("officer", datetime(2026, 10, 1, tzinfo=UTC), region=REGION))


class TestTheWholeLife:
    @pytest.mark.requirement("MAN-01")
    def test_it_gives_what_the_counter_would_have_given(self, person, hospital):
        other = new_person()
        _, at_the_counter = hospital.stay(other, "20000.00")

        application = approved(person)
        row = settled(application)

        assert row.fund_fen == round(at_the_counter["fund_pay_sumamt"] * 100)
        assert (row.infno, row.account_fen, row.cash_fen) == ("byhand", 0, row.person_fen)
        assert Accumulator.objects.get(person=person).amounts == Accumulator.objects.get(person=other).amounts
        assert Calculation.objects.get().trace == row.trace
        assert (application.state, row.visit.state, row.visit.place) == ("approved", "discharged", "local")

    def test_it_counts_for_the_next_visit_at_the_counter(self, person, hospital):
        approved(person)
        _, second = hospital.stay(person, "20000.00", at="2026-11-11 10:00:00", until="2026-11-13 10:00:00")
        other = new_person()
        hospital.stay(other, "20000.00")
        _, expected = hospital.stay(other, "20000.00", at="2026-11-11 10:00:00", until="2026-11-13 10:00:00")
        assert second["fund_pay_sumamt"] == expected["fund_pay_sumamt"]
        assert second["act_pay_dedc"] == expected["act_pay_dedc"]

    def test_the_ledger_owes_it_to_the_person_and_then_to_nobody(self, person):
        application = approved(person)
        row = settled(application)
        owed = [e for e in entries_of_cause(cause="settlement", cause_id=row.pk) if e.account.code == "2001"]
        assert {(e.institution_id, e.person_id) for e in owed} == {(None, person.pk)}
        assert sum(e.credit_fen for e in owed) == row.fund_fen

        order = pay(application.pk, application_kind=BY_HAND, act=act("payer"))

        assert (order.amount_fen, order.account_number) == (row.fund_fen, "6222000011112222333")
        assert Application.objects.get(pk=application.pk).state == "closed"
        assert sum(balance_fen(book=e.account.book_id, account="2001") for e in owed[:1]) == 0
        paid = entries_of_cause(cause="payment", cause_id=order.pk)
        assert sum(e.credit_fen for e in paid if e.account.code == "1003") == row.fund_fen

    def test_a_payment_that_comes_back_is_ordered_anew(self, person):
        application = approved(person)
        first = pay(application.pk, application_kind=BY_HAND, act=act("payer"))
        payment_returned(
            application.pk, application_kind=BY_HAND, reason="账号有误", bank_name="另一银行",
            account_holder=person.name, account_number="6222999911112222333", act=act("receiver"),
        )  # fmt: skip
        second = pay(application.pk, application_kind=BY_HAND, act=act("payer"))

        assert (second.account_number, second.amount_fen) == ("6222999911112222333", first.amount_fen)
        back = entries_of_cause(cause="pay_return", cause_id=first.pk)
        assert sum(e.credit_fen for e in back) == -first.amount_fen
        with pytest.raises(IntegrityError, match="kept as it was"), transaction.atomic():
            PaymentOrder.objects.filter(pk=first.pk).update(amount_fen=1)

    def test_taking_it_back_restores_everything_and_frees_the_invoice(self, person):
        before = Accumulator.objects.filter(person=person).count()
        application = approved(person, invoice="INV-BACK")
        row = settled(application)
        reverse_reimbursement(application.pk, act("checker", article="第十七条"))

        reversal = Settlement.objects.get(reverses=row)
        assert (reversal.fund_fen, reversal.infno) == (-row.fund_fen, "byhand")
        assert before == 0
        assert set(Accumulator.objects.get(person=person).amounts.values()) == {0}
        assert Visit.objects.get(pk=row.visit_id).state == "cancelled"
        red = entries_of_cause(cause="settlement", cause_id=reversal.pk)
        assert {(e.institution_id, e.person_id) for e in red if e.account.code == "2001"} == {(None, person.pk)}
        again = approved(person, invoice="INV-BACK")
        assert settled(again).fund_fen == row.fund_fen

    def test_a_refused_line_is_the_persons(self, person):
        lines = [line(20000), line(1000, code="XA01")]
        application = accepted(person, total_yuan=21000, lines=lines)
        doubtful = BillLine.objects.filter(reimbursement_id=application.pk).last()
        refuse_typed_line(application.pk, doubtful.pk, act("checker", article="目录外 第四条"))
        calculation = calculate(application.pk, act("checker"))
        assert (calculation.total_fen, calculation.full_self_pay_fen) == (2_100_000, 100_000)
        check_case(application.pk, act("checker"))
        approve(application.pk, act("decider"))
        assert settled(application).full_self_pay_fen == 100_000

    def test_a_line_without_a_code_is_the_persons(self, person):
        application = accepted(person, total_yuan=20300, lines=[line(20000), line(300, code="")])
        assert calculate(application.pk, act("checker")).full_self_pay_fen == 30_000

    def test_a_bill_below_the_deductible_counts_and_closes_without_a_payment(self, person):
        application = approved(person, total_yuan=500)
        assert application.state == "closed"
        assert settled(application).deductible_fen == 50_000
        assert any(Accumulator.objects.get(person=person).amounts.values())
        with nothing_changes(), pytest.raises(WrongStateError):
            pay(application.pk, application_kind=BY_HAND, act=act("payer"))

    def test_every_step_is_kept_with_its_officer(self, person):
        application = approved(person)
        pay(application.pk, application_kind=BY_HAND, act=act("payer"))
        told = [(e.step, e.member.user.username) for e in Event.objects.filter(application=application)]
        assert told == [
            ("receive", "receiver"), ("accept", "receiver"), ("check", "checker"), ("approve", "decider"),
            ("pay", "payer"),
        ]  # fmt: skip
        with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
            Event.objects.filter(application=application).update(note="x")

    def test_care_elsewhere_is_paid_by_where_it_was_on_file(self, person):
        far_away()
        assert case_of(applied(person, institution="H31010100001")).place == "unfiled"
        assert case_of(applied(person, institution="H31010100001", reason="emergency")).place == "emergency"
        for said in ("filed", "referred", "emergency", "temporary", "unfiled"):
            assert case_of(applied(person, institution="H31010100001", elsewhere=said)).place == said
            assert case_of(applied(person, elsewhere=said)).place == "local"

    @pytest.mark.parametrize(
        ("reason", "place"),
        [("long_stay", "filed"), ("referral", "referred"), ("emergency", "emergency"), ("temporary", "temporary")],
    )
    def test_care_elsewhere_counts_as_what_was_filed_for_its_first_day(self, person, reason, place):
        far_away()
        file_elsewhere(person, reason=reason)
        assert case_of(applied(person, institution="H31010100001")).place == place
        late = {"began_on": date(2026, 9, 30), "ended_on": date(2026, 9, 30)}
        assert case_of(applied(person, institution="H31010100001", **late)).place == "unfiled"
        # a temporary filing gives way to an emergency, the others do not
        urgent = case_of(applied(person, institution="H31010100001", reason="emergency")).place
        assert urgent == ("emergency" if reason == "temporary" else place)


class TestTheTrial:
    def test_it_writes_nothing_but_the_calculation(self, person):
        application = accepted(person)
        with nothing_changes(but=("reimbursement_calculation",)):
            calculation = calculate(application.pk, act("checker"))
        assert calculation.fund_fen > 0
        assert Visit.objects.count() == 0

    def test_its_checks_name_what_is_odd(self, person, hospital):
        hospital.stay(person, "1000.00", at="2026-11-03 10:00:00", until="2026-11-05 10:00:00")
        application = accepted(person, invoice="INV2", lines=[line(19000)])
        failed = {key for key, passed, _ in calculate(application.pk, act("checker")).checks if not passed}
        assert failed == {"invoices_equal_bill", "not_settled_online", "no_other_stay"}

    def test_what_changed_since_the_check_is_not_approved(self, person, hospital):
        application = checked(person)
        hospital.stay(person, "20000.00", at="2026-10-11 10:00:00", until="2026-10-13 10:00:00")
        with nothing_changes(), pytest.raises(CalculationChangedError):
            approve(application.pk, act("decider"))
        send_back(application.pk, act("decider"))
        calculate(application.pk, act("checker"))
        check_case(application.pk, act("checker"))
        assert approve(application.pk, act("decider")).state == "approved"

    def test_a_changed_bill_is_calculated_before_it_is_checked(self, person):
        application = accepted(person)
        calculate(application.pk, act("checker"))
        type_bill(application.pk, [line(5)], act("checker"))
        with nothing_changes(), pytest.raises(NotCalculatedError):
            check_case(application.pk, act("checker"))


class TestRefusedApplications:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"person": "no-such"}, NoSuchPersonError),
            ({"institution": "H99999999999"}, NoSuchInstitutionError),
            ({"scheme": "390"}, NeverInsuredHereError),
            ({"began_on": date(2018, 1, 1)}, NeverInsuredHereError),
            ({"ended_on": date(2026, 10, 1)}, WrongDaysError),
            ({"ended_on": date(2026, 12, 1)}, WrongDaysError),
        ],
    )
    def test_change_nothing(self, person, changes, error):
        with nothing_changes(), pytest.raises(error):
            apply_for_reimbursement(wish(person, **changes), applicant(person), act("receiver"))

    def test_a_suspended_person_gets_nothing(self):
        person = new_person(state="2")
        application = accepted(person)
        with nothing_changes(), pytest.raises(NotInsuredError):
            calculate(application.pk, act("checker"))

    def test_another_region_does_not_see_it(self, person):
        application = applied(person)
        found_staff()
        assert act("elsewhere").member.region_id == OTHER_REGION
        with nothing_changes(), pytest.raises(UnknownApplicationError):
            withdraw(application.pk, act("elsewhere"))


class TestDocuments:
    def test_an_invoice_counts_once(self, person):
        accepted(person, invoice="A-1")
        second = applied(new_person())
        with nothing_changes(), pytest.raises(InvoiceUsedError):
            bring(second, "invoice", number=" a-1 ", amount_fen=1)

    def test_the_same_file_counts_once_under_another_number(self, person):
        first = applied(person)
        bring(first, "invoice", number="A-2", amount_fen=1, digest="ab" * 32)
        with nothing_changes(), pytest.raises(InvoiceUsedError):
            bring(first, "invoice", number="A-3", amount_fen=1, digest="ab" * 32)

    def test_the_database_refuses_it_too(self, person):
        application = accepted(person, invoice="A-4")
        twin = Document.objects.get(number="A-4")
        twin.pk = None
        with pytest.raises(IntegrityError, match="invoice_counts_once"), transaction.atomic():
            twin.save(force_insert=True)
        assert Document.objects.filter(application=application, kind="invoice").count() == 1

    @pytest.mark.parametrize(("number", "amount_fen"), [("", 100), ("A-5", None), ("A-5", 0)])
    def test_an_invoice_has_number_and_amount(self, person, number, amount_fen):
        application = applied(person)
        with nothing_changes(), pytest.raises(InvoiceWithoutAmountError):
            bring(application, "invoice", number=number, amount_fen=amount_fen)

    def test_nothing_comes_or_goes_after_the_check(self, person):
        application = checked(person)
        kept = Document.objects.filter(application=application).first()
        with nothing_changes(), pytest.raises(WrongStateError):
            bring(application, "other")
        with nothing_changes(), pytest.raises(WrongStateError):
            correct_document(application.pk, application_kind=BY_HAND, document_id=kept.pk, act=act("receiver"))

    def test_one_registered_wrongly_counts_no_more(self, person):
        application = applied(person)
        wrong = bring(application, "invoice", number="A-7", amount_fen=100)
        correct_document(application.pk, application_kind=BY_HAND, document_id=wrong.pk, act=act("receiver"))
        assert missing_documents(application)[0] == "invoice"
        assert bring(application, "invoice", number="A-7", amount_fen=200).is_live
        with nothing_changes(), pytest.raises(UnknownDocumentError):
            correct_document(application.pk, application_kind=BY_HAND, document_id=wrong.pk, act=act("receiver"))

    def test_a_withdrawn_application_lets_its_invoice_go(self, person):
        first = accepted(person, invoice="A-6")
        withdraw(first.pk, act("receiver"))
        assert bring(applied(person), "invoice", number="A-6", amount_fen=1).is_live


class TestTheClock:
    def test_thirty_working_days_over_new_year(self, person):
        application = applied(person)
        # 16 November to 28 December 2026 are 30 working days without a holiday between
        assert application.due_on == date(2026, 12, 28)

    def test_a_holiday_does_not_count(self, person):
        later = act("receiver", at=datetime(2026, 9, 18, 1, tzinfo=UTC))
        told = wish(person, began_on=date(2026, 9, 1), ended_on=date(2026, 9, 2))
        application = apply_for_reimbursement(told, applicant(person), later)
        # 20 September and 10 October are worked, 25 September and 1 to 7 October are off
        assert application.due_on == add_working_days(date(2026, 9, 18), 30) == date(2026, 11, 5)

    def test_an_unknown_calendar_is_not_guessed(self, person, monkeypatch):
        late = act("receiver", at=datetime(2026, 12, 1, 1, tzinfo=UTC))
        application = apply_for_reimbursement(wish(person), applicant(person), late)
        assert (application.due_on, application.clock_from, application.clock_days) == (None, date(2026, 12, 1), 30)
        clock = clock_of(application, today=date(2026, 12, 2))
        assert (clock.is_unknown, clock.late, clock.left) == (True, False, 0)
        # the calendar becomes known: the day follows, nothing was lost
        monkeypatch.setattr("chinese_calendar.is_workday", lambda day: day.weekday() < 5)
        assert clock_of(application, today=date(2026, 12, 2)).due_on == date(2027, 1, 12)
        assert overdue([application], today=date(2027, 1, 13)) == [application]

    def test_one_notice_names_all_and_stops_the_clock(self, person):
        application = applied(person)
        bring(application, "fee_list")
        notify_missing(application.pk, application_kind=BY_HAND, act=act("receiver"))
        assert Notice.objects.get(application=application).missing == ["diagnosis", "invoice", "record"]
        assert Application.objects.get(pk=application.pk).due_on is None
        with nothing_changes(), pytest.raises(SecondNoticeError):
            notify_missing(application.pk, application_kind=BY_HAND, act=act("receiver"))

    def test_it_starts_anew_when_all_has_come(self, person):
        application = applied(person)
        notify_missing(application.pk, application_kind=BY_HAND, act=act("receiver"))
        later = datetime(2026, 11, 18, 1, tzinfo=UTC)
        with nothing_changes(), pytest.raises(DocumentsMissingError):
            accept(application.pk, application_kind=BY_HAND, act=act("receiver", at=later))
        bring_all(application, invoice="N-1", amount_fen=1)
        accept(application.pk, application_kind=BY_HAND, act=act("receiver", at=later))
        assert Application.objects.get(pk=application.pk).due_on == date(2026, 12, 30)
        with nothing_changes(), pytest.raises(SecondNoticeError):
            notify_missing(application.pk, application_kind=BY_HAND, act=act("receiver"))

    def test_a_late_notice_is_refused_and_the_application_counts_as_complete(self, person):
        application = applied(person)
        late = act("receiver", at=datetime(2026, 11, 24, 1, tzinfo=UTC))
        with nothing_changes(), pytest.raises(NoticeTooLateError):
            notify_missing(application.pk, application_kind=BY_HAND, act=late)
        assert accept(application.pk, application_kind=BY_HAND, act=late).due_on == date(2026, 12, 28)

    def test_nothing_missing_is_no_notice(self, person):
        application = applied(person)
        bring_all(application, invoice="N-2", amount_fen=1)
        with nothing_changes(), pytest.raises(NothingMissingError):
            notify_missing(application.pk, application_kind=BY_HAND, act=act("receiver"))


class TestTheBill:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"amount_fen": 1}, InconsistentAmountError),
            ({"occurred_on": date(2026, 11, 10)}, BillLineOutsideCareError),
            ({"item_code": "NOPE"}, UnlistedItemError),
        ],
    )
    def test_a_wrong_line_is_refused_with_all_the_others(self, person, changes, error):
        application = accepted(person)
        with nothing_changes(), pytest.raises(error):
            type_bill(application.pk, [line(1), line(1, **changes)], act("checker"))

    def test_a_withdrawn_line_stays_in_the_records(self, person):
        application = accepted(person, lines=[line(20000), line(7)])
        wrong = BillLine.objects.filter(reimbursement_id=application.pk).last()
        withdraw_typed_line(application.pk, wrong.pk, act("checker"))
        assert calculate(application.pk, act("checker")).total_fen == 2_000_000
        with nothing_changes(), pytest.raises(UnknownLineError):
            withdraw_typed_line(application.pk, wrong.pk, act("checker"))
        with pytest.raises(IntegrityError, match="kept as it was typed"), transaction.atomic():
            BillLine.objects.filter(pk=wrong.pk).update(amount_fen=1)

    def test_an_empty_bill_is_not_calculated(self, person):
        application = accepted(person)
        withdraw_typed_line(application.pk, BillLine.objects.get().pk, act("checker"))
        with nothing_changes(), pytest.raises(NothingBilledError):
            calculate(application.pk, act("checker"))

    def test_a_person_without_a_voucher_gets_one_first(self, person):
        application = accepted(person)
        Voucher.objects.filter(person=person).delete()
        with nothing_changes(), pytest.raises(NoVoucherError):
            calculate(application.pk, act("checker"))

    def test_after_the_check_nobody_touches_it(self, person):
        application = checked(person)
        typed = BillLine.objects.get()
        for attempt in (
            lambda: type_bill(application.pk, [line(1)], act("checker")),
            lambda: withdraw_typed_line(application.pk, typed.pk, act("checker")),
            lambda: refuse_typed_line(application.pk, typed.pk, act("checker", article="x")),
            lambda: calculate(application.pk, act("checker")),
        ):
            with nothing_changes(), pytest.raises(WrongStateError):
                attempt()


class TestFourEyes:
    def test_the_checker_does_not_decide(self, person):
        application = checked(person)
        for attempt in (approve, refuse):
            with nothing_changes(), pytest.raises(SameOfficerError):
                attempt(application.pk, act("checker", article="第一条"))

    def test_the_database_holds_it_too(self, person):
        application = checked(person)
        with pytest.raises(IntegrityError, match="checker_is_not_decider"), transaction.atomic():
            Application.objects.filter(pk=application.pk).update(decided_by=act("checker").member, state="approved")

    def test_the_decider_does_not_pay_nor_take_back(self, person):
        application = approved(person)
        with nothing_changes(), pytest.raises(SameOfficerError):
            pay(application.pk, application_kind=BY_HAND, act=act("decider"))
        with nothing_changes(), pytest.raises(SameOfficerError):
            reverse_reimbursement(application.pk, act("decider", article="第一条"))

    def test_a_refusal_and_a_taking_back_name_the_article(self, person):
        application = checked(person, invoice="R-1")
        with nothing_changes(), pytest.raises(ArticleMissingError):
            refuse(application.pk, act("decider"))
        refuse(application.pk, act("decider", article="第四十六条", note="不属特殊情况"))
        refusal = Event.objects.get(application=application, step="refuse")
        assert (refusal.article, refusal.note) == ("第四十六条", "不属特殊情况")
        assert Settlement.objects.count() == 0
        granted = approved(person, invoice="R-1")
        with nothing_changes(), pytest.raises(ArticleMissingError):
            reverse_reimbursement(granted.pk, act("checker"))


class TestOutOfTurn:
    def test_steps_that_do_not_fit_change_nothing(self, person):
        fresh, done = applied(person), approved(person)
        pay(done.pk, application_kind=BY_HAND, act=act("payer"))
        attempts = [
            lambda: check_case(fresh.pk, act("checker")),
            lambda: approve(fresh.pk, act("decider")),
            lambda: refuse(fresh.pk, act("decider", article="x")),
            lambda: pay(fresh.pk, application_kind=BY_HAND, act=act("payer")),
            lambda: reverse_reimbursement(fresh.pk, act("checker", article="x")),
            lambda: send_back(fresh.pk, act("decider")),
            lambda: pay(done.pk, application_kind=BY_HAND, act=act("payer")),
            lambda: approve(done.pk, act("decider")),
            lambda: withdraw(done.pk, act("receiver")),
            lambda: notify_missing(done.pk, application_kind=BY_HAND, act=act("receiver")),
        ]
        for attempt in attempts:
            with nothing_changes(), pytest.raises((WrongStateError, NotCalculatedError, SameOfficerError)):
                attempt()

    def test_nothing_owed_is_not_paid(self, person):
        application = approved(person)
        from yibao.domains.claims.operations import order_payment

        with nothing_changes(), pytest.raises(NothingToPayError):
            order_payment(application, funds=(), act=act("payer", at=RECEIVED))

    def test_no_hospital_reverses_it_or_charges_its_visit(self, person, hospital):
        application = approved(person)
        row = settled(application)
        with nothing_changes(but=("message_store_message", "message_store_messagenumber")):
            said = hospital.refuse("2305", hospital.reversal(person, row.visit_id, row.pk))
            assert str(row.pk) in said
            hospital.refuse("2301", {"feedetail": [hospital.line(person, row.visit_id)]})

    def test_its_hospital_does_not_find_it_among_its_own(self, person):
        from yibao.domains.settlement.visible_settlements import visible_settlements
        from yibao.domains.staff.queries import scope_of

        approved(person)
        house = new_member("house", "institution")
        assert visible_settlements(scope_of(house)).count() == 0
        assert visible_settlements(scope_of(act("payer").member)).count() == 1
