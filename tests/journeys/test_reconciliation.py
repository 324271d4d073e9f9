"""Reconciliation through the gateway's door: totals (3201), rows by file (3202), the daily one of Inner Mongolia (3211, 3212)."""

import io
import json
import zipfile
from datetime import datetime

import pytest

from yibao.domains.messages.models import RecordRead
from yibao.domains.reconciliation.models import ReconciliationDifference, ReconciliationRun, RegionPractice

from .hospital import BEIJING, Hospital
from .office_records import sender_at
from .records import nothing_changes
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town")

TODAY = datetime.now(BEIJING).date().isoformat()


def claim(total, fund, account, count, **changes):
    """The input of 3201 for today."""
    return {
        "data": {
            "insutype": "310",
            "clr_type": "11",
            "setl_optins": REGION,
            "stmt_begndate": TODAY,
            "stmt_enddate": TODAY,
            "medfee_sumamt": total,
            "fund_pay_sumamt": fund,
            "acct_pay": account,
            "fixmedins_setl_cnt": count,
            **changes,
        }
    }


def zipped(text, name="detail.txt"):
    """A ZIP with one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return packed.getvalue()


def upload(hospital, content, name="detail.zip"):
    """9101; gives the file's number."""
    sent = {"in": list(content), "filename": name, "fixmedins_code": hospital.code}
    return hospital.expect("9101", {"fsUploadIn": sent})["file_qury_no"]


def details(number, total, fund, cash, count, **changes):
    """The input of 3202 for today."""
    return {
        "data": {
            "setl_optins": REGION,
            "file_qury_no": number,
            "stmt_begndate": TODAY,
            "stmt_enddate": TODAY,
            "medfee_sumamt": total,
            "fund_pay_sumamt": fund,
            "cash_payamt": cash,
            "fixmedins_setl_cnt": count,
            **changes,
        }
    }


def row(setl_id, visit, person, total, fund, account="0.00", flag="0"):  # noqa: PLR0917  # in the order of the file
    """One line of the file of 3202."""
    return f"{setl_id}\t{visit}\t{person.number}\t{total}\t{fund}\t{account}\t{flag}\tnull\n"


def fetched(hospital, info):
    """The lines of result.txt of a file that 3202 names."""
    sent = {"file_qury_no": info["file_qury_no"], "filename": info["filename"], "fixmedins_code": hospital.code}
    archive = zipfile.ZipFile(io.BytesIO(hospital.post_bytes(hospital.body("9102", {"fsDownloadIn": sent}))))
    assert archive.namelist() == ["result.txt"]
    return [line.split("\t") for line in archive.read("result.txt").decode().splitlines()]


def practise(**choices):
    """The region's own practice."""
    RegionPractice.objects.create(region_id=REGION, reason="测试", **choices)


