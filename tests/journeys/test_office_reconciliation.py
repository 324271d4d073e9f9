"""Reconciliation in the office: the hospital's days and its file, the agency's overview, the word on an application."""

import csv
import io
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from yibao.domains.reconciliation.models import ClearingApplication, ReconciliationRun
from yibao.domains.staff.models import PersonalRecordRead

from .hospital import BEIJING, Hospital
from .office_records import HERE, THERE, found_staff, sign_in
from .records import nothing_changes
from .small_town import new_person
from .test_clearing import apply, october_visit, reconcile
from .test_reconciliation import TODAY, claim, row

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def staff():
    return found_staff()


def table_of(answer):
    """The rows of a CSV that was sent."""
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def compared(client, content, name="own.txt", **changes):
    """Bring a file to the hospital's page."""
    sent = {"first": TODAY, "last": TODAY, "clearing_type": "", "file": SimpleUploadedFile(name, content), **changes}
    return client.post("/reconciliation/compare", sent)


class TestTheHospital:
    def test_sees_its_days_and_what_is_reconciled(self, client, staff, hospital):
        hospital.visit(new_person(), "3000.00")
        hospital.visit(new_person(scheme="390", status="working_age"), "200.00", insutype="390")
        Hospital(code=THERE).visit(new_person(), "700.00")
        hospital.expect("3201", claim("3000.00", "840.00", 0, 1))
        sign_in(client, "institution")

        page = client.get("/reconciliation").content.decode()
        rows = table_of(client.get("/reconciliation.csv"))

        assert "1 天未对平" in page
        assert "3,000.00" in page
        assert "700.00" not in page
        assert [each[1:5] + each[8:] for each in rows[1:]] == [
            ["职工", "门诊", "1", "3000.00", "已对平"],
            ["居民", "门诊", "1", "200.00", "未对账"],
        ]

    @pytest.mark.parametrize("kind", ["txt", "csv", "xlsx"])
    def test_brings_its_file_in_any_form(self, client, staff, hospital, kind):
        person = new_person()
        visit, bill = hospital.visit(person, "100.00")
        heading = ["人员编号", "结算ID", "就诊ID", "个人账户支出", "基金支付总额", "医疗费总额"]
        cells = [person.number, bill["setl_id"], visit, "0", "0.00", "90.5"]
        if kind == "xlsx":
            book, content = Workbook(), io.BytesIO()
            book.active.append(heading)
            book.active.append([*cells[:3], 0, 0.0, 90.5])
            book.save(content)
            content = content.getvalue()
        elif kind == "csv":
            content = f"{','.join(heading)}\n{','.join(cells)}\n".encode("gb18030")
        else:
            content = row(bill["setl_id"], visit, person, "90.50", "0").encode()
        sign_in(client, "institution")

        answer = compared(client, content, f"own.{kind}")

        run = ReconciliationRun.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/reconciliation/{run.pk}")
        assert (run.source, run.member, run.claimed_total_fen) == ("office", staff["institution"], 9_050)
        page = client.get(f"/reconciliation/{run.pk}").content.decode()
        assert "金额不一致" in page
        assert "以 5203 查询中心结算并更正本院记录" in page
        assert PersonalRecordRead.objects.get(purpose="reconciliation").person == person
        english = client.get(f"/reconciliation/{run.pk}", headers={"accept-language": "en"}).content.decode()
        assert "Look it up with 5203 and correct your own record" in english

    def test_takes_the_differences_out(self, client, staff, hospital):
        person = new_person()
        visit, bill = hospital.visit(person, "100.00")
        sign_in(client, "institution")
        compared(client, row("77", "", person, "5.00", "0").encode())
        run = ReconciliationRun.objects.get()

        rows = table_of(client.get(f"/reconciliation/{run.pk}.csv"))
        only_here = table_of(client.get(f"/reconciliation/{run.pk}.csv?cause=only_here"))

        assert [each[:4] + each[13:14] for each in rows[1:]] == [
            ["1", "仅机构有", "77", "", "2207"],
            ["", "仅中心有", bill["setl_id"], visit, "2601"],
        ]
        assert len(only_here) == 2
        assert client.get(f"/reconciliation/{run.pk}.xlsx").status_code == 200
        assert client.get(f"/reconciliation/{run.pk}?cause=nonsense").status_code == 400

    def test_pages_through_many_differences(self, client, staff):
        person = new_person()
        sign_in(client, "institution")
        compared(client, "".join(row(str(n), "", person, "1.00", "0") for n in range(10**6, 10**6 + 60)).encode())
        run = ReconciliationRun.objects.get()

        first = client.get(f"/reconciliation/{run.pk}")
        second = client.get(f"/reconciliation/{run.pk}?after={first.context['next']}")

        assert (len(first.context["rows"]), len(second.context["rows"]), second.context["next"]) == (50, 10, None)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"1\t2\t3\tmuch\t0\t0\n", "对账文件第1行的medfee_sumamt不是金额"),
            (b"PK\x03\x04", "压缩文件损坏、加密"),
            (b"", "文件是空的。"),
        ],
    )
    def test_is_told_what_is_wrong_with_its_file(self, client, staff, content, sentence):
        sign_in(client, "institution")
        with nothing_changes():
            answer = compared(client, content)
        assert answer.status_code == 400
        assert sentence in answer.content.decode()

    def test_is_told_that_its_days_are_no_period(self, client, staff):
        sign_in(client, "institution")
        with nothing_changes():
            answer = compared(client, b"1\t2\t3\t1\t0\t0\n", first="2026-11-02", last="2026-11-01")
        assert "止期不得早于起期" in answer.content.decode()


