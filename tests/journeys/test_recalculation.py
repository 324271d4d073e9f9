"""Law that takes effect in the past: listed, approved by another officer, corrected by reversal and new settlement, once."""

import shutil
from datetime import date, datetime

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from typer.testing import CliRunner

from yibao.domains.corrections.models import RecalculationCorrection, RecalculationDecision, SetAsidePerson
from yibao.domains.corrections.operations import (
    AlreadyDecidedError,
    NotAnOfficerError,
    NotComputedError,
    OwnRequestError,
    ask_for_run,
    decide,
)
from yibao.domains.corrections.queries import by_institution, sums_of
from yibao.domains.emergencies.models import EmergencySettlement
from yibao.domains.enrolment.models import AccountEntry, Enrolment, PersonalAccount
from yibao.domains.ledger.models import Entry
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Accumulator, Settlement
from yibao.domains.staff.models import PersonalRecordRead
from yibao.interfaces.commands import app
from yibao.interfaces.office import recalculations
from yibao.policies import library
from yibao.workflows import recalculate_settlements
from yibao.workflows.decide_emergency import approve, end
from yibao.workflows.recalculate_settlements import NotApprovedError, compute, correct

from .hospital import BEIJING, Hospital
from .office_records import new_member, sign_in
from .records import check_deferred_rules, nothing_changes
from .small_town import REGION, new_person
from .test_emergencies import lie, proposed

NOW = datetime(2026, 12, 1, 9, tzinfo=BEIJING)
READS = ("staff_personalrecordread",)
"""What a page writes even when it refuses: whose records it showed."""
LOWER = ("value: {active: 1800, retired: 1300}", "value: {active: 1500, retired: 1300}")


@pytest.fixture
def officers(town):
    return new_member("wang", "agency"), new_member("li", "agency")


@pytest.fixture
def change_law(monkeypatch, tmp_path):
    """Rewrite Beijing's law for employees from its first day on, as if a document took effect in the past."""

    def change(old, new, topic="outpatient"):
        folder = tmp_path / "law" / "110000" / "310"
        shutil.copytree(library.ROOT / "110000" / "310", folder)
        path = folder / f"{topic}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        monkeypatch.setattr(library, "ROOT", tmp_path / "law")

    return change


def asked(officers, *, since=date(2026, 1, 1), until=None, person=None):
    return ask_for_run(
        region=Division.objects.get(code=REGION), scheme="310", benefit_from=since, benefit_until=until,
        document="京医保发〔2026〕9号", reason="起付线追溯下调", member=officers[0], at=NOW, person_id=person.pk if person else None,
    )  # fmt: skip


def approved(officers, run):
    decide(run=run, is_approved=True, member=officers[1], at=NOW)
    return run


def standing(person):
    rows = Settlement.objects.filter(person=person, reversal=None).exclude(kind="reversal").order_by("pk")
    return [(row.fund_fen, row.account_fen, row.cash_fen) for row in rows]


def accumulators(person):
    return Accumulator.objects.get(person=person, scheme="310", year=2026).amounts


def owed_fen():
    """What the ledger owes to institutions."""
    return sum(entry.credit_fen - entry.debit_fen for entry in Entry.objects.filter(account_id__code="2001"))


