"""A relative's account pays behind the person's own (家庭共济): settled, tried, reversed, undone, ended, out of reach."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from yibao.domains.enrolment.authorising import end_sharing
from yibao.domains.enrolment.models import AccountEntry, AccountSharing, Enrolment
from yibao.domains.people.models import Person
from yibao.domains.settlement.models import Settlement
from yibao.workflows import settle_visit

from .families import balances, check_accounts, share
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")
NOW = timezone.now()


def fen(info, name):
    """A member of setlinfo in fen."""
    return round(info[name] * 100)


def charged(hospital, person, total="1000.00", **options):
    """A visit whose one line is below the deductible, so that all of it is the person's."""
    visit = hospital.register(person, **options)
    hospital.charge(person, visit, total)
    return visit


class TestSettling:
    @pytest.mark.requirement("ACC-02")
    def test_own_account_first_then_relatives_oldest_authorisation_first(self, hospital):
        person, mother, father = (
            new_person(balance_fen=10_000),
            new_person(balance_fen=60_000),
            new_person(balance_fen=50_000),
        )
        share(mother, person, nth=2)
        share(father, person, nth=1)
        visit = charged(hospital, person)

        info = hospital.settle(person, visit, account="1")

        assert (fen(info, "acct_pay"), fen(info, "acct_mulaid_pay"), fen(info, "psn_cash_pay")) == (100_000, 90_000, 0)
        assert info["balc"] == 0
        assert balances(person, father, mother) == [0, 0, 20_000]
        row = Settlement.objects.get(person=person)
        assert (row.shared_owner_ids, row.shared_amounts_fen) == ([father.pk, mother.pk], [50_000, 40_000])
        check_accounts(person, mother, father)

    def test_own_account_that_is_enough_leaves_relatives_alone(self, hospital):
        person, mother = new_person(balance_fen=100_000), new_person(balance_fen=60_000)
        share(mother, person)
        info = hospital.settle(person, charged(hospital, person), account="1")
        assert (fen(info, "acct_pay"), fen(info, "acct_mulaid_pay")) == (100_000, 0)
        assert balances(person, mother) == [0, 60_000]

    def test_what_accounts_do_not_reach_is_cash(self, hospital):
        person, mother = new_person(), new_person(balance_fen=30_001)
        share(mother, person)
        info = hospital.settle(person, charged(hospital, person), account="1")
        assert (fen(info, "acct_mulaid_pay"), fen(info, "psn_cash_pay")) == (30_001, 69_999)
        check_accounts(person, mother)

    def test_a_resident_child_is_paid_for_in_hospital_and_pharmacy(self, hospital, pharmacy):
        child = new_person(scheme="390", status="student_child", born=date(2016, 5, 6))
        mother = new_person(balance_fen=30_000)
        share(mother, child)
        visit = charged(hospital, child, "200.00", insutype="390")
        info = hospital.settle(child, visit, "200.00", account="1", insutype="390")
        assert (fen(info, "acct_mulaid_pay"), fen(info, "psn_cash_pay")) == (20_000, 0)
        visit = charged(pharmacy, child, "150.00", insutype="390")
        info = pharmacy.settle(child, visit, "150.00", account="1", insutype="390")
        assert (fen(info, "acct_mulaid_pay"), fen(info, "psn_cash_pay")) == (10_000, 5_000)
        assert balances(mother) == [0]
        check_accounts(child, mother)

    def test_without_the_flag_no_account_pays(self, hospital):
        person, mother = new_person(), new_person(balance_fen=60_000)
        share(mother, person)
        info = hospital.settle(person, charged(hospital, person), account="0")
        assert fen(info, "acct_pay") == 0
        assert balances(mother) == [60_000]

    def test_a_trial_shows_it_and_keeps_nothing(self, hospital):
        person, mother = new_person(balance_fen=10_000), new_person(balance_fen=60_000)
        share(mother, person)
        visit = charged(hospital, person)
        with nothing_changes():
            info = hospital.expect("2206", hospital.bill(person, visit, account="1"))["setlinfo"]
        assert (fen(info, "acct_pay"), fen(info, "acct_mulaid_pay")) == (70_000, 60_000)

    def test_the_answer_is_repeated_byte_for_byte(self, hospital):
        person, mother = new_person(), new_person(balance_fen=60_000)
        share(mother, person)
        body = hospital.body("2207", hospital.bill(person, charged(hospital, person), account="1"))
        first = hospital.post_bytes(body)
        with nothing_changes():
            assert hospital.post_bytes(body) == first
        assert balances(mother) == [0]

    def test_kept_bill_says_it_too(self, hospital):
        person, mother = new_person(), new_person(balance_fen=60_000)
        share(mother, person)
        visit, info = hospital.visit(person, account="1")
        kept = hospital.expect(
            "5203", {"data": {"psn_no": person.number, "setl_id": info["setl_id"], "mdtrt_id": visit}}
        )["setlinfo"]
        assert (fen(kept, "acct_pay"), fen(kept, "acct_mulaid_pay")) == (60_000, 60_000)


