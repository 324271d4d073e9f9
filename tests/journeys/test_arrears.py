"""An employer that does not pay: its people's benefits are suspended, a late payment brings a fee and lifts the suspension."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from typer.testing import CliRunner

from yibao.domains.enrolment.late_fees import LateFee, LateFeePayment
from yibao.domains.enrolment.models import Enrolment
from yibao.interfaces.commands import enrolment as commands
from yibao.workflows.arrears import suspend_arrears
from yibao.workflows.pay_late_fees import pay_late_fees
from yibao.workflows.record_payment import (
    AmountNotOwedError,
    LateFeePaidError,
    NothingOwedError,
    UnknownPayerError,
    record_payment,
    reverse_receipt,
)

from .hospital import Hospital
from .office_records import new_member, sign_in
from .records import check_deferred_rules, nothing_changes
from .small_town import REGION, new_person
from .test_contributions import AT, assess, employee, employer, incoming, ledger_of  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def late(paid_on, number="V1", amount_fen=0, **more):
    """A payment of the employer on a day."""
    return replace(incoming(number, amount_fen, **more), paid_on=paid_on)


def owed(person):
    """What is owed for the person's month."""
    (row,) = person.assessments.all()
    return row.employer_fen + row.person_fen


class TestTheSuspension:
    def test_begins_with_the_month_after_the_unpaid_one_and_is_lifted_by_the_payment(self, employer):  # noqa: F811
        person = employee(employer, 1_000_000)
        assess(scheme="310")
        assert suspend_arrears(region=REGION, on=date(2026, 3, 31), actor="test").suspended == 0
        found = suspend_arrears(region=REGION, on=date(2026, 5, 20), actor="test")
        assert (found.in_arrears, found.suspended) == (1, 1)
        with nothing_changes():
            again = suspend_arrears(region=REGION, on=date(2026, 5, 21), actor="test")
        assert (again.in_arrears, again.suspended) == (1, 0)
        assert Enrolment.objects.get(person=person).suspended_from == APRIL

        record_payment(late(date(2026, 5, 21), amount_fen=owed(person)))
        assert Enrolment.objects.get(person=person).suspended_from is None
        check_deferred_rules()

    def test_refuses_care_from_its_first_day_and_not_before(self, employer):  # noqa: F811
        person, house = employee(employer, 1_000_000), Hospital()
        before = house.register(person, at="2026-03-20 09:00:00")
        after = house.register(person, at="2026-04-02 09:00:00")
        for visit in (before, after):
            house.charge(person, visit, "3000.00")
        assess(scheme="310")
        suspend_arrears(region=REGION, on=date(2026, 5, 20), actor="test")
        with nothing_changes():
            said = house.refuse("2207", house.bill(person, after, "3000.00"))
        assert "2" in said
        house.expect("2207", house.bill(person, before, "3000.00"))
        record_payment(late(date(2026, 5, 21), amount_fen=owed(person)))
        house.expect("2207", house.bill(person, after, "3000.00"))

    def test_is_told_at_the_counter_with_its_first_day(self, employer):  # noqa: F811
        person, house = employee(employer, 1_000_000), Hospital()
        assess(scheme="310")
        suspend_arrears(region=REGION, on=date(2026, 5, 20), actor="test")

        def told(day):
            """What 1101 and 2001 say of a day."""
            at = f"{day} 09:00:00"
            shown = {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "begntime": at}
            (insured,) = house.expect("1101", {"data": shown})["insuinfo"]
            asked = {
                "psn_no": person.number,
                "insutype": "310",
                "fixmedins_code": house.code,
                "med_type": "11",
                "begntime": at,
            }
            held = house.expect("2001", {"data": asked})["trtinfo"]
            return insured["psn_insu_stas"], insured["paus_insu_date"], {row["trt_enjymnt_flag"] for row in held}

        assert told("2026-03-31") == ("1", None, {"1"})
        assert told("2026-04-01") == ("2", "2026-04-01", {"0"})
        record_payment(late(date(2026, 5, 21), amount_fen=owed(person)))
        assert told("2026-04-01") == ("1", None, {"1"})

    def test_spares_the_retired_and_who_pays_alone(self, employer):  # noqa: F811
        retired, alone = new_person(status="retired"), new_person()
        Enrolment.objects.filter(person=retired).update(employer=employer)
        assess(scheme="310")
        found = suspend_arrears(region=REGION, on=date(2026, 5, 20), actor="test")
        assert found.suspended == 0
        assert not Enrolment.objects.filter(person__in=[retired, alone], suspended_from__isnull=False).exists()

    def test_is_said_on_the_page_of_contributions(self, client, employer):  # noqa: F811
        person = employee(employer, 1_000_000)
        assess(scheme="310")
        suspend_arrears(region=REGION, on=date(2026, 5, 20), actor="test")
        new_member("officer", "agency")
        sign_in(client, "officer")
        page = client.get("/contributions", {"person": person.number}).content.decode()
        assert "欠费暂停自 2026-04-01" in page

    def test_is_only_of_who_is_insured_by_an_employer(self, standing_town):
        person = new_person()
        with pytest.raises(IntegrityError, match="arrears_suspend"), transaction.atomic():
            Enrolment.objects.filter(person=person).update(suspended_from=APRIL)