class TestTotals:
    def test_that_are_equal_as_numbers_and_as_text(self, hospital):
        hospital.visit(new_person(balance_fen=50_000), "3000.00", account="1")
        hospital.visit(new_person(), "1000.00")

        as_numbers = hospital.expect("3201", claim(4000, 840, 500, 2))["stmtinfo"]
        as_text = hospital.expect(
            "3201", claim("4000.00", "840.00", "500.00", "2", stmt_enddate=f"{TODAY} 23:59:59", setl_optins="110101")
        )["stmtinfo"]

        assert as_numbers == {"setl_optins": REGION, "stmt_rslt": "0", "stmt_rslt_dscr": "对账一致"}
        assert as_text == {"setl_optins": "110101", "stmt_rslt": "0", "stmt_rslt_dscr": "对账一致"}
        first, second = ReconciliationRun.objects.order_by("pk")
        assert (first.is_equal, first.claimed_total_fen, first.found_total_fen) == (True, 400_000, 400_000)
        assert (second.found_count, second.found_fund_fen, second.found_account_fen) == (2, 84_000, 50_000)
        assert first.found_cash_fen == 400_000 - 84_000 - 50_000

    def test_whose_fund_and_account_are_exchanged_differ(self, hospital):
        hospital.visit(new_person(balance_fen=50_000), "3000.00", account="1")

        info = hospital.expect("3201", claim("3000.00", "500.00", "840.00", 1))["stmtinfo"]

        assert info["stmt_rslt"] == "1"
        assert info["stmt_rslt_dscr"] == "基金支付总额中心840.00、机构500.00；个人账户支付中心500.00、机构840.00"
        assert not ReconciliationRun.objects.get().is_equal

    def test_of_another_scheme_kind_agency_or_institution_are_not_counted(self, hospital, community_centre):
        hospital.visit(new_person(), "3000.00")

        for change in ({"insutype": "390"}, {"clr_type": "21"}, {"clr_type": "99"}, {"setl_optins": "310000"}):
            assert hospital.expect("3201", claim(0, 0, 0, 0, **change))["stmtinfo"]["stmt_rslt"] == "0"
        assert community_centre.expect("3201", claim(0, 0, 0, 0))["stmtinfo"]["stmt_rslt"] == "0"
        assert hospital.expect("3201", claim(0, 0, 0, 0))["stmtinfo"]["stmt_rslt"] == "1"

    @pytest.mark.parametrize(
        ("choices", "count", "codes"),
        [
            ({}, 3, ("0", "1", "1")),
            ({"reversals": "netted", "result_codes": "long"}, 1, ("000000", "000101", "000102")),
            ({"reversals": "left_out", "result_codes": "long"}, 1, ("000000", "000101", "000102")),
        ],
    )
    def test_count_a_reversal_as_the_region_does(self, hospital, choices, count, codes):
        practise(**choices)
        hospital.visit(new_person(), "3000.00")
        person = new_person()
        visit, taken_back = hospital.visit(person, "500.00")
        hospital.expect("2208", hospital.reversal(person, visit, taken_back["setl_id"]))

        results = [
            hospital.expect("3201", claim("3000.00", "840.00", 0, number))["stmtinfo"]["stmt_rslt"]
            for number in (count, count - 1, count + 1)
        ]

        assert tuple(results) == codes

    def test_of_normal_and_refund_rows_apart(self, hospital):
        person = new_person()
        visit, taken_back = hospital.visit(person, "3000.00")
        hospital.expect("2208", hospital.reversal(person, visit, taken_back["setl_id"]))

        normal = hospital.expect("3201", claim("3000.00", "840.00", 0, 1, refd_setl_flag="000"))["stmtinfo"]
        refund = hospital.expect("3201", claim("-3000.00", "-840.00", 0, 1, refd_setl_flag="1"))["stmtinfo"]

        assert (normal["stmt_rslt"], refund["stmt_rslt"]) == ("0", "0")

    def test_count_a_reversal_on_the_day_it_was_made(self, hospital):
        person = new_person()
        october = Hospital(send=sender_at(datetime(2026, 10, 31, 23, 50, tzinfo=BEIJING)))
        visit = october.register(person, at="2026-10-31 09:00:00")
        october.expect("2204", {"feedetail": [october.line(person, visit, price="3000.00", at="2026-10-31 09:30:00")]})
        settled = october.settle(person, visit, "3000.00")
        november = Hospital(send=sender_at(datetime(2026, 11, 1, 0, 5, tzinfo=BEIJING)))
        november.expect("2208", november.reversal(person, visit, settled["setl_id"]))

        def result(first, last, total, fund, count):
            days = {"stmt_begndate": first, "stmt_enddate": last}
            return hospital.expect("3201", claim(total, fund, 0, count, **days))["stmtinfo"]["stmt_rslt"]

        assert result("2026-10-31", "2026-10-31", "3000.00", "840.00", 1) == "0"
        assert result("2026-11-01", "2026-11-30", "-3000.00", "-840.00", 1) == "0"
        assert result("2026-10-01", "2026-11-30", 0, 0, 2) == "0"

    def test_leave_out_what_2601_undid_unless_the_region_shows_it(self, hospital):
        person = new_person()
        msgid = hospital.new_msgid()
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        hospital.expect("2207", hospital.bill(person, visit, "3000.00"), msgid=msgid)
        hospital.expect("2601", {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}})

        assert hospital.expect("3201", claim(0, 0, 0, 0))["stmtinfo"]["stmt_rslt"] == "0"
        practise(shows_undone=True)
        assert hospital.expect("3201", claim(0, 0, 0, 2))["stmtinfo"]["stmt_rslt"] == "0"

    def test_sent_twice_are_compared_once(self, hospital):
        body = hospital.body("3201", claim(0, 0, 0, 0))
        assert hospital.post_bytes(body) == hospital.post_bytes(body)
        assert ReconciliationRun.objects.count() == 1

    @pytest.mark.parametrize(
        ("days", "sentence"),
        [
            (("2026-11-02", "2026-11-01"), "对账日期2026-11-02至2026-11-01无效：止期不得早于起期，最长366天"),
            (("2024-11-01", "2026-11-01"), "对账日期2024-11-01至2026-11-01无效：止期不得早于起期，最长366天"),
            (("0001-01-01", "0001-01-01"), "对账日期0001-01-01至0001-01-01无效：止期不得早于起期，最长366天"),
            (("9999-12-31", "9999-12-31"), "对账日期9999-12-31至9999-12-31无效：止期不得早于起期，最长366天"),
        ],
    )
    def test_of_days_that_are_no_period_are_refused(self, hospital, days, sentence):
        with nothing_changes():
            said = hospital.refuse("3201", claim(0, 0, 0, 0, stmt_begndate=days[0], stmt_enddate=days[1]))
        assert said == sentence