class TestTryingAnew:
    def test_a_deadlock_never_reaches_the_client(self, hospital, monkeypatch):
        person, mother = new_person(), new_person(balance_fen=60_000)
        share(mother, person)
        visit = charged(hospital, person)
        really, met = settle_visit.settle_with_relatives, []

        def meet_a_deadlock_once(*args, **options):
            if not met:
                met.append(1)
                raise DeadlockDetected
            return really(*args, **options)

        monkeypatch.setattr(settle_visit, "settle_with_relatives", meet_a_deadlock_once)
        info = hospital.settle(person, visit, account="1")
        assert met
        assert fen(info, "acct_mulaid_pay") == 60_000
        check_accounts(person, mother)


class TestWhoDoesNotPay:
    @pytest.mark.parametrize(
        "change",
        [
            lambda owner, _sharing: Person.objects.filter(pk=owner.pk).update(death_date=date(2026, 6, 1)),
            lambda owner, _sharing: Enrolment.objects.filter(person=owner).update(region_id="310000"),
            lambda owner, _sharing: Enrolment.objects.filter(person=owner).delete(),
            lambda _owner, sharing: end_sharing(sharing_id=sharing.pk, on=date(2026, 2, 1), at=NOW, actor="test"),
        ],
        ids=["dead", "insured in another province", "never an employee", "ended"],
    )
    def test_an_account_out_of_reach(self, hospital, change):
        person, mother = new_person(), new_person(balance_fen=60_000)
        change(mother, share(mother, person))
        info = hospital.settle(person, charged(hospital, person), account="1")
        assert (fen(info, "acct_mulaid_pay"), fen(info, "psn_cash_pay")) == (0, 100_000)
        assert balances(mother) == [60_000]

    @pytest.mark.parametrize("days", [(1, None), (-30, 0)], ids=["begins tomorrow", "ends today"])
    def test_a_day_outside_the_period(self, hospital, days):
        today = timezone.localdate()
        since, until = (None if day is None else today + timedelta(days=day) for day in days)
        person, mother = new_person(), new_person(balance_fen=60_000)
        share(mother, person, since=since, until=until)
        assert fen(hospital.settle(person, charged(hospital, person), account="1"), "acct_pay") == 0

    def test_the_beneficiary_does_not_pay_for_the_owner(self, hospital):
        person, mother = new_person(balance_fen=60_000), new_person()
        share(mother, person)
        assert fen(hospital.settle(mother, charged(hospital, mother), account="1"), "acct_pay") == 0
        assert balances(person) == [60_000]

    def test_who_shares_with_nobody_asks_nothing_more(self, hospital, monkeypatch):
        share(new_person(balance_fen=5_000), new_person())
        monkeypatch.setattr(settle_visit, "settle_with_relatives", None)
        info = hospital.settle(person := new_person(), charged(hospital, person), account="1")
        assert fen(info, "psn_cash_pay") == 100_000