class TestTheList:
    def test_names_what_the_law_now_in_force_would_have_given(self, officers, change_law):
        one, other, third = new_person(), new_person(status="retired"), new_person()
        house = Hospital()
        house.visit(one, "1000.00")
        house.visit(one, "1000.00")
        house.visit(other, "3000.00")
        Hospital(code="H11010100002").visit(third, "2000.00")
        change_law(*LOWER)
        run = compute(asked(officers).pk, at=NOW)
        rows = list(run.differences.order_by("pk"))
        # 1,800 was borne over two visits and the second paid 70 % of 200; by 1,500 it pays 70 % of 500
        assert [
            (r.person_id, r.fund_before_fen, r.fund_after_fen, r.cash_before_fen, r.cash_after_fen) for r in rows
        ] == [
            (one.pk, 14_000, 35_000, 86_000, 65_000),
            (third.pk, 14_000, 35_000, 186_000, 165_000),
        ]
        assert run.is_computed
        sums = sums_of(run)
        assert (sums.settlements, sums.persons, sums.fund_fen, sums.cash_fen) == (2, 2, 42_000, -42_000)
        assert [(each.code, each.fund_fen) for each in by_institution(run)] == [
            ("H11010100001", 21_000), ("H11010100002", 21_000),
        ]  # fmt: skip

    def test_is_empty_when_the_law_stayed_as_it_was(self, officers):
        person = new_person(balance_fen=30_000)
        house = Hospital()
        house.visit(person, "1900.00", account="1")
        house.stay(person, "20000.00")
        house.stay(person, "9000.00", at="2026-11-10 10:00:00", until="2026-11-12 10:00:00")
        visit, taken_back = house.visit(person, "500.00")
        house.expect("2208", house.reversal(person, visit, taken_back["setl_id"]))
        house.visit(person, "700.00", account="1")
        run = compute(asked(officers).pk, at=NOW)
        assert run.differences.count() == 0
        assert run.persons_computed == 1

    def test_leaves_what_lies_before_its_first_day(self, officers, change_law):
        person = new_person()
        house = Hospital()
        house.visit(person, "1700.00", at="2026-03-01 09:00:00")
        house.visit(person, "1000.00", at="2026-06-01 09:00:00")
        change_law(*LOWER)
        run = compute(asked(officers, since=date(2026, 6, 1)).pk, at=NOW)
        (row,) = run.differences.all()
        # by June 1,700 were borne as settled: nothing is left of a deductible of 1,500
        assert (row.fund_before_fen, row.fund_after_fen) == (63_000, 70_000)

    def test_goes_on_where_it_stopped(self, officers, change_law, monkeypatch):
        people = [new_person() for _ in range(3)]
        for person in people:
            Hospital().visit(person, "2000.00")
        change_law(*LOWER)
        run = asked(officers)
        monkeypatch.setattr(recalculate_settlements, "PAGE", 1)
        seen = []

        def stop(persons):
            seen.append(persons)
            if len(seen) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            compute(run.pk, at=NOW, tell=stop)
        run.refresh_from_db()
        assert (run.is_computed, run.differences.count()) == (False, 2)
        with pytest.raises(NotComputedError):
            decide(run=run, is_approved=True, member=officers[1], at=NOW)
        compute(run.pk, at=NOW)
        compute(run.pk, at=NOW)
        assert [row.person_id for row in run.differences.order_by("pk")] == [person.pk for person in people]

    def test_sets_aside_whom_the_law_cannot_settle(self, officers):
        person = new_person()
        Hospital().visit(person, "2000.00")
        Enrolment.objects.filter(person=person).update(status_group="unknown")
        run = compute(asked(officers).pk, at=NOW)
        aside = SetAsidePerson.objects.get(run=run)
        assert (aside.person_id, aside.reason) == (person.pk, "not_settleable")
        assert "benefits.unknown_circumstance" in aside.detail

    def test_may_be_of_one_person_alone(self, officers, change_law):
        one, other = new_person(), new_person()
        for person in (one, other):
            Hospital().visit(person, "2000.00")
        change_law(*LOWER)
        run = compute(asked(officers, person=other).pk, at=NOW)
        assert [row.person_id for row in run.differences.all()] == [other.pk]

    def test_ends_with_the_benefit_year_of_its_last_day(self, officers, change_law):
        person = new_person()
        for year in (2025, 2026):
            Hospital().visit(person, "2000.00", at=f"{year}-05-04 09:00:00")
        change_law(*LOWER)
        run = compute(asked(officers, since=date(2025, 1, 1), until=date(2025, 12, 1)).pk, at=NOW)
        assert [row.settlement.benefit_year for row in run.differences.all()] == [2025]

    def test_lists_but_sets_aside_what_was_reimbursed_by_hand(self, officers, change_law, monkeypatch):
        person = new_person()
        Hospital().visit(person, "2000.00")
        monkeypatch.setattr(recalculate_settlements, "BY_HAND", "2207")  # as if this one had been made by hand
        change_law(*LOWER)
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        assert run.differences.count() == 1
        assert SetAsidePerson.objects.get(run=run).reason == "by_hand"
        with nothing_changes():
            assert correct(run.pk, at=NOW) == 0