class TestDetails:
    def test_that_are_equal(self, hospital):
        person = new_person(balance_fen=50_000)
        visit, bill = hospital.visit(person, "3000.00", account="1")
        number = upload(hospital, zipped(row(bill["setl_id"], visit, person, "3000.00", "840.00", "500.00")))

        info = hospital.expect("3202", details(number, 3000, 840, 1660, 1))["fileinfo"]

        assert fetched(hospital, info) == []
        run = ReconciliationRun.objects.get()
        assert (run.is_equal, run.file_rows, run.found_count, run.found_cash_fen) == (True, 1, 1, 166_000)
        assert info["dld_endtime"] > TODAY

    def test_tell_each_difference_its_cause_and_what_mends_it(self, hospital):
        person = new_person()
        visits = [hospital.visit(person, "100.00") for _ in range(5)]
        (v1, b1), (v2, b2), (v3, b3), (v4, b4), (v5, b5) = visits
        back = hospital.expect("2208", hospital.reversal(person, v2, b2["setl_id"]))["setlinfo"]
        text = "".join(
            [
                row(b1["setl_id"], v1, person, "100.00", "0.00"),
                row(b2["setl_id"], v2, person, "100.00", "0.00"),
                row(b3["setl_id"], v3, person, "90.00", "0.00"),
                row(b3["setl_id"], v3, person, "90.00", "0.00"),
                row(b4["setl_id"], v4, person, "100.00", "0.00"),
                row(b4["setl_id"], v4, person, "-100.00", "0.00", flag="001"),
                row("HIS-0001", v4, person, "70.00", "0.00"),
                row("999999999999", "", person, "60.00", "0.00"),
            ]
        )

        info = hospital.expect("3202", details(upload(hospital, text.encode()), "510.00", 0, "510.00", 8))["fileinfo"]

        found = list(ReconciliationDifference.objects.values_list("line", "cause", "situation", "mended_by", "setl_id"))
        assert found == [
            (3, "amounts", "amounts", "5203", b3["setl_id"]),
            (4, "repeated", "repeated", "", b3["setl_id"]),
            (6, "only_there", "refund_only_there", "2208", b4["setl_id"]),
            (7, "only_there", "only_there", "2207", "HIS-0001"),
            (8, "only_there", "only_there", "2207", "999999999999"),
            (None, "only_here", "only_here", "2601", b5["setl_id"]),
            (None, "reversed", "reversed_here", "2601", back["setl_id"]),
        ]
        lines = fetched(hospital, info)
        assert [line[4] for line in lines] == ["000103", "000102", "000102", "000102", "000102", "000101", "000101"]
        here = lines[5]
        assert here[:6] == [person.number, v5, b5["setl_id"], b5["medins_setl_id"], "000101", "0"]
        assert here[6].startswith("中心有、文件无。未收到 2207 应答的，以 2601 冲正（omsgid=" + b5["medins_setl_id"])
        assert here[7:] == ["100.00", "0.00", "0.00"]
        assert lines[6][5] == "1"
        assert lines[6][7] == "-100.00"
        assert not ReconciliationRun.objects.get().is_equal
        assert set(RecordRead.objects.filter(infno="3202").values_list("person_id", flat=True)) == {person.pk}

    def test_take_a_refund_under_either_number(self, hospital):
        person = new_person()
        (v1, b1), (v2, b2) = hospital.visit(person, "100.00"), hospital.visit(person, "200.00")
        back = hospital.expect("2208", hospital.reversal(person, v1, b1["setl_id"]))["setlinfo"]
        hospital.expect("2208", hospital.reversal(person, v2, b2["setl_id"]))
        text = (
            row(b1["setl_id"], v1, person, "100.00", "0.00")
            + row(back["setl_id"], v1, person, "-100.00", "0.00", flag="1")
            + row(b2["setl_id"], v2, person, "200.00", "0.00", flag="001")
            + row(b2["setl_id"], v2, person, "-200.00", "0.00", flag="001")
        )

        hospital.expect("3202", details(upload(hospital, zipped(text)), 0, 0, 0, 0))

        assert ReconciliationRun.objects.get().is_equal

    def test_tell_of_what_2601_undid_and_of_other_days(self, hospital):
        person = new_person()
        msgid = hospital.new_msgid()
        visit = hospital.register(person)
        hospital.charge(person, visit, "100.00")
        undone = hospital.expect("2207", hospital.bill(person, visit, "100.00"), msgid=msgid)["setlinfo"]["setl_id"]
        hospital.expect("2601", {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}})
        earlier = Hospital(send=sender_at(datetime(2026, 11, 10, 12, 0, tzinfo=BEIJING)))
        other_visit, other = earlier.visit(person, "200.00")
        text = row(undone, visit, person, "100.00", "0.00") + row(
            other["setl_id"], other_visit, person, "200.00", "0.00"
        )

        hospital.expect("3202", details(upload(hospital, text.encode(), "a.txt"), 300, 0, 300, 2))

        found = ReconciliationDifference.objects.order_by("pk")
        assert [(each.cause, each.situation, each.mended_by) for each in found] == [
            ("reversed", "undone", "2207"),
            ("elsewhere", "elsewhere", "5203"),
        ]

    def test_whose_totals_are_not_the_files_differ(self, hospital):
        person = new_person()
        visit, bill = hospital.visit(person, "100.00")
        number = upload(hospital, zipped(row(bill["setl_id"], visit, person, "100.00", "0.00")))

        info = hospital.expect("3202", details(number, "99.00", 0, 100, 1))["fileinfo"]

        assert [line[4:9] for line in fetched(hospital, info)] == [
            ["000103", "0", "上报的总额与文件各行之和不一致。更正上报数", "100.00", "0.00"]
        ]

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"1\t2\t3\n", "对账文件第1行缺少列medfee_sumamt，文件未对账"),
            (
                b"1\t2\t3\t10.00\t0\t0\n2\t2\t3\t1,000.00\t0\t0\n",
                "对账文件第2行的medfee_sumamt不是金额（元，最多两位小数），文件未对账",
            ),
            (b"1\t2\t3\t10.001\t0\t0\n", "对账文件第1行的medfee_sumamt不是金额（元，最多两位小数），文件未对账"),
            (
                b"\t2\t3\t10\t0\t0\n",
                "对账文件第1行的setl_id为空或不是编号（字母、数字，最多30位），文件未对账",
            ),
            (
                b"{1,2}\t2\t3\t10\t0\t0\n",
                "对账文件第1行的setl_id为空或不是编号（字母、数字，最多30位），文件未对账",
            ),
            (
                "结算ID\t就诊ID\n1\t2\n".encode(),
                "对账文件第1行缺少列medfee_sumamt, fund_pay_sumamt, acct_pay，文件未对账",
            ),
            (b"PK\x03\x04broken", "压缩文件损坏、加密，或不是恰好一个不带路径的文本文件（），文件未对账"),
            (b"\xff\xfe\x00", "对账文件不是UTF-8或GB18030编码的文本，也不是Excel工作簿，文件未对账"),
            (zipped("x", "../x.txt"), "压缩文件损坏、加密，或不是恰好一个不带路径的文本文件（../x.txt），文件未对账"),
            (
                zipped(b"PK\x03\x04", "a.zip"),
                "压缩文件损坏、加密，或不是恰好一个不带路径的文本文件（a.zip），文件未对账",
            ),
        ],
    )
    def test_of_a_file_that_cannot_be_read_change_nothing(self, hospital, content, sentence):
        hospital.visit(new_person(), "100.00")
        number = upload(hospital, content, "a.txt")

        with nothing_changes():
            assert hospital.refuse("3202", details(number, 0, 0, 0, 0)) == sentence

    def test_refuse_an_archive_that_unpacks_to_too_much(self, hospital, monkeypatch):
        monkeypatch.setattr("yibao.domains.reconciliation.claim_files.UNPACKED_BYTES_MAX", 1_000_000)
        number = upload(hospital, zipped(b"0" * 2_000_000))

        with nothing_changes():
            said = hospital.refuse("3202", details(number, 0, 0, 0, 0))

        assert said == "压缩文件解压后超过1000000字节，文件未对账"

    def test_of_another_institutions_file_are_refused(self, hospital, community_centre):
        number = upload(hospital, zipped("1\t2\t3\t10.00\t0\t0\n"))

        with nothing_changes():
            said = community_centre.refuse("3202", details(number, 0, 0, 0, 0))

        assert said == f"文件查询号(file_qury_no){number}不存在，或文件名不符"


class TestDaily:
    def test_is_carried_out_and_asked_for(self, hospital, community_centre):
        person = new_person()
        visit, bill = hospital.visit(person, "100.00")
        hospital.visit(person, "200.00")
        number = upload(hospital, zipped(row(bill["setl_id"], visit, person, "100.00", "0.00")))
        sent = {"clr_begin_ymd": TODAY, "clr_end_ymd": TODAY, "file_qury_no": number, "upload_file_name": "detail.zip"}

        task = hospital.expect("3211", {"data": sent})["fileinfo"]
        state = hospital.expect("3212", {"data": task})["fileinfo"]

        run = ReconciliationRun.objects.get()
        assert state == {
            "check_state": "1",
            "task_status": "1",
            "file_qury_no1": run.answer_number,
            "file_qury_no2": None,
            "file_qury_no3": None,
        }
        name = {"file_qury_no": run.answer_number, "filename": "plc"}
        assert [line[4] for line in fetched(hospital, name)] == ["000101"]
        assert json.dumps(task) == f'{{"task_key": "{run.pk}"}}'
