"""Lists are downloaded by version: a client that holds nothing gets everything, another exactly what changed since (1301 to 1327)."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.domains.catalogue.models import Disease, Item
from yibao.domains.files.models import File
from yibao.domains.institutions.models import Institution
from yibao.domains.listings.lists import LISTS
from yibao.domains.listings.models import Entry, ListFile, Release
from yibao.domains.listings.operations import ListRow, NothingToReleaseError
from yibao.domains.reference.models import Division
from yibao.workflows.publish_list import Publication, preview_publication, publish_list, registered_rows

from .hospital import Hospital
from .records import nothing_changes
from .test_files import fetch

pytestmark = pytest.mark.usefixtures("standing_town")

AT = datetime(2026, 11, 1, 2, tzinfo=UTC)
DOWNLOADED = [code for code in LISTS if code != "1304"]


def rows(code, names):
    """Rows of a list, each with its code and name."""
    kind = LISTS[code]
    return {
        key: ListRow({kind.key: key, kind.name: name} if kind.key != kind.name else {kind.key: key})
        for key, name in names.items()
    }


def publication(code, published, *, is_whole=True, at=AT, region="110000"):
    return Publication(code, region, published, is_whole, "目录.xlsx", "officer", at)


def publish(code, names, **options):
    return publish_list(publication(code, rows(code, names), **options))


def ask(hospital, code, version):
    """The answer of a download."""
    return hospital.expect(code, {"data": {"ver": version}}, insuplc="")


def download(hospital, code, version):
    """The rows of the file, each a dict by column."""
    answer = ask(hospital, code, version)
    kind, packed = fetch(hospital, answer["file_qury_no"], answer["filename"], code="plc")
    assert kind == "application/octet-stream"
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        (name,) = archive.namelist()
        assert (f"{name}.zip", name[-4:]) == (answer["filename"], ".txt")
        text = archive.read(name).decode()
    found = [dict(zip(LISTS[code].columns, line.split("\t"), strict=True)) for line in text.splitlines()]
    assert answer["data_cnt"] == len(found)
    return found


class TestFirstDownload:
    @pytest.mark.requirement("NET-03")
    def test_of_our_own_register_as_the_texts_count_its_columns(self, hospital):
        publish_list(publication("1301", registered_rows("1301", "110000")))

        found = download(hospital, "1301", "v0000")

        assert [row["医疗目录编码"] for row in found] == ["XA01", "XB02", "XC03", "XL04"]
        assert (len(found[0]), found[0]["药品通用名"], found[0]["开始日期"]) == (97, "阿莫西林胶囊", "2019-01-01")
        assert (found[0]["版本号"], found[0]["版本名称"]) == ("v0001", "v0001_20261101100000")
        assert (found[0]["有效标志"], found[0]["数据创建时间"]) == ("1", "2026-11-01 10:00:00")
        assert (found[0]["药品商品名"], len(found[0]["唯一记录号"])) == ("null", 32)

    @pytest.mark.parametrize("code", DOWNLOADED)
    def test_every_list_there_is(self, hospital, code):
        publish(code, {"K1": "甲", "K2": "乙"})

        found = download(hospital, code, "v0000")

        kind = LISTS[code]
        assert [row[kind.key] for row in found] == ["K1", "K2"]
        assert {row["有效标志"] for row in found} == {"1"}

    @pytest.mark.parametrize("code", ["1301", "1320"])
    def test_the_answer_is_as_the_texts_write_it(self, hospital, code):
        publish(code, {"K1": "甲"})

        answer = ask(hospital, code, "v0000")

        deadline = {"1301": "dld_end_time", "1320": "dld_endtime"}[code]
        assert sorted(answer) == sorted(["file_qury_no", "filename", deadline, "data_cnt"])
        assert answer["file_qury_no"].startswith("fsi/plc/")
        assert len(answer["file_qury_no"]) == 40
        assert date.fromisoformat(answer[deadline]) > date.today()  # noqa: DTZ011


class TestIncrements:
    def test_hold_exactly_what_changed_since(self, hospital):
        publish("1308", {"A": "一", "B": "二", "C": "三", "D": "四"})
        publish("1308", {"A": "一", "B": "贰", "C": "三", "E": "五"})
        publish("1308", {"A": "一", "B": "贰", "C": "叁", "E": "五"})

        def told(version):
            return {
                row["手术操作代码"]: (row["手术操作名称"], row["有效标志"], row["版本号"])
                for row in download(hospital, "1308", version)
            }

        assert told("v0001") == {
            "B": ("贰", "1", "v0002"), "C": ("叁", "1", "v0003"), "D": ("四", "0", "v0002"), "E": ("五", "1", "v0002")
        }  # fmt: skip
        assert told("v0002") == {"C": ("叁", "1", "v0003")}
        assert told("v0003") == {}
        assert told("v0000") == told("v0001") | {"A": ("一", "1", "v0001")}

    def test_the_name_of_a_version_is_understood_as_well(self, hospital):
        publish("1307", {"A": "一"})
        publish("1307", {"A": "一", "B": "二"})

        found = download(hospital, "1307", "v0001_20261101100000")

        assert [row["诊断代码"] for row in found] == ["B"]

    def test_what_comes_back_is_valid_again_and_keeps_its_first_day(self, hospital):
        publish("1313", {"A": "一"})
        publish("1313", {"B": "二"}, at=AT + timedelta(days=1))
        publish("1313", {"A": "一", "B": "二"}, at=AT + timedelta(days=2))

        (row,) = download(hospital, "1313", "v0002")

        assert (row["肿瘤/细胞类型代码"], row["有效标志"]) == ("A", "1")
        assert (row["数据创建时间"], row["数据更新时间"]) == ("2026-11-01 10:00:00", "2026-11-03 10:00:00")

    def test_a_part_of_the_list_withdraws_nothing_that_it_leaves_out(self, hospital):
        publish("1314", {"A": "一", "B": "二"})
        publish("1314", {"C": "三"}, is_whole=False)
        invalid = {"A": ListRow({"疾病分类代码": "A", "疾病分类名称": "一"}, is_valid=False)}
        publish_list(publication("1314", invalid, is_whole=False))

        told = {row["疾病分类代码"]: row["有效标志"] for row in download(hospital, "1314", "v0000")}

        assert told == {"A": "0", "B": "1", "C": "1"}


class TestOneFileForAll:
    def test_is_made_when_the_version_is_published_and_given_to_everyone(self, hospital, pharmacy):
        publish("1302", {"A": "一"})
        made = ListFile.objects.count()

        answers = [ask(each, "1302", "v0000") for each in (hospital, pharmacy, hospital)]

        assert len({answer["file_qury_no"] for answer in answers}) == 1
        assert (made, ListFile.objects.count()) == (1, 1)

    def test_for_an_older_version_it_is_made_once_when_it_is_asked_for(self, hospital, pharmacy):
        for names in ({"A": "一"}, {"A": "二"}, {"A": "三"}):
            publish("1302", names)
        made = ListFile.objects.count()

        answers = [ask(each, "1302", "v0001") for each in (hospital, pharmacy)]

        assert answers[0]["file_qury_no"] == answers[1]["file_qury_no"]
        assert ListFile.objects.count() == made + 1

    def test_it_is_made_anew_when_it_could_be_fetched_no_longer(self, hospital):
        release, _ = publish("1302", {"A": "一"}, at=datetime.now(UTC) - timedelta(days=40))

        answer = ask(hospital, "1302", "v0000")

        assert File.objects.get(number=answer["file_qury_no"]).expires_at > datetime.now(UTC)
        assert ListFile.objects.filter(release=release, since=0).count() == 2


class TestRefusals:
    def test_a_list_that_was_never_published(self, hospital):
        with nothing_changes():
            assert hospital.refuse("1305", {"data": {"ver": "v0000"}}) == "1305医疗服务项目目录尚未发布"

    @pytest.mark.parametrize("version", ["v0002", "1.0", "v1", "F001_19970101000000_C", "v0001_2026"])
    def test_a_version_that_never_was(self, hospital, version):
        publish("1305", {"A": "一"})

        with nothing_changes():
            sentence = hospital.refuse("1305", {"data": {"ver": version}})

        assert sentence == f"版本号(ver){version}不存在，最新版本为v0001，初次下载请传v0000"

    @pytest.mark.parametrize("node", [{"data": {}}, {"data": {"ver": ""}}, {}])
    def test_no_version_at_all(self, hospital, node):
        with nothing_changes():
            hospital.refuse("1301", node)


class TestRegions:
    def test_each_publishes_its_own_chronic_diseases(self, hospital):
        Division.objects.update_or_create(code="130102", defaults={"name": "另一区", "pooling_region": "130100"})
        publish("1309", {"M03900": "高血压"})
        elsewhere = Institution.objects.get(code="H11010100002")
        elsewhere.division_id = "130102"
        elsewhere.save()

        here = download(hospital, "1309", "v0000")
        there = Hospital(code="H11010100002").refuse("1309", {"data": {"ver": "v0000"}})

        assert [row["门慢门特病种名称"] for row in here] == ["高血压"]
        assert there == "1309门诊慢特病种目录尚未发布"


class TestOurOwnRegister:
    def test_follows_what_is_published(self):
        kind = LISTS["1301"]
        listed = registered_rows("1301", "110000")
        publish_list(publication("1301", listed))
        listed["XA01"] = ListRow({**listed["XA01"].values, "药品通用名": "新名", "药品规格": "0.5g"})
        listed["ZX09"] = ListRow({kind.key: "ZX09", kind.name: "某丸", "最小计价单位": "丸", "开始日期": "2026-12-01"})
        del listed["XB02"]

        publish_list(publication("1301", listed))

        changed, added, ended = (Item.objects.get(code=code) for code in ("XA01", "ZX09", "XB02"))
        assert (changed.name, changed.specification, changed.unit, changed.version) == ("新名", "0.5g", "盒", "v0002")
        assert (added.kind, added.charge_category, added.unit) == ("drug", "11", "丸")
        assert added.valid_from == date(2026, 12, 1)
        assert ended.valid_until == date(2026, 11, 1)

    def test_an_item_that_was_withdrawn_is_refused_in_a_bill(self, hospital):
        from .small_town import new_person

        listed = registered_rows("1301", "110000")
        publish_list(publication("1301", listed))
        del listed["XB02"]
        publish_list(publication("1301", listed))
        person = new_person()
        visit = hospital.register(person)

        sentence = hospital.refuse("2204", {"feedetail": [hospital.line(person, visit, item="XB02")]})

        assert "XB02" in sentence
        assert "无效" in sentence

    def test_of_diseases_ends_and_begins_again(self):
        publish("1309", {"M03900": "高血压", "M01600": "糖尿病"})
        publish("1309", {"M01600": "糖尿病"})
        ended = Disease.objects.get(kind="special", code="M03900").valid_until
        publish("1309", {"M03900": "高血压病", "M01600": "糖尿病"})

        again = Disease.objects.get(kind="special", code="M03900")

        assert ended == date(2026, 11, 1)
        assert (again.name, again.valid_until) == ("高血压病", None)

    def test_a_preparation_does_not_stand_among_the_drugs(self):
        publish("1303", {"T001": "院内制剂"})

        assert "T001" not in registered_rows("1301", "110000")
        assert "XA01" in registered_rows("1301", "110000")


class TestPublishing:
    def test_can_be_looked_at_before_it_is_done(self):
        publish("1315", {"A": "一", "B": "二"})

        with nothing_changes():
            seen = preview_publication(publication("1315", rows("1315", {"A": "壹", "C": "三"})))

        assert (seen.added, seen.changed, seen.withdrawn, seen.unchanged) == (["C"], ["A"], ["B"], 0)

    def test_nothing_new_is_no_version(self):
        publish("1315", {"A": "一"})

        with nothing_changes(), pytest.raises(NothingToReleaseError), transaction.atomic():
            publish("1315", {"A": "一"})

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE listings_entry SET is_valid = false",
            "DELETE FROM listings_entry",
            "UPDATE listings_release SET released_by = 'nobody'",
            """INSERT INTO listings_release (listing_id, number, released_at, released_by, source, added, changed, withdrawn)
            SELECT listing_id, 7, now(), 'x', 'y', 1, 0, 0 FROM listings_release""",
        ],
    )
    def test_what_was_published_stays(self, statement):
        publish("1315", {"A": "一"})

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

        assert (Release.objects.count(), Entry.objects.count()) == (1, 1)
