"""Late fees in the office: listed with their reason, paid as a whole, waived by two officers on an article, taken out."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from yibao.domains.enrolment.late_fees import LateFee, LateFeePayment, LateFeeWaiver, LateFeeWaiverDecision
from yibao.domains.reference.models import Division
from yibao.workflows.record_payment import record_payment, reverse_receipt

from .office_records import OTHER_REGION, new_member, sign_in
from .records import nothing_changes
from .test_arrears import late, owed
from .test_contributions import AT, assess, employee, employer, ledger_of  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db
WAIVER = {"document": "人社部发〔2020〕11号", "article": "第三条", "reason": "缓缴期间免收滞纳金"}


@pytest.fixture
def fee(employer):  # noqa: F811
    """The late fee of a month that was paid ten days late, with two officers who may work on it."""
    person = employee(employer, 1_000_000)
    assess(scheme="310")
    record_payment(late(date(2026, 4, 11), amount_fen=owed(person)))
    for name in ("wang", "li"):
        new_member(name, "agency")
    return LateFee.objects.get()


def page(client, name="wang", **asked):
    sign_in(client, name)
    return client.get("/late-fees", asked).content.decode()


def propose(client, fee, **changed):
    sign_in(client, "wang")
    return client.post("/late-fees/waiver", {**WAIVER, "fee": fee.pk, **changed})


def decide(client, waiver, decision, name="li"):
    sign_in(client, name)
    return client.post(f"/late-fees/waiver/{waiver.pk}/decision", {"decision": decision, "note": "核实"})


def payment(fee, **changed):
    yuan = f"{fee.fee_fen // 100}.{fee.fee_fen % 100:02d}"
    return {"employer": "E1", "scheme": "310", "number": "L1", "amount": yuan, "paid_on": "2026-04-12", **changed}


class TestTheList:
    def test_says_why_each_is_owed(self, client, fee):
        shown = page(client)
        for words in ("测试单位", "2026-04-01", "2026-04-11", "bj-310-late-fee", "第八十六条", "应缴"):
            assert words in shown
        assert "Late fees" in client.get("/late-fees", headers={"accept-language": "en"}).content.decode()

    def test_is_searched_and_taken_out(self, client, fee):
        assert "没有滞纳金" in page(client, employer="E9")
        assert "没有滞纳金" in page(client, standing="paid")
        content = client.get("/late-fees.csv", {"standing": "owed"}).content.decode("utf-8-sig")
        assert f"{fee.fee_fen // 100}.{fee.fee_fen % 100:02d}" in content
        assert client.get("/late-fees.xlsx").status_code == 200

    def test_tells_what_runs_up_now(self, client, employer):  # noqa: F811
        person = employee(employer, 1_000_000)
        assess(scheme="310")
        new_member("wang", "agency")
        shown = page(client)
        assert "测试单位" in shown
        assert f"{owed(person) // 100:,}.{owed(person) % 100:02d}" in shown

    @pytest.mark.parametrize("role", ["system", "institution", "analyst"])
    def test_is_closed_to_other_roles(self, client, fee, role):
        new_member(role, role)
        sign_in(client, role)
        assert client.get("/late-fees").status_code == 403
        with nothing_changes():
            assert client.post("/late-fees/payment", payment(fee)).status_code == 403

    def test_auditors_read_and_other_regions_see_nothing(self, client, fee):
        new_member("auditor", "auditor")
        shown = page(client, "auditor")
        assert "测试单位" in shown
        assert "late-fees/payment" not in shown
        with nothing_changes():
            assert client.post("/late-fees/waiver", {**WAIVER, "fee": fee.pk}).status_code == 403
        Division.objects.create(code=OTHER_REGION, name="测试他区", pooling_region=OTHER_REGION)
        new_member("elsewhere", "agency", region=OTHER_REGION)
        assert "测试单位" not in page(client, "elsewhere")
        with nothing_changes():
            assert client.post("/late-fees/waiver", {**WAIVER, "fee": fee.pk}).status_code == 409


class TestPaying:
    def test_the_whole_is_entered_once(self, client, fee):
        sign_in(client, "wang")
        for _ in range(2):
            assert client.post("/late-fees/payment", payment(fee)).status_code == 302
        assert LateFeePayment.objects.count() == 1
        assert ("4501", "310100", 0, fee.fee_fen) in ledger_of("receipt")
        assert "L1" in page(client, standing="paid")

    @pytest.mark.parametrize(("changed", "status"), [
        ({"amount": "0.01"}, 409), ({"employer": "E9"}, 409), ({"paid_on": "2999-01-01"}, 400), ({"number": ""}, 400),
    ])  # fmt: skip
    def test_anything_else_is_refused(self, client, fee, changed, status):
        sign_in(client, "wang")
        with nothing_changes():
            assert client.post("/late-fees/payment", payment(fee, **changed)).status_code == status


class TestWaiving:
    def test_takes_two_officers_and_an_article(self, client, fee):
        assert propose(client, fee).status_code == 302
        waiver = LateFeeWaiver.objects.get()
        assert (waiver.proposed_by, waiver.document, waiver.article) == ("wang", WAIVER["document"], WAIVER["article"])
        assert "须由他人审批" in page(client)
        with nothing_changes():
            assert decide(client, waiver, "approve", "wang").status_code == 409
        assert decide(client, waiver, "approve").status_code == 302
        assert "已减免" in page(client, standing="waived")
        with nothing_changes():
            assert client.post("/late-fees/payment", payment(fee)).status_code == 409
            assert propose(client, fee).status_code == 409
            assert decide(client, waiver, "approve").status_code == 302
            assert decide(client, waiver, "refuse").status_code == 409

    @pytest.mark.parametrize("missing", ["document", "article", "reason"])
    def test_needs_its_reasons(self, client, fee, missing):
        with nothing_changes():
            assert propose(client, fee, **{missing: ""}).status_code == 400

    def test_of_nothing_chosen_is_refused(self, client, fee):
        sign_in(client, "wang")
        with nothing_changes():
            assert client.post("/late-fees/waiver", WAIVER).status_code == 400

    def test_that_is_refused_leaves_the_fee_owed_and_may_be_proposed_again(self, client, fee):
        propose(client, fee)
        with nothing_changes():
            assert propose(client, fee).status_code == 409
        decide(client, LateFeeWaiver.objects.get(), "refuse")
        assert "应缴" in page(client, standing="owed")
        propose(client, fee)
        assert list(LateFeeWaiver.objects.values_list("attempt", flat=True)) == [1, 2]

    def test_of_what_was_paid_or_fell_away_since_is_refused(self, client, fee):
        propose(client, fee)
        waiver = LateFeeWaiver.objects.get()
        sign_in(client, "wang")
        client.post("/late-fees/payment", payment(fee))
        with nothing_changes():
            assert decide(client, waiver, "approve").status_code == 409
        reverse_receipt(number="L1", on=date(2026, 4, 13), at=AT, actor="test")
        reverse_receipt(number="V1", on=date(2026, 4, 13), at=AT, actor="test")
        with nothing_changes():
            assert decide(client, waiver, "approve").status_code == 409
        assert "随缴费冲正" in page(client, standing="gone")

    def test_the_database_holds_to_it(self, client, fee):
        propose(client, fee)
        waiver = LateFeeWaiver.objects.get()
        with nothing_changes(), pytest.raises(IntegrityError, match="another officer"), transaction.atomic():
            LateFeeWaiverDecision.objects.create(waiver=waiver, is_approved=True, decided_by="wang", decided_at=AT)
        decide(client, waiver, "approve")
        with nothing_changes(), pytest.raises(IntegrityError, match="waived"), transaction.atomic():
            LateFeePayment.objects.create(late_fee=fee, receipt=fee.receipt)
        with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
            LateFeeWaiver.objects.update(reason="x")