class TestTheFee:
    def test_of_a_late_payment_is_noted_paid_and_taken_back(self, employer):  # noqa: F811
        person = employee(employer, 1_000_000)
        assess(scheme="310")
        principal_fen = owed(person)
        record_payment(late(date(2026, 4, 11), amount_fen=principal_fen))
        fee = LateFee.objects.get()
        assert (fee.days, fee.arrears_from, fee.principal_fen) == (10, APRIL, principal_fen)
        assert fee.fee_fen == (principal_fen * 10 * 5 + 5_000) // 10_000
        assert fee.clause == "bj-310-late-fee"
        with nothing_changes(), pytest.raises(AmountNotOwedError), transaction.atomic():
            pay_late_fees(late(date(2026, 4, 12), "L1", fee.fee_fen - 1))
        receipt = pay_late_fees(late(date(2026, 4, 12), "L1", fee.fee_fen))
        with nothing_changes():
            assert pay_late_fees(late(date(2026, 4, 12), "L1", fee.fee_fen)).pk == receipt.pk
        with nothing_changes(), pytest.raises(NothingOwedError), transaction.atomic():
            pay_late_fees(late(date(2026, 4, 12), "L2", fee.fee_fen))
        assert ("4501", "310100", 0, fee.fee_fen) in ledger_of("receipt")
        with nothing_changes(), pytest.raises(LateFeePaidError), transaction.atomic():
            reverse_receipt(number="V1", on=date(2026, 4, 13), at=AT, actor="test")
        reverse_receipt(number="L1", on=date(2026, 4, 13), at=AT, actor="test")
        assert sum(credit - debit for code, _f, debit, credit in ledger_of("receipt") if code == "4501") == 0
        pay_late_fees(late(date(2026, 4, 14), "L3", fee.fee_fen))
        assert list(LateFeePayment.objects.values_list("attempt", flat=True)) == [1, 2]
        check_deferred_rules()

    def test_is_none_of_a_payment_in_time_nor_of_a_person(self, employer):  # noqa: F811
        person, alone = employee(employer, 1_000_000), new_person()
        assess(scheme="310")
        record_payment(late(date(2026, 3, 31), amount_fen=owed(person)))
        record_payment(late(date(2026, 6, 30), "V2", owed(alone), employer_code=None, person_number=alone.number))
        assert not LateFee.objects.exists()
        with nothing_changes(), pytest.raises(UnknownPayerError), transaction.atomic():
            pay_late_fees(late(date(2026, 6, 30), "L1", 1, employer_code=None, person_number=alone.number))

    def test_falls_away_with_the_payment_that_it_came_of(self, employer):  # noqa: F811
        person = employee(employer, 1_000_000)
        assess(scheme="310")
        record_payment(late(date(2026, 4, 11), amount_fen=owed(person)))
        reverse_receipt(number="V1", on=date(2026, 4, 12), at=AT, actor="test")
        with nothing_changes(), pytest.raises(NothingOwedError), transaction.atomic():
            pay_late_fees(late(date(2026, 4, 12), "L1", LateFee.objects.get().fee_fen))
        with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
            LateFee.objects.update(fee_fen=1)


class TestTheCommands:
    def test_suspend_and_take_the_fee_in(self, employer):  # noqa: F811
        person = employee(employer, 1_000_000)
        assess(scheme="310")
        run = CliRunner()
        told = run.invoke(commands.app, ["arrears", REGION, "--on", "2026-05-20"])
        assert (told.exit_code, "1 人 persons, 新暂停 newly suspended 1" in told.output) == (0, True), told.output
        record_payment(late(date(2026, 4, 11), amount_fen=owed(person)))
        fee = LateFee.objects.get().fee_fen
        words = [
            "pay-late-fees",
            REGION,
            "L1",
            f"{fee // 100}.{fee % 100:02d}",
            "--on",
            "2026-04-12",
            "--employer",
            "E1",
        ]
        told = run.invoke(commands.app, words)
        assert (told.exit_code, "1 笔滞纳金" in told.output) == (0, True), told.output