class TestTakingBack:
    @pytest.fixture
    def family(self):
        person, mother, father = (
            new_person(balance_fen=10_000),
            new_person(balance_fen=60_000),
            new_person(balance_fen=50_000),
        )
        share(mother, person, nth=1)
        share(father, person, nth=2)
        return person, mother, father

    def test_a_reversal_gives_each_account_what_it_gave(self, hospital, family):
        person, _, father = family
        visit, info = hospital.visit(person, account="1")
        assert balances(*family) == [0, 0, 20_000]
        end_sharing(
            sharing_id=AccountSharing.objects.get(owner=father).pk, on=timezone.localdate(), at=NOW, actor="test"
        )

        turned = hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]))["setlinfo"]

        assert (fen(turned, "acct_pay"), fen(turned, "acct_mulaid_pay")) == (-100_000, -90_000)
        assert fen(turned, "balc") == 10_000
        assert balances(*family) == [10_000, 60_000, 50_000]
        check_accounts(*family)

    def test_2601_undoes_a_settlement_and_then_a_reversal(self, hospital, family):
        person = family[0]
        visit = charged(hospital, person)
        first = hospital.new_msgid()
        hospital.expect("2207", hospital.bill(person, visit, account="1"), msgid=first)
        hospital.expect("2601", {"data": {"psn_no": person.number, "omsgid": first, "oinfno": "2207"}})
        assert balances(*family) == [10_000, 60_000, 50_000]

        info = hospital.settle(person, visit, account="1")
        second = hospital.new_msgid()
        hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]), msgid=second)
        hospital.expect("2601", {"data": {"psn_no": person.number, "omsgid": second, "oinfno": "2208"}})

        assert balances(*family) == [0, 0, 20_000]
        latest = Settlement.objects.filter(person=person).latest("id")
        assert (latest.kind, latest.shared_amounts_fen) == ("reinstatement", [60_000, 30_000])
        check_accounts(*family)

    def test_a_reversal_stays_when_a_relative_has_spent_the_money(self, hospital, family):
        person, mother, _ = family
        visit, info = hospital.visit(person, account="1")
        msgid = hospital.new_msgid()
        hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]), msgid=msgid)
        hospital.visit(mother, "300.00", account="1")
        with nothing_changes():
            hospital.refuse("2601", {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2208"}})
        assert balances(*family) == [10_000, 30_000, 50_000]
        check_accounts(*family)


class TestTheDatabaseRefuses:
    def test_an_overlapping_sharing(self):
        person, mother = new_person(), new_person()
        share(mother, person)
        with pytest.raises(DatabaseError, match="sharing_periods_never_overlap"), transaction.atomic():
            AccountSharing.objects.create(
                owner=mother, beneficiary=person, relation="child", document="x", valid_from=date(2026, 3, 1),
                authorised_by="x", authorised_at=NOW,
            )  # fmt: skip

    @pytest.mark.parametrize("change", [{"owner": None}, {"valid_until": date(2026, 5, 1)}, {"document": "另一份"}])
    def test_a_change_other_than_the_end(self, change):
        person, mother, other = new_person(), new_person(), new_person()
        sharing = share(mother, person)
        if "owner" in change:
            change = {"owner": other}
        with pytest.raises(DatabaseError, match="only ended"), transaction.atomic():
            AccountSharing.objects.filter(pk=sharing.pk).update(**change)

    def test_an_end_moved_again(self):
        sharing = share(new_person(), new_person())
        end_sharing(sharing_id=sharing.pk, on=date(2026, 5, 1), at=NOW, actor="test")
        with pytest.raises(DatabaseError, match="only ended"), transaction.atomic():
            AccountSharing.objects.filter(pk=sharing.pk).update(valid_until=date(2026, 6, 1))
        with pytest.raises(DatabaseError, match="only ended"), transaction.atomic():
            sharing.delete()

    def test_a_settlement_whose_relative_gave_something_else(self, hospital):
        person, mother = new_person(), new_person(balance_fen=60_000)
        share(mother, person)
        hospital.visit(person, account="1")
        row = Settlement.objects.get(person=person)
        entry = AccountEntry.objects.get(cause="settlement", cause_id=row.pk)
        assert (entry.account.person_id, entry.amount_fen) == (mother.pk, -60_000)
        with (
            pytest.raises(DatabaseError, match="did not move as is said"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "INSERT INTO settlement_settlement SELECT (jsonb_populate_record(s, jsonb_build_object('id',"
                " nextval('settlement_settlement_id_seq')))).* FROM settlement_settlement s WHERE id = %s",
                [row.pk],
            )
            cursor.execute("SET CONSTRAINTS shares_are_entered IMMEDIATE")