class TestTheDecision:
    @pytest.fixture
    def run(self, officers, change_law):
        Hospital().visit(new_person(), "2000.00")
        change_law(*LOWER)
        return compute(asked(officers).pk, at=NOW)

    def test_is_not_made_by_who_asked(self, officers, run):
        with pytest.raises(OwnRequestError), atomic():
            decide(run=run, is_approved=True, member=officers[0], at=NOW)
        with pytest.raises(IntegrityError), atomic():
            RecalculationDecision.objects.create(run=run, is_approved=True, decided_by=officers[0], decided_at=NOW)
        assert not RecalculationDecision.objects.exists()

    @pytest.mark.parametrize("role", ["auditor", "system"])
    def test_is_not_made_by_other_roles(self, run, role):
        with pytest.raises(NotAnOfficerError), atomic():
            decide(run=run, is_approved=True, member=new_member(role, role), at=NOW)

    def test_is_made_once(self, officers, run):
        first = decide(run=run, is_approved=True, member=officers[1], at=NOW)
        assert decide(run=run, is_approved=True, member=officers[1], at=NOW).pk == first.pk
        with pytest.raises(AlreadyDecidedError), atomic():
            decide(run=run, is_approved=False, member=officers[1], at=NOW)

    @pytest.mark.parametrize("is_approved", [None, False])
    def test_without_approval_nothing_is_corrected(self, officers, run, is_approved):
        if is_approved is not None:
            decide(run=run, is_approved=is_approved, member=officers[1], at=NOW)
        with nothing_changes(), pytest.raises(NotApprovedError):
            correct(run.pk, at=NOW)

    def test_the_list_is_closed_when_it_is_computed(self, run):
        (row,) = run.differences.all()
        row.pk = None
        with pytest.raises(IntegrityError), atomic():
            row.save()
        with pytest.raises(IntegrityError), atomic():
            type(run).objects.filter(pk=run.pk).update(reason="another")


