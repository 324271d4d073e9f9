"""The month's clearing between two regions: drawn up, issued, disputed, confirmed, paid, and what investigations change."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.domains.interregional.investigating import (
    AlreadyAnsweredError,
    AlreadyAskedError,
    ConcessionError,
    NotOpenForDisputeError,
    Proof,
)
from yibao.domains.interregional.models import (
    ClaimCorrection,
    ClearingItem,
    ClearingStatement,
    ClearingStep,
    Inquiry,
    RegionClaim,
)
from yibao.domains.interregional.operations import (
    AlreadyDrawnError,
    MonthNotOverError,
    NoOpenClaimsError,
    NotARegionOfficerError,
    SameOfficerTwiceError,
    WrongClearingStepError,
)
from yibao.domains.interregional.prepaying import PrepaidKnownError, PrepaidTooLowError
from yibao.domains.interregional.queries import due_of, fund_sums, owing, standing_of
from yibao.domains.ledger.models import Fund
from yibao.domains.ledger.queries import balance_fen
from yibao.workflows import clear_regions, investigate_claims, prepay_regions

from .office_records import sender_at
from .records import check_deferred_rules, nothing_changes
from .region_clearing import (
    DECEMBER,
    NOVEMBER,
    appoint_officers,
    balanced,
    claims,
    cleared,
    drawn,
    issued,
    moment,
    owed,
    stay_away,
)
from .test_undoing_uncertain import undoing
from .two_regions import AWAY, HOME, found_second_region, person_of

pytestmark = pytest.mark.usefixtures("town")


@pytest.fixture
def away():
    return found_second_region()


@pytest.fixture
def officers(town):
    return appoint_officers()


@pytest.fixture(autouse=True)
def sound(town):
    """Whatever a test did would have been committed, and the two ledgers agree."""
    yield
    check_deferred_rules()
    assert balanced()


def asked_about(claim, officers):
    return investigate_claims.ask(
        claim, reason="amount", question="总费用偏高,请核实", member=officers.home[0], at=moment("2026-12-03 09:00")
    )


def answered(inquiry, officers, *, finding="right", conceded=None, at="2026-12-08 09:00"):
    made = investigate_claims.answer(
        inquiry,
        finding=finding,
        explanation="已调阅病历核对",
        conceded_fen=conceded or {},
        proofs=[Proof("record", "病历 2026-001", "ab" * 32)],
        member=officers.care[0],
        at=moment(at),
    )
    return investigate_claims.decide(made, is_approved=True, member=officers.care[1], at=moment(at))


class TestTheMonth:
    def test_is_paid_to_the_fen_and_nothing_is_owed_any_more(self, away, officers):
        stay_away(away, person_of(HOME, balance_fen=50_000), account="1")
        stay_away(away, person_of(HOME), "12345.67", until="2026-11-20")
        before = owed()

        statement = issued(officers)
        step = cleared(statement, officers)

        assert before == (sum(claims()), sum(claims()))
        assert (statement.lines, statement.amount_fen, step.amount_fen) == (2, sum(claims()), sum(claims()))
        assert sum(row.amount_fen for row in fund_sums(statement)) == sum(claims())
        assert [row.fund for row in fund_sums(statement)] == ["310100", "310200"]
        assert owed() == (0, 0)
        assert balance_fen(book="employee", account="1003", region=AWAY) == sum(claims())
        assert balance_fen(book="employee", account="1003", region=HOME) == -sum(claims())
        assert balance_fen(book="employee", account="2001", region=AWAY) == -sum(claims())
        assert owing() == []

    def test_each_step_has_its_days(self, away, officers):
        """Five working days from Wednesday 2 December, ten from Thursday 10 December."""
        stay_away(away, person_of(HOME))
        statement = issued(officers)
        cleared(statement, officers)

        due = dict(ClearingStep.objects.values_list("kind", "due_on"))
        assert {kind: day and day.isoformat() for kind, day in due.items()} == {
            "issued": "2026-12-09", "confirmed": "2026-12-24", "paid": "2026-12-17"
        }  # fmt: skip

    def test_takes_in_what_was_claimed_before_its_end_alone(self, away, officers):
        stay_away(away, person_of(HOME))
        stay_away(away, person_of(HOME), until="2026-12-05")

        assert drawn(officers, at="2027-01-04 09:00").lines == 1
        assert drawn(officers, DECEMBER, at="2027-01-04 09:00").lines == 1

    def test_is_drawn_up_for_all_regions_once(self, away, officers):
        stay_away(away, person_of(HOME))
        at = moment("2026-12-02 09:00")

        first, _ = clear_regions.draw_all(month=NOVEMBER, member=officers.care[0], at=at)
        again, refused = clear_regions.draw_all(month=NOVEMBER, member=officers.care[0], at=at)

        assert [(s.care_region_id, s.enrolment_region_id) for s in first] == [(AWAY, HOME)]
        assert (again, [(region, type(error)) for region, error in refused]) == ([], [(HOME, AlreadyDrawnError)])

    @pytest.mark.parametrize(
        ("month", "at", "error"),
        [
            (NOVEMBER, "2026-11-30 23:59", MonthNotOverError),
            (NOVEMBER.replace(month=9), "2026-12-02 09:00", NoOpenClaimsError),
        ],
    )
    def test_is_refused_before_its_end_and_when_nothing_is_claimed(self, away, officers, month, at, error):
        stay_away(away, person_of(HOME))
        with nothing_changes(), pytest.raises(error), transaction.atomic():
            drawn(officers, month, at=at)


class TestFourEyesOfTwoRegions:
    def test_each_step_is_for_another_officer_of_the_right_region(self, away, officers):
        stay_away(away, person_of(HOME))
        at = moment("2026-12-03 09:00")
        with pytest.raises(NotARegionOfficerError), transaction.atomic():
            clear_regions.draw(care_region=AWAY, enrolment_region=HOME, month=NOVEMBER, member=officers.home[0], at=at)
        statement = drawn(officers)

        for member, error in ((officers.care[0], SameOfficerTwiceError), (officers.home[0], NotARegionOfficerError)):
            with nothing_changes(), pytest.raises(error), transaction.atomic():
                clear_regions.issue(statement, member=member, at=at)
        with nothing_changes(), pytest.raises(WrongClearingStepError), transaction.atomic():
            clear_regions.confirm(statement, member=officers.home[0], at=at)
        clear_regions.issue(statement, member=officers.care[1], at=at)
        with nothing_changes(), pytest.raises(NotARegionOfficerError), transaction.atomic():
            clear_regions.confirm(statement, member=officers.care[0], at=at)
        clear_regions.confirm(statement, member=officers.home[0], at=at)
        for member, error in ((officers.home[0], SameOfficerTwiceError), (officers.care[0], NotARegionOfficerError)):
            with nothing_changes(), pytest.raises(error), transaction.atomic():
                clear_regions.pay(statement, document="x", member=member, at=at)
        clear_regions.pay(statement, document="x", member=officers.home[1], at=at)
        with nothing_changes(), pytest.raises(WrongClearingStepError), transaction.atomic():
            clear_regions.pay(statement, document="y", member=officers.home[1], at=at)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE interregional_clearingstatement SET amount_fen = amount_fen + 1",
            "UPDATE interregional_regionclaim SET amount_fen = amount_fen + 1",
            "UPDATE interregional_clearingitem SET amount_fen = amount_fen + 1",
            "UPDATE interregional_clearingitem SET is_held = true",
            "DELETE FROM interregional_clearingitem",
            (
                "INSERT INTO interregional_clearingstep (statement_id, kind, amount_fen, document, note, taken_by_id, taken_at)"
                " SELECT id, 'confirmed', amount_fen, '', '', drawn_by_id, now() FROM interregional_clearingstatement"
            ),
        ],
    )
    def test_the_database_refuses_what_no_step_does(self, away, officers, statement):
        stay_away(away, person_of(HOME))
        issued(officers)
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


class TestTheReceipt:
    def test_is_confirmed_by_the_region_that_the_money_went_to_and_moves_nothing(self, away, officers):
        stay_away(away, person_of(HOME))
        statement, at = issued(officers), moment("2026-12-15 09:00")
        with nothing_changes(), pytest.raises(WrongClearingStepError), transaction.atomic():
            clear_regions.receive(statement, document="回单1号", member=officers.care[0], at=at)
        paid = cleared(statement, officers)
        assert (paid.due_on, standing_of(statement)) == (date(2026, 12, 17), "paid")
        before = owed()
        with nothing_changes(), pytest.raises(NotARegionOfficerError), transaction.atomic():
            clear_regions.receive(statement, document="回单1号", member=officers.home[0], at=at)
        with pytest.raises(IntegrityError, match="receipt_has_a_document"), transaction.atomic():
            clear_regions.receive(statement, document="", member=officers.care[0], at=at)
        step = clear_regions.receive(statement, document="回单1号", member=officers.care[0], at=at)
        assert (step.amount_fen, step.document, step.due_on) == (paid.amount_fen, "回单1号", None)
        assert owed() == before == (0, 0)
        statement = ClearingStatement.objects.prefetch_related("steps").get(pk=statement.pk)
        assert (standing_of(statement), due_of(statement)) == ("received", None)
        with nothing_changes(), pytest.raises(WrongClearingStepError), transaction.atomic():
            clear_regions.receive(statement, document="回单2号", member=officers.care[1], at=at)

    def test_of_money_that_came_back_is_confirmed_by_the_place_of_enrolment(self, away, officers):
        person = person_of(HOME)
        visit, bill = stay_away(away, person)
        cleared(issued(officers), officers)
        away.send = sender_at(moment("2026-12-20 12:00"))
        away.expect("2305", away.reversal(person, visit, bill["setl_id"]))
        statement = issued(officers, DECEMBER, at="2027-01-04 09:00")
        cleared(statement, officers, at="2027-01-05 09:00")
        at = moment("2027-01-06 09:00")
        with nothing_changes(), pytest.raises(NotARegionOfficerError), transaction.atomic():
            clear_regions.receive(statement, document="回单3号", member=officers.care[0], at=at)
        with nothing_changes(), pytest.raises(SameOfficerTwiceError), transaction.atomic():
            clear_regions.receive(statement, document="回单3号", member=officers.home[1], at=at)
        step = clear_regions.receive(statement, document="回单3号", member=officers.home[0], at=at)
        assert step.amount_fen < 0


class TestAReversal:
    def test_after_clearing_comes_back_in_the_next_statement(self, away, officers):
        person = person_of(HOME)
        visit, bill = stay_away(away, person)
        cleared(issued(officers), officers)
        paid_fen = claims()[0]

        away.expect("2305", away.reversal(person, visit, bill["setl_id"]))

        assert claims() == [paid_fen, -paid_fen]
        assert owed() == (-paid_fen, -paid_fen)

    def test_after_clearing_is_paid_back(self, away, officers):
        person = person_of(HOME)
        visit, bill = stay_away(away, person)
        cleared(issued(officers), officers)
        stay_away(away, person_of(HOME), "20000.00", until="2026-12-08")
        away.expect("2305", away.reversal(person, visit, bill["setl_id"]))

        statement = issued(officers, DECEMBER, at="2027-01-05 09:00")
        cleared(statement, officers, at="2027-01-06 09:00")

        first, second, back = claims()
        assert (back, statement.amount_fen) == (-first, second - first)
        assert owed() == (0, 0)
        assert balance_fen(book="employee", account="1003", region=AWAY) == second


class TestADispute:
    @pytest.mark.requirement("XRG-14")
    def test_holds_its_line_alone_and_a_right_cost_comes_back(self, away, officers):
        stay_away(away, person_of(HOME))
        stay_away(away, person_of(HOME), "12000.00", until="2026-11-20")
        statement = issued(officers)
        doubted, other = claims()
        item = ClearingItem.objects.order_by("pk").first()
        inquiry = investigate_claims.dispute(
            item, reason="care", question="该次住院是否真实", member=officers.home[0], at=moment("2026-12-03 09:00")
        )
        paid = cleared(statement, officers)

        assert (paid.amount_fen, owed()) == (other, (doubted, doubted))
        with pytest.raises(NoOpenClaimsError), transaction.atomic():
            issued(officers, DECEMBER, at="2027-01-05 09:00")
        assert answered(inquiry, officers) is None
        again = issued(officers, DECEMBER, at="2027-01-05 09:00")
        cleared(again, officers, at="2027-01-06 09:00")
        assert (again.amount_fen, owed()) == (doubted, (0, 0))

    def test_is_open_between_issue_and_confirmation_only(self, away, officers):
        stay_away(away, person_of(HOME))
        statement, at = drawn(officers), moment("2026-12-03 09:00")
        item = ClearingItem.objects.get()

        def doubt():
            return investigate_claims.dispute(item, reason="other", question="?", member=officers.home[0], at=at)

        with nothing_changes(), pytest.raises(NotOpenForDisputeError), transaction.atomic():
            doubt()
        clear_regions.issue(statement, member=officers.care[1], at=at)
        clear_regions.confirm(statement, member=officers.home[0], at=at)
        with nothing_changes(), pytest.raises(NotOpenForDisputeError), transaction.atomic():
            doubt()


class TestAnInvestigation:
    @pytest.mark.requirement("XRG-14")
    def test_corrects_a_paid_claim_in_the_next_statement(self, away, officers):
        stay_away(away, person_of(HOME))
        cleared(issued(officers), officers)
        claim = RegionClaim.objects.get()
        before = claim.amount_fen

        correction = answered(asked_about(claim, officers), officers, finding="partly", conceded={"310100": 123_45})

        claim.refresh_from_db()
        assert (claim.amount_fen, correction.amount_fen) == (before, -123_45)
        assert owed() == (-123_45, -123_45)
        assert balance_fen(book="employee", account="5001", region=HOME) == before - 123_45
        assert balance_fen(book="employee", account="2001", region=AWAY) == -(before - 123_45)
        statement = issued(officers, DECEMBER, at="2027-01-05 09:00")
        assert (statement.lines, statement.amount_fen) == (1, -123_45)
        cleared(statement, officers, at="2027-01-06 09:00")
        assert owed() == (0, 0)

    def test_of_a_wrong_cost_takes_the_whole_claim(self, away, officers):
        stay_away(away, person_of(HOME))
        claim = RegionClaim.objects.get()
        inquiry = asked_about(claim, officers)
        with pytest.raises(ConcessionError), transaction.atomic():
            answered(inquiry, officers, finding="wrong", conceded={"310100": claim.amount_fen - 1})
        answered(inquiry, officers, finding="wrong", conceded={"310100": claim.amount_fen})

        statement = issued(officers, DECEMBER, at="2027-01-05 09:00")
        assert (statement.lines, statement.amount_fen, owed()) == (2, 0, (0, 0))
        assert cleared(statement, officers, at="2027-01-06 09:00").amount_fen == 0

    def test_is_asked_once_and_answered_with_four_eyes(self, away, officers):
        stay_away(away, person_of(HOME))
        claim, at = RegionClaim.objects.get(), moment("2026-12-08 09:00")
        inquiry = asked_about(claim, officers)
        said = {"explanation": "核实", "conceded_fen": {}, "proofs": [], "at": at}

        assert inquiry.due_on.isoformat() == "2026-12-24"
        with nothing_changes(), pytest.raises(AlreadyAskedError), transaction.atomic():
            asked_about(claim, officers)
        with nothing_changes(), pytest.raises(NotARegionOfficerError), transaction.atomic():
            investigate_claims.answer(inquiry, finding="right", member=officers.home[0], **said)
        made = investigate_claims.answer(inquiry, finding="right", member=officers.care[0], **said)
        with nothing_changes(), pytest.raises(AlreadyAnsweredError), transaction.atomic():
            investigate_claims.answer(inquiry, finding="right", member=officers.care[1], **said)
        with nothing_changes(), pytest.raises(SameOfficerTwiceError), transaction.atomic():
            investigate_claims.decide(made, is_approved=True, member=officers.care[0], at=at)
        investigate_claims.decide(made, is_approved=False, note="补充病历", member=officers.care[1], at=at)
        investigate_claims.answer(inquiry, finding="right", member=officers.care[0], **said)
        assert Inquiry.objects.get().answers.count() == 2

    def test_that_corrected_a_claim_is_taken_back_when_its_settlement_is_reversed(self, away, officers):
        person = person_of(HOME)
        visit, bill = stay_away(away, person)
        answered(asked_about(RegionClaim.objects.get(), officers), officers, finding="partly", conceded={"310100": 100})
        claimed, owes = owed()
        assert (claimed, owes) == (claims()[0] - 100,) * 2

        away.send = sender_at(moment("2026-12-20 12:00"))
        reversal = away.reversal(person, visit, bill["setl_id"])
        msgid = away.new_msgid()
        away.expect("2305", reversal, msgid=msgid)

        check_deferred_rules()
        assert owed() == (0, 0)
        assert balanced()
        assert list(ClaimCorrection.objects.order_by("pk").values_list("amount_fen", flat=True)) == [-100, 100]
        with nothing_changes():
            said = away.refuse("2305", away.reversal(person, visit, bill["setl_id"]))
        assert "已退费" in said
        # claim, reversal, correction and what took it back come to nothing in the month's statement
        statement = issued(officers, DECEMBER, at="2027-01-05 09:00")
        assert (statement.lines, statement.amount_fen) == (4, 0)
        with nothing_changes():
            undone = away.refuse("2601", undoing(person, msgid, "2305"))
        assert "协查更正" in undone


class TestThePrepaidFund:
    def movement(self, officers, *, kind="first", amount_fen=5_000_000, document="预付1号", asked_by=None):
        return prepay_regions.ask_for_movement(
            care_region=AWAY, enrolment_region=HOME, fund=Fund.objects.get(code="310100"), kind=kind,
            amount_fen=amount_fen, document=document, reason="", member=asked_by or officers.care[0],
            at=moment("2026-11-02 09:00"),
        )  # fmt: skip

    def test_stands_in_both_ledgers_when_the_region_that_pays_orders_it(self, officers):
        order, at = self.movement(officers), moment("2026-11-03 09:00")
        with nothing_changes(), pytest.raises(NotARegionOfficerError), transaction.atomic():
            prepay_regions.decide(order, is_approved=True, member=officers.care[1], at=at)
        prepay_regions.decide(order, is_approved=True, member=officers.home[0], at=at)
        back = self.movement(officers, kind="return", amount_fen=1_000_000, document="退回1号")
        prepay_regions.decide(back, is_approved=True, member=officers.care[1], at=at)

        accounts = [(HOME, "110101"), (HOME, "1003"), (AWAY, "200101"), (AWAY, "1003")]
        assert [balance_fen(book="employee", account=a, region=r) for r, a in accounts] == [
            4_000_000, -4_000_000, -4_000_000, 4_000_000
        ]  # fmt: skip

    def test_is_not_returned_beyond_what_is_held_nor_entered_twice(self, officers):
        prepay_regions.decide(
            self.movement(officers), is_approved=True, member=officers.home[0], at=moment("2026-11-03 09:00")
        )
        back = self.movement(officers, kind="return", amount_fen=5_000_001, document="退回1号")
        with nothing_changes(), pytest.raises(PrepaidTooLowError), transaction.atomic():
            prepay_regions.decide(back, is_approved=True, member=officers.care[1], at=moment("2026-11-03 09:00"))
        with nothing_changes(), pytest.raises(PrepaidKnownError), transaction.atomic():
            self.movement(officers)

    def test_tells_its_use_and_what_it_should_hold(self, away, officers):
        """Two mean months of the last quarter; 70 % is warned of, 90 % is an alarm."""
        stay_away(away, person_of(HOME))
        claimed_fen = claims()[0]
        today = moment("2027-01-05 09:00").date()
        (bare,) = prepay_regions.prepaid_states(today=today)
        assert (bare.level, bare.should_hold_fen, bare.to_top_up_fen) == (
            "none", claimed_fen * 2 // 3, claimed_fen * 2 // 3
        )  # fmt: skip
        for amount_fen, document in ((claimed_fen, "预付1号"), (claimed_fen // 3, "预付2号"), (claimed_fen, "预付3号")):
            order = self.movement(officers, amount_fen=amount_fen, document=document)
            prepay_regions.decide(order, is_approved=True, member=officers.home[0], at=moment("2026-11-03 09:00"))
            (state,) = prepay_regions.prepaid_states(today=today)
            expected = {"预付1号": ("alarm", 1_000_000), "预付2号": ("warning", 750_000), "预付3号": ("fine", 428_571)}
            assert (state.level, round(state.use_ppm, -4)) == (
                expected[document][0], round(expected[document][1], -4)
            )  # fmt: skip
