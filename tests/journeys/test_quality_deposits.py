"""Quality deposits (质量保证金): withheld when a month is accepted, returned or forfeited by the year's published assessment."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic

from yibao.domains.internet_care.models import AuditRun
from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.queries import balance_fen
from yibao.domains.reconciliation.models import ClearingApplication, DepositEnd, QualityDeposit
from yibao.domains.settlement.models import Settlement
from yibao.policies.agreement_library import assessment_law
from yibao.workflows import audit_internet_care
from yibao.workflows.apply_for_clearing import decide_on_application
from yibao.workflows.assess_institution import enter_assessment, publish_assessment
from yibao.workflows.withhold_deposit import (
    DepositAssessedError,
    NotADepositOfficerError,
    NotAssessedError,
    settle_deposits,
)

from .internet_hospital import FOLLOW_UP, open_internet_hospital, pay_online, seen_in_person, with_voucher
from .internet_hospital import begin_online as begin
from .internet_hospital import diagnosed as with_diagnosis
from .office_records import new_member, sign_in
from .records import check_deferred_rules, nothing_changes
from .small_town import REGION, new_person
from .test_clearing import october_visit

pytestmark = pytest.mark.usefixtures("standing_town")
CODE = "H11010100001"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
OCTOBER = date(2026, 10, 1)
OWED, DEPOSIT, OTHER_INCOME, BENEFITS = "2001", "200103", "4501", "5001"


@pytest.fixture
def officers(standing_town):
    return [new_member(name, "agency") for name in ("first", "second")]


def applied(month=OCTOBER, *, fund_fen=84_000):
    """An application for a month's outpatients, as 3203 keeps it."""
    settlement = Settlement.objects.latest("pk")
    return ClearingApplication.objects.create(
        institution_id=settlement.institution_id, month=month, clearing_type="11", clearing_way="01", visits=1,
        total_fen=300_000, fund_fen=fund_fen, account_fen=0, cash_fen=216_000, msgid=f"m{settlement.pk}",
        operator="o", applied_at=NOW, state="applied",
    )  # fmt: skip


def decide(application, *, is_accepted=True):
    decide_on_application(
        application_id=application.pk, region=REGION, is_accepted=is_accepted, by="first", note="", at=NOW
    )
    check_deferred_rules()


def assessed(officers, grade, *, scope="everyday", year=2026):
    """A published assessment of this grade: excellent 100, good 95, passed 90, failed 0 percent."""
    points = {"excellent": 95, "good": 85, "passed": 65, "failed": 10}[grade]
    law = assessment_law(REGION, date(year, 12, 31))
    said = {"institution_code": CODE, "year": year, "scope": scope, "at": NOW}
    scores = {each.key: points * 100 for each in law.of_scope(scope)}
    reasons = dict.fromkeys(scores, "现场考核")
    sheet = enter_assessment(**said, scores_e2=scores, reasons=reasons, member=officers[0])
    return publish_assessment(sheet.pk, member=officers[1], at=NOW)


def balances():
    """Owed, deposited, other income, benefits, as what stands on each, in fen over all books."""
    check_deferred_rules()
    books = set(Journal.objects.values_list("book_id", flat=True))
    return [
        sum(sign * balance_fen(book=book, account=account) for book in books)
        for sign, account in ((-1, OWED), (-1, DEPOSIT), (-1, OTHER_INCOME), (1, BENEFITS))
    ]


def settle(member, *, code=CODE, year=2026):
    return settle_deposits(institution_code=code, year=year, member=member, at=NOW)


@pytest.mark.requirement("AGR-07", "AGR-08")
def test_a_share_is_withheld_and_comes_back_by_the_grade(officers):
    october_visit(new_person())  # the fund pays 840.00
    application = applied()
    assert balances() == [84_000, 0, 0, 84_000]
    decide(application)
    deposit = QualityDeposit.objects.get()
    assert (deposit.scope, deposit.percent, deposit.bases_fen, deposit.amounts_fen) == (
        "everyday",
        5,
        [84_000],
        [4_200],
    )
    assert balances() == [79_800, 4_200, 0, 84_000]
    with nothing_changes(), pytest.raises(NotAssessedError):
        settle(officers[0])
    assessed(officers, "good")
    done = settle(officers[0])
    assert (done.deposits, done.returned_fen, done.forfeited_fen) == (1, 3_990, 210)
    assert balances() == [83_790, 0, 210, 84_000]
    assert set(Journal.objects.filter(cause__startswith="deposit").values_list("cause", "cause_id")) == {
        ("deposit", deposit.pk), ("deposit_end", deposit.pk),
    }  # fmt: skip
    with nothing_changes(), pytest.raises(NotAssessedError):
        settle(officers[0])
    with nothing_changes(), pytest.raises(DepositAssessedError):
        decide(application, is_accepted=False)


@pytest.mark.requirement("AGR-07")
@pytest.mark.parametrize(("grade", "returned"), [("excellent", 4_200), ("passed", 3_780), ("failed", 0)])
def test_each_grade_returns_its_share(officers, grade, returned):
    october_visit(new_person())
    decide(applied())
    assessed(officers, grade)
    settle(officers[0])
    assert balances() == [79_800 + returned, 0, 4_200 - returned, 84_000]


def test_shares_are_rounded_half_up_to_the_fen(officers):
    """The fund pays 700.35 of 2,801.75: five percent are 35.0175, withheld 35.02; 95 percent of that are 33.269, returned 33.27."""
    october_visit(new_person(), "2801.00")
    fund_fen = Settlement.objects.latest("pk").fund_fen
    decide(applied(fund_fen=fund_fen))
    withheld = QualityDeposit.objects.get().withheld_fen
    assert withheld == (fund_fen * 5 * 2 + 100) // 200
    assessed(officers, "good")
    assert settle(officers[0]).returned_fen == (withheld * 95 * 2 + 100) // 200
    assert balances()[1] == 0