class TestTheCorrection:
    def test_reverses_and_settles_anew_with_accumulators_account_and_ledger(self, officers, change_law):
        person = new_person(balance_fen=60_000)
        house = Hospital()
        house.visit(person, "1000.00", account="1")
        house.visit(person, "1000.00")
        assert standing(person) == [(0, 60_000, 40_000), (14_000, 0, 86_000)]
        owed_before = owed_fen()
        change_law(*LOWER)
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        assert correct(run.pk, at=NOW) == 1
        check_deferred_rules()
        assert standing(person) == [(0, 60_000, 40_000), (35_000, 0, 65_000)]
        assert accumulators(person)["outpatient_deductible"] == 150_000
        assert accumulators(person)["outpatient_pooled_paid"] == 35_000
        assert owed_fen() - owed_before == 21_000
        (done,) = RecalculationCorrection.objects.all()
        assert (done.reversal.kind, done.reversal.reverses_id) == ("reversal", done.difference.settlement_id)
        assert done.settlement.operator == "li"
        assert done.settlement.policy == "110000/310@2023-01-01"
        # what was settled first stands as it was made
        old = Settlement.objects.get(pk=done.difference.settlement_id)
        assert (old.kind, old.fund_fen, old.cash_fen) == ("settlement", 14_000, 86_000)

    def test_gives_the_account_no_more_than_it_paid(self, officers, change_law):
        person = new_person(balance_fen=100_000)
        Hospital().visit(person, "2000.00", account="1")
        assert standing(person) == [(14_000, 100_000, 86_000)]
        change_law(LOWER[0], "value: {active: 2000, retired: 1300}")
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        correct(run.pk, at=NOW)
        check_deferred_rules()
        assert standing(person) == [(0, 100_000, 100_000)]
        account = PersonalAccount.objects.get(person=person)
        assert account.balance_fen == 0
        assert sum(AccountEntry.objects.filter(account=account).values_list("amount_fen", flat=True)) == 0

    def test_counts_admissions_as_they_were_counted(self, officers, change_law):
        person = new_person()
        house = Hospital()
        house.stay(person, "20000.00")
        house.stay(person, "9000.00", at="2026-11-10 10:00:00", until="2026-11-12 10:00:00")
        change_law("value: {first: 1300, later: 650}", "value: {first: 1300, later: 500}", topic="inpatient")
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        correct(run.pk, at=NOW)
        check_deferred_rules()
        (done,) = RecalculationCorrection.objects.all()
        # 85 % of 150 yuan less of a deductible
        assert done.difference.fund_difference_fen == 12_750
        assert done.settlement.deductible_fen == 50_000

    def test_takes_later_settlements_of_a_visit_with_it(self, officers, change_law):
        person = new_person()
        house = Hospital()
        visit = house.admit(person)
        house.ward_charge(person, visit, "5000.00")
        house.expect("2304", house.stay_bill(person, visit, "5000.00", midway="1"))
        house.ward_charge(person, visit, "1000.00")
        house.discharge(person, visit)
        house.expect("2304", house.stay_bill(person, visit, "1000.00"))
        change_law("value: {first: 1300, later: 650}", "value: {first: 1000, later: 650}", topic="inpatient")
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        assert run.differences.count() == 2
        assert correct(run.pk, at=NOW) == 1
        check_deferred_rules()
        assert RecalculationCorrection.objects.count() == 2
        assert len(standing(person)) == 2

    def test_twice_corrects_once(self, officers, change_law):
        person = new_person()
        Hospital().visit(person, "2000.00")
        change_law(*LOWER)
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        assert correct(run.pk, at=NOW) == 1
        with nothing_changes():
            decide(run=run, is_approved=True, member=officers[1], at=NOW)
            assert correct(run.pk, at=NOW) == 0
        again = compute(asked(officers).pk, at=NOW)
        assert again.differences.count() == 0

    def test_a_crash_leaves_every_person_whole_or_untouched(self, officers, change_law, monkeypatch):
        people = [new_person() for _ in range(3)]
        for person in people:
            Hospital().visit(person, "1900.00")
            Hospital().visit(person, "1000.00")
        change_law(*LOWER)
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        real, made = recalculate_settlements.money_entered, []

        def crash_at_the_second_person(row, **regions):
            made.append(row.person_id)
            if made.count(people[1].pk) == 1:
                raise ConnectionError
            return real(row, **regions)

        monkeypatch.setattr(recalculate_settlements, "money_entered", crash_at_the_second_person)
        with pytest.raises(ConnectionError):
            correct(run.pk, at=NOW)
        before = [(7_000, 0, 183_000), (70_000, 0, 30_000)]
        after = [(28_000, 0, 162_000), (70_000, 0, 30_000)]
        assert [standing(person) for person in people] == [sorted(after, reverse=True), before, before]
        assert Settlement.objects.filter(person=people[1]).count() == 2
        monkeypatch.setattr(recalculate_settlements, "money_entered", real)
        assert correct(run.pk, at=NOW) == 2
        check_deferred_rules()
        assert [standing(person) for person in people] == [sorted(after, reverse=True)] * 3

    def test_whoever_was_settled_since_is_set_aside(self, officers, change_law):
        moved, still = new_person(), new_person()
        house = Hospital()
        visit, settled = house.visit(moved, "2000.00")
        house.visit(still, "2000.00")
        change_law(*LOWER)
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        house.expect("2208", house.reversal(moved, visit, settled["setl_id"]))
        assert correct(run.pk, at=NOW) == 1
        aside = SetAsidePerson.objects.get(run=run)
        assert (aside.person_id, aside.reason) == (moved.pk, "changed")
        assert standing(moved) == []
        with nothing_changes():
            assert correct(run.pk, at=NOW) == 0

    def test_an_emergency_decided_later_is_applied_and_taken_back_when_it_ends_earlier(self, officers):
        person = new_person()
        lie(person)  # 20,000 yuan of class C: nothing of it is in scope by the ordinary law
        decision = proposed(officers)
        approve(decision.pk, note="", member=officers[1], at=NOW)
        applied = approved(officers, compute(asked(officers, since=date(2022, 12, 1)).pk, at=NOW))
        assert correct(applied.pk, at=NOW) == 1
        check_deferred_rules()
        row = Settlement.objects.get(pk=RecalculationCorrection.objects.get().settlement_id)
        assert (row.fund_fen, row.cash_fen, row.in_scope_fen, row.full_self_pay_fen) == (
            1_589_500,
            410_500,
            2_000_000,
            0,
        )
        assert EmergencySettlement.objects.get(settlement=row).decision_id == decision.pk
        assert compute(asked(officers, since=date(2022, 12, 1)).pk, at=NOW).differences.count() == 0
        words = {"document": "京医保发〔2022〕100号", "reason": "疫情结束", "member": officers[0]}
        end(decision.pk, ends_on=date(2022, 12, 15), at=datetime(2022, 12, 12, 9, tzinfo=BEIJING), **words)
        withdrawn = approved(officers, compute(asked(officers, since=date(2022, 12, 1)).pk, at=NOW))
        assert correct(withdrawn.pk, at=NOW) == 1
        check_deferred_rules()
        row = Settlement.objects.filter(person=person, reversal=None, kind="settlement").get()
        assert (row.fund_fen, row.cash_fen, row.in_scope_fen, row.full_self_pay_fen) == (0, 2_000_000, 0, 2_000_000)
        assert not EmergencySettlement.objects.filter(settlement=row).exists()

    def test_the_hospital_is_told_which_settlement_stands_now_and_reverses_that_one(self, officers, change_law):
        person = new_person()
        house = Hospital()
        visit, settled = house.visit(person, "2000.00")
        change_law(*LOWER)
        run = approved(officers, compute(asked(officers).pk, at=NOW))
        assert correct(run.pk, at=NOW) == 1
        newer = str(RecalculationCorrection.objects.get().settlement_id)
        with nothing_changes():
            refused = house.ask("2208", house.reversal(person, visit, settled["setl_id"]))
        assert (refused["infcode"], newer in refused["err_msg"], "5203" in refused["err_msg"]) == (-1, True, True)
        found = house.expect("5203", {"data": {"psn_no": person.number, "setl_id": newer, "mdtrt_id": visit}})
        assert found["setlinfo"]["fund_pay_sumamt"] == 350.0
        house.expect("2208", house.reversal(person, visit, newer))
        check_deferred_rules()
        assert standing(person) == []
        with nothing_changes():
            again = house.ask("2208", house.reversal(person, visit, settled["setl_id"]))
        assert "已退费" in again["err_msg"]

    def test_a_correction_is_held_to_what_was_approved_by_the_database(self, officers, change_law):
        Hospital().visit(new_person(), "2000.00")
        Hospital().visit(new_person(), "2000.00")
        change_law(*LOWER)
        run = compute(asked(officers).pk, at=NOW)
        one, other = run.differences.order_by("pk")
        with pytest.raises(IntegrityError), atomic():
            RecalculationCorrection.objects.create(
                difference=one, reversal_id=other.settlement_id, settlement_id=one.settlement_id, corrected_at=NOW
            )
        assert connection.in_atomic_block


