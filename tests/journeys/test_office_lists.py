"""An agency publishes lists in the office: from a table, after a look, with the faults of each line; versions can be read."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from yibao.domains.catalogue.models import Disease, Item
from yibao.domains.listings.models import Entry, Release

from .office_records import found_staff, sign_in
from .records import nothing_changes

TITLES = "诊断代码,诊断名称,备注,有效标志"


@pytest.fixture
def agency(client, town):
    found_staff()
    sign_in(client, "agency")
    return client


def text(*lines, titles=TITLES, encoding="utf-8"):
    return SimpleUploadedFile("疾病.csv", "\n".join([titles, *lines]).encode(encoding))


def hand_in(client, file, *, step="publish", extent="part", code="1307"):
    return client.post(f"/lists/{code}/publish", {"file": file, "extent": extent, "step": step})


def published(code="1307"):
    return {
        entry.code: (entry.values.get("诊断名称"), entry.is_valid)
        for entry in Entry.objects.filter(listing__code=code).order_by("id")
    }


class TestReading:
    def test_every_list_stands_in_the_overview(self, agency):
        page = agency.get("/lists").content.decode()

        assert all(f'href="/lists/{code}"' in page for code in ("1301", "1306A", "1327", "1304"))
        assert "西药中成药目录" in page
        assert "本平台自定列" in page

    def test_a_version_shows_what_it_changed(self, agency):
        hand_in(agency, text("A01,甲", "B02,乙"))
        hand_in(agency, text("B02,贰"))

        first = agency.get("/lists/1307?version=v0001").content.decode()
        second = agency.get("/lists/1307").content.decode()

        assert "A01" in first
        assert "新增" in first
        assert "A01" not in second
        assert "贰" in second

    def test_in_english_too(self, agency):
        agency.cookies["django_language"] = "en"

        assert "Publish a new version" in agency.get("/lists/1307").content.decode()

    def test_another_number_is_no_list(self, agency):
        assert agency.get("/lists/9999").status_code == 404


class TestPublishing:
    def test_a_look_changes_nothing(self, agency):
        hand_in(agency, text("A01,甲"))

        with nothing_changes():
            page = hand_in(agency, text("A01,壹", "C03,丙"), step="look").content.decode()

        assert "尚未写入任何内容" in page
        assert "C03" in page

    def test_a_text_of_chinese_excel(self, agency):
        answer = hand_in(agency, text("A01,甲，乙", encoding="gb18030"))

        assert answer.status_code == 302
        assert published() == {"A01": ("甲，乙", True)}
        assert Disease.objects.get(kind="diagnosis", code="A01").name == "甲，乙"

    def test_a_workbook(self, agency):
        book = Workbook()
        for line in (["诊断代码", "诊断名称"], ["A01", "第一行\n第二行"], [None, None], ["B02", 7.0]):
            book.active.append(line)
        content = io.BytesIO()
        book.save(content)

        hand_in(agency, SimpleUploadedFile("疾病.xlsx", content.getvalue()))

        assert published() == {"A01": ("第一行 第二行", True), "B02": ("7", True)}

    def test_the_whole_list_withdraws_what_it_leaves_out(self, agency):
        hand_in(agency, text("A01,甲", "B02,乙"))
        hand_in(agency, text("A01,甲"), extent="whole")

        assert published() == {"A01": ("甲", True), "B02": ("乙", False)}

    def test_what_stands_already_is_no_new_version(self, agency):
        hand_in(agency, text("A01,甲"))

        with nothing_changes():
            answer = hand_in(agency, text("A01,甲"))

        assert answer.status_code == 400
        assert "无需发布新版本" in answer.content.decode()

    def test_what_was_changed_in_the_register(self, agency):
        agency.post("/lists/1301/register", {"step": "publish"})
        Item.objects.filter(code="XB02").update(name="改名")

        with nothing_changes():
            seen = agency.post("/lists/1301/register", {"step": "look"}).content.decode()
        agency.post("/lists/1301/register", {"step": "publish"})
        again = agency.post("/lists/1301/register", {"step": "publish"})

        assert "XB02" in seen
        assert list(Entry.objects.filter(release__number=2).values_list("code", flat=True)) == ["XB02"]
        assert again.status_code == 409


class TestFaults:
    def test_each_is_told_by_line_and_column_and_nothing_is_written(self, agency):
        lines = [",无码", "A 1,空格", "A01,甲", "A01,重复", "B02,", "C03,丙,,9"]

        with nothing_changes():
            answer = hand_in(agency, text(*lines))

        assert answer.status_code == 400
        told = [(fault["line"], fault["column"]) for fault in answer.context["faults"]]
        assert told == [
            (2, "诊断代码"), (3, "诊断代码"), (5, "诊断代码"), (6, "诊断名称"), (7, "有效标志")
        ]  # fmt: skip

    def test_days(self, agency):
        titles = "医疗目录编码,药品通用名,开始日期,结束日期"
        lines = ["X1,甲,2026-02-30,", "X2,乙,2026-01-01,2026-01-01", "X3,丙,2026-01-01,2027-01-01"]

        answer = hand_in(agency, text(*lines, titles=titles), code="1301")

        assert [(fault["line"], fault["column"]) for fault in answer.context["faults"]] == [
            (2, "开始日期"),
            (3, "结束日期"),
        ]

    @pytest.mark.parametrize("titles", ["诊断名称", "诊断代码,诊断代码,诊断名称", "诊断代码,诊断名称,别的", ""])
    def test_titles_that_are_not_the_lists(self, agency, titles):
        with nothing_changes():
            answer = hand_in(agency, text("A01,甲", titles=titles))

        assert answer.status_code == 400
        assert "表头与目录 1307 不符" in answer.content.decode()

    @pytest.mark.parametrize("content", [b"PK\x03\x04 no workbook", b"\xff\xfe\x00\x01\x00", b"a\0b"])
    def test_files_that_cannot_be_read(self, agency, content):
        with nothing_changes():
            answer = hand_in(agency, SimpleUploadedFile("x.xlsx", content))

        assert answer.status_code == 400
        assert "文件不是 UTF-8 或 GB18030 的 CSV" in answer.content.decode()

    def test_no_file(self, agency):
        answer = agency.post("/lists/1307/publish", {"extent": "part", "step": "publish"})

        assert answer.status_code == 400
        assert "请选择文件" in answer.content.decode()


class TestWhoMay:
    @pytest.mark.parametrize(
        ("role", "reads", "publishes"), [("auditor", 200, 403), ("institution", 403, 403), ("system", 403, 403)]
    )
    def test_others_than_the_agency_do_not_publish(self, client, town, role, reads, publishes):
        found_staff()
        sign_in(client, role)

        assert client.get("/lists/1307").status_code == reads
        with nothing_changes(but=("django_session",)):
            assert hand_in(client, text("A01,甲")).status_code == publishes
        assert not Release.objects.exists()


class TestTakingOut:
    def test_what_is_taken_out_can_be_handed_in_again(self, agency):
        hand_in(agency, text("A01,甲,备注一", "B02,乙"))
        content = agency.get("/lists/1307/list.xlsx").content
        sheet = load_workbook(io.BytesIO(content)).active

        answer = hand_in(agency, SimpleUploadedFile("现行.xlsx", content), extent="whole")

        assert [row[10].value for row in sheet.iter_rows()][:3] == ["诊断代码", "A01", "B02"]
        assert "无需发布新版本" in answer.content.decode()

    def test_an_empty_list_is_a_form_to_fill_in(self, agency):
        content = agency.get("/lists/1307/list.csv").content.decode("utf-8-sig")

        assert content.startswith("西医疾病诊断ID,章,")
        assert content.strip().endswith("有效标志")
