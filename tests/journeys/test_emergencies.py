"""Decisions in a major epidemic: proposed, approved by another officer, lived by at the counter, ended; institutions prepaid."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from yibao.domains.corrections.operations import ask_for_run, decide
from yibao.domains.emergencies.decisions import (
    EmergencyDecidedError,
    EmergencyOverlapError,
    EmptyEmergencyPeriodError,
    EndOutsidePeriodError,
    NotAnEmergencyOfficerError,
    NotInForceError,
    OwnProposalError,
)
from yibao.domains.emergencies.models import (
    EmergencyApproval,
    EmergencyDecision,
    EmergencySettlement,
    PrepaymentClearing,
    PrepaymentOrder,
)
from yibao.domains.emergencies.operations import (
    BankAccount,
    ClearedTooMuchError,
    ClearingKnownError,
    NotOrderedError,
    PrepaymentDecidedError,
    PrepaymentKnownError,
)
from yibao.domains.emergencies.queries import balances_of, standing_of
from yibao.domains.institutions.models import Institution
from yibao.domains.ledger.models import Fund
from yibao.domains.ledger.queries import balance_fen, entries_of_cause
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Accumulator, Settlement
from yibao.interfaces.commands import app
from yibao.workflows.decide_emergency import NoEmergencyLawError, approve, end, propose, refuse
from yibao.workflows.prepay_institution import (
    UnknownPrepaidInstitutionError,
    ask_for_prepayment,
    clear_prepayment,
    order_prepayment,
    refuse_prepayment,
)
from yibao.workflows.recalculate_settlements import compute, correct

from .hospital import BEIJING, Hospital
from .office_records import new_member, sign_in
from .records import check_deferred_rules, nothing_changes
from .small_town import REGION, new_person

NOW = datetime(2022, 12, 1, 9, tzinfo=BEIJING)
FIRST, LAST = date(2022, 12, 1), date(2023, 3, 31)
COVID = {"diag_code": "U07.100x001", "diag_name": "新型冠状病毒肺炎"}
BANK = BankAccount("测试银行", "测试医院", "6200000000000001")


@pytest.fixture
def officers(town):
    return new_member("wang", "agency"), new_member("li", "agency")


def proposed(officers, *, since=FIRST, until=LAST, emergency="covid_19"):
    return propose(
        emergency=emergency, document="京医保发〔2022〕99号", reason="疫情救治", valid_from=since, valid_until=until,
        member=officers[0], at=NOW,
    )  # fmt: skip


@pytest.fixture
def decision(officers):
    decision = proposed(officers)
    approve(decision.pk, note="同意", member=officers[1], at=NOW)
    return EmergencyDecision.objects.get(pk=decision.pk)


class TestTheDecision:
    def test_needs_another_officer(self, officers):
        decision = proposed(officers)
        with nothing_changes(), pytest.raises(OwnProposalError), atomic():
            approve(decision.pk, note="", member=officers[0], at=NOW)
        with pytest.raises(IntegrityError), atomic():
            EmergencyApproval.objects.create(
                decision=decision, is_approved=True, decided_by=officers[0], decided_at=NOW
            )
        assert standing_of(EmergencyDecision.objects.get(pk=decision.pk), FIRST) == "proposed"

    @pytest.mark.parametrize(("role", "region"), [("auditor", REGION), ("system", REGION), ("agency", "990000")])
    def test_is_made_by_the_regions_agency_only(self, officers, role, region):
        decision = proposed(officers)
        Division.objects.create(code="990000", name="测试他区", pooling_region="990000")
        stranger = new_member("stranger", role, region=region)
        with nothing_changes(), pytest.raises(NotAnEmergencyOfficerError), atomic():
            approve(decision.pk, note="", member=stranger, at=NOW)

    def test_is_made_once(self, officers, decision):
        with nothing_changes():
            approve(decision.pk, note="", member=officers[1], at=NOW)
            with pytest.raises(EmergencyDecidedError), atomic():
                refuse(decision.pk, note="", member=officers[1], at=NOW)

    def test_needs_law_and_days(self, officers):
        for emergency, since in (("flu", FIRST), ("covid_19", date(2023, 4, 1)), ("covid_19", date(2018, 1, 1))):
            with pytest.raises(NoEmergencyLawError):
                proposed(officers, emergency=emergency, since=since, until=None)
        with pytest.raises(EmptyEmergencyPeriodError):
            proposed(officers, until=FIRST)
        assert not EmergencyDecision.objects.exists()

    def test_two_in_force_never_share_a_day(self, officers, decision):
        other = proposed(officers, since=date(2023, 1, 1), until=None)
        with nothing_changes(), pytest.raises(EmergencyOverlapError), atomic():
            approve(other.pk, note="", member=officers[1], at=NOW)
        after = proposed(officers, since=LAST, until=None)
        assert approve(after.pk, note="", member=officers[1], at=NOW).is_approved

    def test_ends_early_on_a_day_to_come(self, officers, decision):
        words = {"document": "京医保发〔2023〕1号", "reason": "疫情结束", "member": officers[0], "at": NOW}
        for day in (NOW.date(), LAST, date(2024, 1, 1)):
            with nothing_changes(), pytest.raises(EndOutsidePeriodError), atomic():
                end(decision.pk, ends_on=day, **words)
        ended = end(decision.pk, ends_on=date(2023, 1, 8), **words)
        assert end(decision.pk, ends_on=date(2023, 1, 8), **words).pk == ended.pk
        with pytest.raises(NotInForceError), atomic():
            end(decision.pk, ends_on=date(2023, 1, 9), **words)
        decision = EmergencyDecision.objects.get(pk=decision.pk)
        days = (date(2022, 11, 30), FIRST, date(2023, 1, 7), date(2023, 1, 8))
        assert [standing_of(decision, day) for day in days] == ["coming", "in_force", "in_force", "ended"]
        again = proposed(officers, since=date(2023, 1, 8))
        assert approve(again.pk, note="", member=officers[1], at=NOW).is_approved

    def test_what_was_not_approved_neither_ends_nor_prepays(self, officers):
        decision = proposed(officers)
        refuse(decision.pk, note="", member=officers[1], at=NOW)
        with nothing_changes():
            with pytest.raises(NotInForceError), atomic():
                end(decision.pk, ends_on=date(2023, 1, 8), document="d", reason="r", member=officers[0], at=NOW)
            with pytest.raises(NotInForceError), atomic():
                asked(officers, decision)

    def test_is_kept_as_it_was_made(self, decision):
        for change in ({"valid_until": None}, {"document": "另一文号"}):
            with pytest.raises(IntegrityError), atomic():
                EmergencyDecision.objects.filter(pk=decision.pk).update(**change)
        with pytest.raises(IntegrityError), atomic():
            EmergencyApproval.objects.filter(decision=decision).delete()


class Ward(Hospital):
    """A hospital whose patients have the main diagnosis that its `sick_of` says."""

    sick_of = "U07.100x001"

    def diagnosis(self, person):
        return {**super().diagnosis(person), "diag_code": self.sick_of, "diag_name": "测试诊断"}


def lie(person, *, total="20000.00", sick_of="U07.100x001", item="XC03", until="2022-12-20 10:00:00", insutype="310"):
    """A stay in December 2022 with one line; gives (mdtrt_id, setlinfo)."""
    house = Ward()
    house.sick_of = sick_of
    visit = house.admit(person, at="2022-12-10 10:00:00", insutype=insutype)
    house.ward_charge(person, visit, total, at="2022-12-11 10:00:00", item=item)
    house.discharge(person, visit, at=until, insutype=insutype)
    return visit, house.expect("2304", house.stay_bill(person, visit, total, insutype=insutype))["setlinfo"]


def settled(bill):
    """The row of a bill, and by which decision it was made."""
    row = Settlement.objects.get(pk=bill["setl_id"])
    under = EmergencySettlement.objects.filter(settlement=row).values_list("decision_id", flat=True).first()
    return row, under


class TestTheCounter:
    """20,000 yuan of class C: the catalogue leaves all to the person, a decision pays 85 % above 1,300 yuan."""

    @pytest.mark.requirement("PAN-03")
    def test_settles_by_the_law_of_the_decision_from_its_approval_on(self, officers):
        before, pending = settled(lie(new_person())[1])
        assert (before.fund_fen, before.cash_fen, pending) == (0, 2_000_000, None)
        decision = proposed(officers)
        unapproved, none = settled(lie(new_person())[1])
        assert (unapproved.fund_fen, none) == (0, None)
        approve(decision.pk, note="", member=officers[1], at=NOW)
        person = new_person()
        _, bill = lie(person)
        row, under = settled(bill)
        check_deferred_rules()
        assert (row.fund_fen, row.cash_fen, row.deductible_fen) == (1_589_500, 410_500, 130_000)
        assert (row.full_self_pay_fen, row.in_scope_fen) == (0, 2_000_000)
        assert (row.policy, under) == (f"{before.policy}+covid_19", decision.pk)
        assert "bj-310-covid-catalogue" in str(row.trace)
        assert Accumulator.objects.get(person=person, year=2022).amounts["inpatient_cost"] == 2_000_000
        assert sum(entry.credit_fen for entry in entries_of_cause(cause="settlement", cause_id=row.pk)) == 1_589_500

    def test_leaves_every_other_visit_to_the_ordinary_law(self, decision):
        others = [
            lie(new_person(), sick_of="J18.900"),
            lie(new_person(), until="2023-03-31 10:00:00"),
            Hospital().visit(new_person(), at="2022-12-10 09:00:00"),  # nobody named a diagnosis
        ]
        assert [settled(bill)[1] for _, bill in others] == [None, None, None]
        assert not EmergencySettlement.objects.exists()

    def test_asks_the_database_nothing_more_without_a_decision(self, officers):
        lie(new_person())  # what is in force is remembered from here on
        with CaptureQueriesContext(connection) as asked_for:
            lie(new_person())
        assert not [each for each in asked_for.captured_queries if "emergencies_" in each["sql"]]

    @pytest.mark.requirement("PAN-03")
    def test_covers_residents_and_visits_to_a_clinic(self, decision):
        child = new_person(scheme="390", status="student_child", born=date(2015, 5, 5))
        row, under = settled(lie(child, insutype="390")[1])
        assert (row.policy.partition("+")[2], row.in_scope_fen, under) == ("covid_19", 2_000_000, decision.pk)
        house, person = Ward(), new_person()
        visit = house.register(person, at="2022-12-10 09:00:00")
        house.expect("2203", house.diagnoses(person, visit))
        house.charge(person, visit, "3000.00", item="XC03")
        row, under = settled(house.settle(person, visit, "3000.00"))
        assert (row.fund_fen, under) == (84_000, decision.pk)  # 70 % above 1,800 yuan

    def test_a_trial_says_the_same_and_writes_nothing(self, decision):
        house, person = Ward(), new_person()
        visit = house.admit(person, at="2022-12-10 10:00:00")
        house.ward_charge(person, visit, "20000.00", at="2022-12-11 10:00:00", item="XC03")
        house.discharge(person, visit, at="2022-12-20 10:00:00")
        tried = house.expect("2303", house.stay_bill(person, visit, "20000.00"))["setlinfo"]
        assert (float(tried["fund_pay_sumamt"]), EmergencySettlement.objects.count()) == (15_895.0, 0)

    def test_an_end_takes_the_days_after_it_away(self, officers, decision):
        end(
            decision.pk, ends_on=date(2022, 12, 20), document="京医保发〔2022〕100号", reason="结束", member=officers[0],
            at=NOW,
        )  # fmt: skip
        inside, outside = lie(new_person(), until="2022-12-19 10:00:00"), lie(new_person())
        assert [settled(bill)[1] for _, bill in (inside, outside)] == [decision.pk, None]

    def test_a_reversal_gives_everything_back_and_the_page_tells_the_decision(self, client, officers, decision):
        person = new_person()
        visit, bill = lie(person)
        row, _ = settled(bill)
        house = Ward()
        back = house.expect("2305", house.reversal(person, visit, bill["setl_id"]))["setlinfo"]
        check_deferred_rules()
        reversal = Settlement.objects.get(pk=back["setl_id"])
        assert (reversal.fund_fen, reversal.cash_fen, reversal.policy) == (-1_589_500, -410_500, row.policy)
        assert set(Accumulator.objects.get(person=person, year=2022).amounts.values()) == {0}
        assert list(EmergencySettlement.objects.values_list("settlement_id", flat=True)) == [row.pk]
        sign_in(client, "li")
        for number in (row.pk, reversal.pk):
            told = client.get(f"/settlements/{number}").content.decode()
            assert f"依据决定 {decision.pk}：京医保发〔2022〕99号，审批人 li" in told
            assert "本次全部费用按政策范围内费用计算" in told
        assert ">1</dd>" in client.get(f"/emergencies/{decision.pk}").content.decode()

    def test_a_decision_that_reaches_back_is_made_good_by_a_recalculation(self, officers):
        person = new_person()
        old, _ = settled(lie(person)[1])
        decision = proposed(officers)
        approve(decision.pk, note="", member=officers[1], at=NOW)
        run = ask_for_run(
            region=Division.objects.get(code=REGION), scheme="310", benefit_from=FIRST, benefit_until=LAST,
            document=decision.document, reason="追溯至疫情开始", member=officers[0], at=NOW,
        )  # fmt: skip
        run = compute(run.pk, at=NOW)
        decide(run=run, is_approved=True, member=officers[1], at=NOW)
        assert correct(run.pk, at=NOW) == 1
        check_deferred_rules()
        new = Settlement.objects.get(person=person, kind="settlement", reversal=None)
        assert (new.fund_fen, new.in_scope_fen, new.policy) == (1_589_500, 2_000_000, f"{old.policy}+covid_19")
        assert EmergencySettlement.objects.get(settlement=new).decision_id == decision.pk

    def test_the_database_takes_no_settlement_under_what_was_not_approved(self, officers):
        decision = proposed(officers)
        row, _ = settled(lie(new_person())[1])
        with pytest.raises(IntegrityError), atomic():
            EmergencySettlement.objects.create(settlement=row, decision=decision)


def asked(officers, decision, *, yuan=1_000_000, document="预付〔2022〕1号", institution="H11010100001", at=NOW):
    return ask_for_prepayment(
        decision.pk, institution_code=institution, fund=Fund.objects.get(code="310100"), amount_fen=yuan * 100,
        account=BANK, document=document, member=officers[0], at=at,
    )  # fmt: skip


@pytest.fixture
def prepaid(officers, decision):
    prepayment = asked(officers, decision)
    order_prepayment(prepayment.pk, note="", member=officers[1], at=NOW)
    return prepayment


def held_fen():
    return [balance_fen(book="employee", account=account) for account in ("1101", "1003", "2001")]


class TestThePrepayment:
    @pytest.mark.requirement("PAN-02")
    def test_is_posted_once_when_another_officer_orders_it(self, officers, decision):
        prepayment = asked(officers, decision)
        assert held_fen() == [0, 0, 0]
        with nothing_changes(), pytest.raises(OwnProposalError), atomic():
            order_prepayment(prepayment.pk, note="", member=officers[0], at=NOW)
        with pytest.raises(IntegrityError), atomic():
            PrepaymentOrder.objects.create(
                prepayment=prepayment, is_approved=True, decided_by=officers[0], decided_at=NOW
            )
        order_prepayment(prepayment.pk, note="同意", member=officers[1], at=NOW)
        with nothing_changes(), pytest.raises(PrepaymentDecidedError), atomic():
            order_prepayment(prepayment.pk, note="", member=officers[1], at=NOW)
        check_deferred_rules()
        assert held_fen() == [100_000_000, -100_000_000, 0]
        entries = entries_of_cause(cause="prepayment", cause_id=prepayment.pk)
        assert [(e.account.code, e.institution.code, e.debit_fen, e.credit_fen) for e in entries] == [
            ("1101", "H11010100001", 100_000_000, 0),
            ("1003", "H11010100001", 0, 100_000_000),
        ]

    def test_is_asked_for_once_by_a_document(self, officers, prepaid, decision):
        with nothing_changes(), pytest.raises(PrepaymentKnownError), atomic():
            asked(officers, decision)

    def test_is_asked_for_until_the_days_are_over(self, officers, decision):
        with nothing_changes(), pytest.raises(NotInForceError), atomic():
            asked(officers, decision, at=datetime(2023, 3, 31, 9, tzinfo=BEIJING))
        assert asked(officers, decision, at=datetime(2023, 3, 30, 9, tzinfo=BEIJING)).pk

    def test_refused_moves_nothing(self, officers, decision):
        prepayment = asked(officers, decision)
        refuse_prepayment(prepayment.pk, note="材料不全", member=officers[1], at=NOW)
        with nothing_changes():
            with pytest.raises(PrepaymentDecidedError), atomic():
                order_prepayment(prepayment.pk, note="", member=officers[1], at=NOW)
            with pytest.raises(NotOrderedError), atomic():
                clear_prepayment(prepayment.pk, kind="repaid", amount_fen=1, document="d", member=officers[0], at=NOW)
        assert held_fen() == [0, 0, 0]
        assert balances_of(decision) == []

    def test_goes_to_institutions_of_the_region_only(self, officers, decision):
        Division.objects.create(code="990000", name="测试他区", pooling_region="990000")
        Division.objects.create(code="990001", name="测试他区县", pooling_region="990000")
        Institution.objects.create(
            code="H99000100001", name="他区医院", kind="hospital", level="tertiary", division_id="990001",
            designated_from=date(2019, 1, 1),
        )  # fmt: skip
        for code in ("H99000100001", "H11010100099"):
            with nothing_changes(), pytest.raises(UnknownPrepaidInstitutionError), atomic():
                asked(officers, decision, institution=code)

    def test_is_cleared_by_repayment_and_set_off_and_never_above_its_amount(self, officers, decision, prepaid):
        asked(officers, decision, yuan=5, document="预付〔2022〕2号")  # not ordered: it is no balance yet
        words = {"member": officers[0], "at": NOW}
        clear_prepayment(prepaid.pk, kind="repaid", amount_fen=30_000_000, document="回单1", **words)
        clear_prepayment(prepaid.pk, kind="set_off", amount_fen=50_000_000, document="清算2022-12", **words)
        check_deferred_rules()
        assert held_fen() == [20_000_000, -70_000_000, 50_000_000]
        (row,) = balances_of(decision)
        assert (row.prepaid_fen, row.repaid_fen, row.set_off_fen, row.balance_fen) == (
            100_000_000, 30_000_000, 50_000_000, 20_000_000,
        )  # fmt: skip
        with nothing_changes():
            with pytest.raises(ClearingKnownError), atomic():
                clear_prepayment(prepaid.pk, kind="repaid", amount_fen=1, document="回单1", **words)
            with pytest.raises(ClearedTooMuchError), atomic():
                clear_prepayment(prepaid.pk, kind="repaid", amount_fen=20_000_001, document="回单2", **words)
        with pytest.raises(IntegrityError), atomic():
            PrepaymentClearing.objects.create(
                prepayment=prepaid, kind="repaid", amount_fen=20_000_001, document="回单3", entered_by=officers[0],
                entered_at=NOW,
            )  # fmt: skip
        clear_prepayment(prepaid.pk, kind="repaid", amount_fen=20_000_000, document="回单2", **words)
        assert held_fen()[0] == 0


class TestTheOffice:
    def test_walks_from_the_proposal_to_the_clearing(self, client, officers):
        sign_in(client, "wang")
        said = {
            "emergency": "covid_19",
            "document": "京医保发〔2022〕99号",
            "valid_from": "2022-12-01",
            "reason": "疫情救治",
        }
        assert client.post("/emergencies", {**said, "valid_from": "first"}).status_code == 400
        late = client.post("/emergencies", {**said, "valid_from": "2023-04-01"})
        assert (late.status_code, "没有在 2023-04-01 有效" in late.content.decode()) == (409, True)
        assert not EmergencyDecision.objects.exists()
        made = client.post("/emergencies", said)
        decision = EmergencyDecision.objects.get()
        page = f"/emergencies/{decision.pk}"
        assert (made.status_code, made["Location"]) == (302, page)
        assert "由您提出，须由他人审批" in client.get(page).content.decode()
        own = client.post(f"{page}/approve", {"note": ""})
        assert (own.status_code, "须由他人审批" in own.content.decode()) == (409, True)
        sign_in(client, "li")
        assert client.post(f"{page}/approve", {"note": "同意"}).status_code == 302
        assert "生效" in client.get("/emergencies").content.decode()

        money = {
            "institution": "H11010100001", "fund": "310100", "amount": "1000000", "document": "预付〔2022〕1号",
            "bank_name": "测试银行", "account_holder": "测试医院", "account_number": "6200 0000 0000 0001",
        }  # fmt: skip
        assert client.post(f"{page}/prepay", {**money, "amount": "0"}).status_code == 400
        assert client.post(f"{page}/prepay", {**money, "institution": "H99999999999"}).status_code == 409
        assert client.post(f"{page}/prepay", money).status_code == 302
        number = decision.prepayments.get().pk
        assert client.post(f"{page}/order", {"prepayment": number}).status_code == 409
        sign_in(client, "wang")
        assert client.post(f"{page}/order", {"prepayment": number + 1}).status_code == 409
        assert client.post(f"{page}/order", {"prepayment": number}).status_code == 302
        cleared = {"prepayment": number, "kind": "repaid", "amount": "400000.00", "document": "回单1"}
        assert client.post(f"{page}/clear", cleared).status_code == 302
        told = client.get(page).content.decode()
        for words in ("1,000,000.00", "400,000.00", "600,000.00", "回单1", "测试H11010100001"):
            assert words in told
        assert "6200000000000001" not in told
        sheet = client.get(f"{page}/prepayments.csv")
        assert sheet.content.decode("utf-8-sig").splitlines()[1] == (
            "H11010100001,测试H11010100001,310100,1000000.00,400000.00,0.00,600000.00"
        )
        tomorrow = datetime.now(BEIJING).date() + timedelta(days=1)
        ended = client.post(f"{page}/end", {"ends_on": tomorrow, "document": "京医保发〔2026〕1号", "reason": "结束"})
        assert ended.status_code == 302
        assert "提前终止" in client.get(page).content.decode()

    def test_is_open_to_the_regions_agency_and_auditors_only(self, client, officers, decision):
        Division.objects.create(code="990000", name="测试他区", pooling_region="990000")
        new_member("elsewhere", "agency", region="990000")
        for name in ("auditor", "system"):
            new_member(name, name)
        page = f"/emergencies/{decision.pk}"
        looked_at = ("/emergencies", page, f"{page}/prepayments.csv")
        expected = {"elsewhere": [200, 404, 404], "auditor": [200, 200, 200], "system": [403, 403, 403]}
        for name, statuses in expected.items():
            sign_in(client, name)
            assert [client.get(each).status_code for each in looked_at] == statuses
            assert client.post(f"{page}/end", {}).status_code in {403, 404}
        sign_in(client, "auditor")
        with nothing_changes():
            assert client.post("/emergencies", {}).status_code == 404
        sign_in(client, "wang")
        assert client.get(f"/emergencies/{2**70}").status_code == 404
        assert client.post(f"{page}/jump", {}).status_code == 404

    def test_registers_show_every_record(self, client, officers, prepaid):
        sign_in(client, "wang")
        names = ("emergencydecision", "emergencyapproval", "emergencyend", "emergencysettlement", "prepayment",
                 "prepaymentorder", "prepaymentclearing")  # fmt: skip
        for name in names:
            assert client.get(f"/admin/emergencies/{name}/").status_code == 200
        shown = client.get(f"/admin/emergencies/prepayment/{prepaid.pk}/change/").content.decode()
        assert ("预付〔2022〕1号" in shown, "6200000000000001" in shown) == (True, False)


class TestTheCommand:
    def test_lists_decisions_with_their_standing(self, officers, prepaid):
        run = CliRunner()
        told = run.invoke(app, ["emergencies", "list", "--on", "2023-01-15"])
        assert told.exit_code == 0, told.output
        for words in ("covid_19", "生效 in force", "2022-12-01", "1,000,000.00", "wang", "li"):
            assert words in told.output
        assert "已终止 over" in run.invoke(app, ["emergencies", "list", "--on", "2023-04-15"]).output
        assert "covid_19" not in run.invoke(app, ["emergencies", "list", "--region", "120000"]).output