class TestTheCommand:
    def test_walks_the_whole_way(self, officers, change_law):
        person = new_person()
        Hospital().visit(person, "2000.00")
        change_law(*LOWER)
        run = CliRunner()
        words = ["recalculate", "propose", "110000/310", "--from", "2026-01-01", "--document", "京医保发〔2026〕9号"]
        listed = run.invoke(app, [*words, "--reason", "起付线追溯下调", "--by", "wang"])
        assert listed.exit_code == 0, listed.output
        assert "1 笔结算 settlements, 1 人 persons; 基金 funds 210.00" in listed.output
        number = listed.output.split("recalculation ")[1].split(":")[0]
        own = run.invoke(app, ["recalculate", "approve", number, "--by", "wang"])
        assert own.exit_code == 1
        assert standing(person) == [(14_000, 0, 186_000)]
        done = run.invoke(app, ["recalculate", "approve", number, "--by", "li"])
        assert (done.exit_code, "1 人已更正" in done.output) == (0, True), done.output
        assert standing(person) == [(35_000, 0, 165_000)]
        again = run.invoke(app, ["recalculate", "approve", number, "--by", "li"])
        assert (again.exit_code, "0 人已更正" in again.output) == (0, True)
        assert run.invoke(app, ["recalculate", "refuse", number, "--by", "li", "--note", "x"]).exit_code == 1
        assert "1 已更正 corrected" in run.invoke(app, ["recalculate", "show", number]).output

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["show", "99"], "no such recalculation"),
            (["propose", "990000/310", "--from", "2026-01-01", "--document", "d", "--reason", "r", "--by", "wang"], "no such pooling"),
            (["propose", "110000/310", "--from", "2026-01-01", "--document", "d", "--reason", "r", "--by", "x"], "no such member"),
        ],
    )  # fmt: skip
    def test_says_why_it_refuses(self, officers, words, reason):
        result = CliRunner().invoke(app, ["recalculate", *words])
        assert (result.exit_code, reason in result.output) == (1, True), result.output