def test_a_month_that_is_sent_back_gets_its_deposit_whole_and_may_be_accepted_again(officers):
    october_visit(new_person())
    application = applied()
    decide(application)
    decide(application, is_accepted=False)
    assert (DepositEnd.objects.get().cause, balances()) == ("undone", [84_000, 0, 0, 84_000])
    decide(applied())
    assert balances() == [79_800, 4_200, 0, 84_000]
    assessed(officers, "failed")
    assert settle(officers[0]).deposits == 1
    assert balances() == [79_800, 0, 4_200, 84_000]


@pytest.mark.requirement("INT-42")
def test_internet_services_wait_for_their_own_assessment_and_deductions_are_taken_off(hospital, officers):
    open_internet_hospital()
    october_visit(new_person())
    person = new_person()
    with_voucher(person)
    seen_in_person(hospital, person, at="2026-09-08 09:00:00")
    from .office_records import sender_at

    then = type(hospital)(send=sender_at(datetime(2026, 10, 20, 4, tzinfo=UTC)))
    at = "2026-10-20 09:00:00"
    for number, total in (("1", "2400.00"), ("2", "1200.00")):
        visit = begin(then, person, at=at)
        then.expect("2203", with_diagnosis(then, person, visit, med_type="17", at=at))
        pay_online(then, person, visit, lines=(("XA01", total), (FOLLOW_UP, "20.00")), at=at)
        assert number
    online = Settlement.objects.filter(visit__medical_type="17").order_by("pk")
    audit_internet_care.audit_region(region=REGION, first_day=OCTOBER, last_day=date(2026, 10, 31), at=NOW)
    for run, verdict in zip(AuditRun.objects.order_by("pk"), ("approve", "refuse"), strict=True):
        review = audit_internet_care.review(
            run, verdict=verdict, route="none", line_ids=[], reason="核查", member=officers[0], at=NOW
        )
        if verdict == "refuse":
            audit_internet_care.verify(review.pk, is_verified=True, note="", member=officers[1], at=NOW)
    decide(applied())
    kept = {deposit.scope: deposit for deposit in QualityDeposit.objects.all()}
    assert kept["everyday"].base_fen == 84_000
    paid = online[0].fund_fen
    assert kept["internet"].base_fen == paid > 0
    assessed(officers, "failed")
    assert settle(officers[0]).deposits == 1
    with nothing_changes(), pytest.raises(NotAssessedError):
        settle(officers[0])
    assessed(officers, "excellent", scope="internet")
    done = settle(officers[0])
    assert (done.returned_fen, done.forfeited_fen) == (kept["internet"].withheld_fen, 0)


def test_the_database_keeps_what_is_withheld_whole(officers):
    october_visit(new_person())
    application = applied()
    said = {"scope": "everyday", "percent": 5, "clause": "x", "fund_codes": ["310100"], "withheld_by": "x"}
    with pytest.raises(IntegrityError, match="accepted month"), atomic():
        QualityDeposit.objects.create(
            application=application, **said, bases_fen=[100], amounts_fen=[5], withheld_at=NOW
        )  # fmt: skip
    decide(application)
    deposit = QualityDeposit.objects.get()
    sheet = assessed(officers, "good")
    ends = {"deposit": deposit, "ended_by": "x", "ended_at": NOW}
    for wrong in (
        {"cause": "undone", "returned_fen": [4_199], "forfeited_fen": [1]},
        {"cause": "assessed", "sheet": sheet, "returned_fen": [4_200], "forfeited_fen": [1]},
        {"cause": "assessed", "sheet": sheet, "returned_fen": [], "forfeited_fen": []},
        {"cause": "assessed", "returned_fen": [4_200], "forfeited_fen": [0]},
    ):
        with pytest.raises(IntegrityError), atomic():
            DepositEnd.objects.create(**ends, **wrong)
    with pytest.raises(IntegrityError), atomic():
        QualityDeposit.objects.update(percent=1)
    assert not DepositEnd.objects.exists()


def test_pages_and_files_for_both(client, officers):
    new_member("clerk", "institution")
    new_member("beside", "institution", institution="H11010100002")
    elsewhere = new_member("auditor", "auditor")
    with nothing_changes(), pytest.raises(NotADepositOfficerError):
        settle(elsewhere)
    with nothing_changes(), pytest.raises(NotADepositOfficerError):
        settle(officers[0], code="H99999999999")
    october_visit(new_person())
    decide(applied())
    sign_in(client, "clerk")
    page = "/clearing/deposits?year=2026"
    assert "42.00" in client.get(page).content.decode()
    assert "42.00" in client.get("/clearing").content.decode()
    assert client.post("/clearing/deposits/settle", {"institution": CODE, "year": "2026"}).status_code == 403
    sign_in(client, "beside")
    assert "42.00" not in client.get(page).content.decode()
    sign_in(client, "first")
    assert "按考核结果清退</button>" not in client.get(page).content.decode()
    with nothing_changes():
        assert client.post("/clearing/deposits/settle", {"institution": CODE, "year": "2026"}).status_code == 409
    assessed(officers, "good")
    assert "按考核结果清退</button>" in client.get(page).content.decode()
    assert client.post("/clearing/deposits/settle", {"institution": CODE, "year": "2026"}).status_code == 302
    (_titles, row) = csv.reader(io.StringIO(client.get("/clearing/deposits.csv?year=2026").content.decode("utf-8-sig")))
    assert row[6:] == ["840.00", "5", "42.00", "39.90", "2.10", "按年度考核", "95"]
    assert client.get("/clearing/deposits.xlsx?year=2026").status_code == 200