class TestTheAgency:
    def test_sees_who_reconciled_and_what_is_open(self, client, staff, hospital):
        there = Hospital(code=THERE)
        third = Hospital(code="H11010100003")
        hospital.visit(new_person(), "3000.00")
        there.visit(new_person(), "100.00")
        third.visit(new_person(), "100.00")
        hospital.expect("3201", claim("3000.00", "840.00", 0, 1))
        there.expect("3201", claim("1.00", 0, 0, 1))
        sign_in(client, "agency")

        rows = table_of(client.get(f"/reconciliation.csv?day={TODAY}"))
        differing = client.get(f"/reconciliation?day={TODAY}&state=differs").context["rows"]

        assert [[each[0], *each[2:]] for each in rows[1:]] == [
            [HERE, "对平", "1", "0"],
            [THERE, "有差异", "1", "1"],
            ["H11010100003", "未对账", "0", "0"],
        ]
        assert [each.code for each, _state in differing] == [THERE]
        there.expect("3201", claim("100.00", 0, 0, 1))
        rows = table_of(client.get(f"/reconciliation.csv?month={TODAY[:7]}&institution={THERE}"))
        assert [[each[0], *each[2:]] for each in rows[1:]] == [[THERE, "对平", "2", "0"]]

    def test_of_another_region_sees_nothing(self, client, staff, hospital):
        hospital.visit(new_person(), "100.00")
        hospital.expect("3201", claim(0, 0, 0, 0))
        run = ReconciliationRun.objects.get()
        sign_in(client, "elsewhere")

        assert client.get(f"/reconciliation?day={TODAY}").context["rows"] == []
        for path in (f"/reconciliation/{run.pk}", f"/reconciliation/{run.pk}.csv"):
            assert client.get(path).status_code == 404

    def test_has_its_word_on_an_application(self, client, staff, hospital):
        october_visit(new_person())
        reconcile(hospital)
        number = apply(hospital)
        sign_in(client, "agency")
        assert "受理" in client.get("/clearing?month=2026-10&state=applied").content.decode()

        answer = client.post(f"/clearing/{number}/decision", {"word": "accept", "note": "同意"})
        with nothing_changes():
            again = client.post(f"/clearing/{number}/decision", {"word": "accept"})

        kept = ClearingApplication.objects.get()
        assert (answer.status_code, again.status_code) == (302, 400)
        assert (kept.state, kept.ended_by, kept.note) == ("accepted", "agency", "同意")

    def test_of_another_region_or_the_hospital_has_none(self, client, staff, hospital):
        october_visit(new_person())
        reconcile(hospital)
        number = apply(hospital)
        for name, status in (("elsewhere", 404), ("institution", 403), ("auditor", 403)):
            sign_in(client, name)
            with nothing_changes():
                assert client.post(f"/clearing/{number}/decision", {"word": "accept"}).status_code == status


class TestWhoSeesIt:
    def test_nobody_without_a_role_or_who_administers(self, client, staff, hospital):
        hospital.expect("3201", claim(0, 0, 0, 0))
        run = ReconciliationRun.objects.get()
        for path in ("/reconciliation", "/reconciliation.csv", f"/reconciliation/{run.pk}", "/clearing"):
            assert client.get(path).status_code == 302
            for name in ("system", "nobody"):
                sign_in(client, name)
                assert client.get(path).status_code == 403
            client.logout()

    def test_a_hospital_only_its_own(self, client, staff):
        there = Hospital(code=THERE)
        there.expect("3201", claim(0, 0, 0, 0))
        run = ReconciliationRun.objects.get()
        sign_in(client, "institution")

        assert client.get(f"/reconciliation/{run.pk}").status_code == 404
        assert datetime.now(BEIJING).strftime("%Y-%m") in client.get("/reconciliation").content.decode()