class TestThePage:
    @pytest.fixture
    def run(self, officers, change_law):
        Hospital().visit(new_person(), "2000.00")
        change_law(*LOWER)
        return compute(asked(officers).pk, at=NOW)

    def test_shows_the_list_and_takes_the_decision_of_another_officer(self, client, officers, run):
        sign_in(client, "wang")
        page = client.get(f"/recalculations/{run.pk}").content.decode()
        assert "须由他人审批" in page
        assert '<form method="post" action="/recalculations' not in page
        own = client.post(f"/recalculations/{run.pk}/decision", {"decision": "approve"})
        assert (own.status_code, "须由他人审批" in own.content.decode()) == (400, True)
        sign_in(client, "li")
        page = client.get(f"/recalculations/{run.pk}").content.decode()
        for words in ("京医保发〔2026〕9号", "140.00", "350.00", "210.00", "−210.00", "H11010100001"):
            assert words in page
        assert client.post(f"/recalculations/{run.pk}/decision", {}).status_code == 400
        answer = client.post(f"/recalculations/{run.pk}/decision", {"decision": "approve", "note": "同意"})
        assert (answer.status_code, answer["Location"]) == (302, f"/recalculations/{run.pk}")
        assert correct(run.pk, at=NOW) == 1
        new = RecalculationCorrection.objects.get().settlement_id
        assert f'href="/settlements/{new}"' in client.get(f"/recalculations/{run.pk}").content.decode()
        assert "已核准" in client.get("/recalculations").content.decode()

    def test_carries_out_what_another_officer_approved_and_says_how_far_it_is(self, client, officers, run):
        person = run.differences.get().person
        sign_in(client, "wang")
        with nothing_changes(but=READS):
            early = client.post(f"/recalculations/{run.pk}/correction")
        assert (early.status_code, "未获批准" in early.content.decode()) == (400, True)
        approved(officers, run)
        page = client.get(f"/recalculations/{run.pk}").content.decode()
        assert '<progress id="progress" max="1" value="0">' in page
        assert f'action="/recalculations/{run.pk}/correction"' in page
        done = client.post(f"/recalculations/{run.pk}/correction")
        assert (done.status_code, done["Location"]) == (302, f"/recalculations/{run.pk}")
        check_deferred_rules()
        assert standing(person) == [(35_000, 0, 165_000)]
        assert RecalculationCorrection.objects.get().settlement.operator == "li"
        page = client.get(f"/recalculations/{run.pk}").content.decode()
        assert '<progress id="progress" max="1" value="1">' in page
        assert f'action="/recalculations/{run.pk}/correction"' not in page
        with nothing_changes():
            assert client.post(f"/recalculations/{run.pk}/correction").status_code == 302

    def test_leaves_a_long_list_to_the_command(self, client, officers, run, monkeypatch):
        monkeypatch.setattr(recalculations, "AT_ONCE_MAX", 0)
        approved(officers, run)
        sign_in(client, "wang")
        page = client.get(f"/recalculations/{run.pk}").content.decode()
        assert f"yibao recalculate correct {run.pk}" in page
        with nothing_changes(but=READS):
            refused = client.post(f"/recalculations/{run.pk}/correction")
        assert (refused.status_code, "未作任何更正" in refused.content.decode()) == (400, True)

    @pytest.mark.parametrize("other", [("auditor", REGION, 403), ("agency", "990000", 404)])
    def test_others_carry_nothing_out(self, client, officers, run, other):
        role, region, status = other
        approved(officers, run)
        Division.objects.get_or_create(code=region, defaults={"name": "测试他区", "pooling_region": region})
        new_member("other", role, region=region)
        sign_in(client, "other")
        with nothing_changes():
            assert client.post(f"/recalculations/{run.pk}/correction").status_code == status

    def test_notes_whose_records_were_read(self, client, run):
        sign_in(client, "li")
        client.get(f"/recalculations/{run.pk}")
        (read,) = PersonalRecordRead.objects.filter(purpose="recalculation")
        assert read.person_id == run.differences.get().person_id

    def test_is_open_to_the_regions_agency_and_auditors_only(self, client, run):
        Division.objects.create(code="990000", name="测试他区", pooling_region="990000")
        new_member("elsewhere", "agency", region="990000")
        for name in ("auditor", "system"):
            new_member(name, name)
        pages = ("/recalculations", f"/recalculations/{run.pk}")
        for name, statuses in (("elsewhere", (200, 404)), ("auditor", (200, 200)), ("system", (403, 403))):
            sign_in(client, name)
            assert tuple(client.get(page).status_code for page in pages) == statuses
            expected = 404 if name == "elsewhere" else 403
            assert client.post(f"{pages[1]}/decision", {"decision": "approve"}).status_code == expected
        assert not RecalculationDecision.objects.exists()
        assert client.get(f"/recalculations/{2**70}").status_code in {403, 404}
