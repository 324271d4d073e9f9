"""Institutions match their items (3301, 3302) and query lists page by page (1304, 1312, 1316 to 1319, 1901)."""

from datetime import UTC, date, datetime

import pytest
from django.utils.timezone import localdate

from yibao.domains.catalogue.models import Item
from yibao.domains.institutions.models import Institution
from yibao.domains.listings.models import Matching, MatchingWithdrawal
from yibao.domains.listings.operations import ListRow
from yibao.domains.listings.queries import matched_codes
from yibao.domains.reference.models import DictionaryEntry, Setting
from yibao.workflows import warn_unmatched
from yibao.workflows.publish_list import Publication, publish_list

from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def match(own="A1", item="XA01", **changes):
    return {
        "fixmedins_hilist_id": own,
        "fixmedins_hilist_name": "院内名",
        "list_type": "101",
        "med_list_codg": item,
        "begndate": "2026-01-01",
        "enddate": "2099-12-31",
        "spec": "0.25g",
        **changes,
    }


def withdrawal(own="A1", item="XA01", **changes):
    return {
        "fixmedins_code": "H11010100001",
        "fixmedins_hilist_id": own,
        "list_type": "101",
        "med_list_codg": item,
        **changes,
    }


def query(hospital, infno, **conditions):
    """A page and its rows."""
    found = hospital.expect(infno, {"data": {"updt_time": "2000-01-01", "page_num": 1, "page_size": 50, **conditions}})
    return found, found["data"]


class TestMatching:
    def test_is_kept_and_queried(self, hospital):
        hospital.expect("3301", {"data": [match(), match("A2", "XB02", enddate="2026-06-30")]})

        page, rows = query(hospital, "1317")

        told = [(r["medins_list_codg"], r["med_list_codg"], r["begndate"], r["enddate"], r["vali_flag"]) for r in rows]
        assert told == [("A1", "XA01", "2026-01-01", None, "1"), ("A2", "XB02", "2026-01-01", "2026-06-30", "0")]
        assert (rows[0]["spec"], rows[0]["medins_list_name"], page["recordCounts"]) == ("0.25g", "院内名", 2)

    def test_a_single_object_stands_for_a_list_of_one(self, hospital):
        hospital.expect("3301", {"data": match()})

        assert Matching.objects.count() == 1

    def test_withdrawing_is_a_row_of_its_own_and_makes_room(self, hospital):
        hospital.expect("3301", {"data": [match()]})
        hospital.expect("3302", {"data": [withdrawal()]})
        hospital.expect("3301", {"data": [match(item="XB02")]})

        _, rows = query(hospital, "1317")

        assert [(row["med_list_codg"], row["vali_flag"]) for row in rows] == [("XA01", "0"), ("XB02", "1")]
        assert (Matching.objects.count(), MatchingWithdrawal.objects.count()) == (2, 1)

    def test_what_an_item_is_on_a_day(self, hospital):
        hospital.expect("3301", {"data": [match(enddate="2026-06-30"), match(item="XB02", begndate="2026-07-01")]})
        where = Institution.objects.get(code=hospital.code).pk

        told = [
            matched_codes(institution_id=where, own_codes=["A1", "A9"], on=day)
            for day in (date(2025, 12, 31), date(2026, 6, 30), date(2026, 7, 1))
        ]

        assert told == [{}, {"A1": "XA01"}, {"A1": "XB02"}]

    @pytest.mark.parametrize(
        ("node", "said"),
        [
            ([match("A9"), match("A2", "NONE")], "医疗目录编码(data[1].med_list_codg)NONE不在国家目录中，不能对照"),
            (
                [match("A9"), match()],
                "定点医药机构目录编号(data[1].fixmedins_hilist_id)A1在该期间已对照，请先用3302撤销",
            ),
            ([match("A9"), match("A9", "XB02")], "data[1].fixmedins_hilist_id"),
            ([match("")], "fixmedins_hilist_id"),
            ([match("A9", begndate="x")], "begndate"),
        ],
    )
    def test_refusals_keep_nothing_of_the_message(self, hospital, node, said):
        hospital.expect("3301", {"data": [match()]})

        with nothing_changes():
            assert said in hospital.refuse("3301", {"data": node})

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            (withdrawal("A9"), "A9没有可撤销的对照"),
            (withdrawal(item="XB02"), "A1没有可撤销的对照"),
            (withdrawal(list_type="201"), "A1没有可撤销的对照"),
            (withdrawal(fixmedins_code="H11010100002"), "H11010100002不是本机构"),
        ],
    )
    def test_nothing_to_withdraw(self, hospital, row, said):
        hospital.expect("3301", {"data": [match()]})

        with nothing_changes():
            assert said in hospital.refuse("3302", {"data": [row]})

    def test_of_others_are_neither_seen_nor_withdrawn(self, hospital, community_centre):
        hospital.expect("3301", {"data": [match()]})

        with nothing_changes():
            community_centre.refuse("3302", {"data": [withdrawal(fixmedins_code="")]})
            hospital_code = {"fixmedins_code": hospital.code, "updt_time": "2000-01-01", "page_num": 1, "page_size": 9}
            assert "不是本机构" in community_centre.refuse("1317", {"data": hospital_code})

        assert query(community_centre, "1317")[1] == []


class TestChargesOfUnmatchedItems:
    @pytest.fixture(autouse=True)
    def _forget(self, standing_town):
        warn_unmatched.forget()
        yield
        warn_unmatched.forget()

    def charged(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        lines = [hospital.line(person, visit, medins_list_codg=own) for own in ("A1", "A2")]
        return hospital.ask("2204", {"feedetail": lines})

    def test_nobody_is_warned_unless_the_region_wants_it(self, hospital):
        answer = self.charged(hospital)

        assert (answer["infcode"], answer["warn_msg"]) == (0, None)

    @pytest.mark.parametrize(("regions", "is_warned"), [(["110000"], True), (["120000"], False)])
    def test_the_region_decides_and_nothing_is_refused(self, hospital, regions, is_warned):
        Setting.objects.create(key=warn_unmatched.SETTING, value=regions, reason="test", trust="our_default")
        hospital.expect("3301", {"data": [match("A1")]})

        answer = self.charged(hospital)

        said = "1项机构目录编码(medins_list_codg)未与国家目录对照：A2，请用3301上传对照"
        assert (answer["infcode"], answer["warn_msg"]) == (0, said if is_warned else None)
        assert len(answer["output"]["result"]) == 2


class TestInsuredList:
    def test_with_its_classes(self, hospital):
        page, rows = query(hospital, "1312")

        told = [(row["hilist_code"], row["chrgitm_lv"], row["med_chrgitm_type"], row["list_type"]) for row in rows]
        assert told == [
            ("XA01", "01", "09", "101"),
            ("XB02", "02", "09", "101"),
            ("XC03", "03", "09", "101"),
            ("XL04", "02", "08", "101"),
        ]
        assert (page["recordCounts"], page["pages"], page["firstPage"], page["lastPage"]) == (4, 1, True, True)
        assert {(row["insu_admdvs"], row["begndate"], row["vali_flag"]) for row in rows} == {
            ("110000", "2019-01-01", "1")
        }

    def test_page_by_page(self, hospital):
        pages = [query(hospital, "1312", page_num=number, page_size=3) for number in (1, 2, 3)]

        assert [[row["hilist_code"] for row in rows] for _, rows in pages] == [["XA01", "XB02", "XC03"], ["XL04"], []]
        assert [(p["size"], p["startRow"], p["endRow"], p["firstPage"], p["lastPage"]) for p, _ in pages] == [
            (3, 1, 3, True, False),
            (1, 4, 4, False, True),
            (0, 0, 0, False, True),
        ]

    @pytest.mark.parametrize(
        ("conditions", "codes"),
        [
            ({"hilist_code": "XB02"}, ["XB02"]),
            ({"hilist_name": "类药"}, ["XB02", "XC03"]),
            ({"chrgitm_lv": "02"}, ["XB02", "XL04"]),
            ({"med_chrgitm_type": "08"}, ["XL04"]),
            ({"list_type": "301"}, []),
            ({"query_date": "2018-12-31"}, []),
            ({"begndate": "2019-01-01", "vali_flag": "1"}, ["XA01", "XB02", "XC03", "XL04"]),
            ({"vali_flag": "0"}, []),
            ({"insu_admdvs": "999999"}, []),
            ({"updt_time": "2099-01-01"}, []),
        ],
    )
    def test_under_conditions(self, hospital, conditions, codes):
        assert [row["hilist_code"] for row in query(hospital, "1312", **conditions)[1]] == codes

    def test_what_changed_since_a_day(self, hospital):
        today = localdate()
        Item.objects.filter(code="XB02").update(name="改名")

        _, rows = query(hospital, "1312", updt_time=today.isoformat())

        assert "XB02" in {row["hilist_code"] for row in rows}
        assert {row["updt_time"] for row in rows} == {today.isoformat()}

    @pytest.mark.parametrize("infno", ["1304", "1312", "1316", "1317", "1318", "1319"])
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"page_num": 0}, "page_num应大于0"),
            ({"page_size": 0}, "page_size应大于0"),
            ({"updt_time": ""}, "updt_time"),
            ({"page_num": "one"}, "page_num"),
        ],
    )
    def test_pages_that_are_none(self, hospital, infno, changes, said):
        asked = {"updt_time": "2000-01-01", "page_num": 1, "page_size": 9, **changes}

        assert said in hospital.refuse(infno, {"data": asked})


class TestOtherQueries:
    def test_an_item_has_one_code_in_both_lists(self, hospital):
        _, rows = query(hospital, "1316", med_list_codg="XB02")
        _, none = query(hospital, "1316", med_list_codg="XB02", hilist_code="XA01")

        assert [(row["med_list_codg"], row["hilist_code"]) for row in rows] == [("XB02", "XB02")]
        assert none == []

    def test_ceiling_prices_of_every_level(self, hospital):
        _, rows = query(hospital, "1318")

        told = [(row["hilist_code"], row["hilist_pric_uplmt_amt"], row["tabname"]) for row in rows]
        assert told == [("XL04", 800, "tertiary")]

    def test_first_shares_by_scheme(self, hospital):
        _, rows = query(hospital, "1319", hilist_code="XL04")
        _, residents = query(hospital, "1319", hilist_code="XL04", selfpay_prop_psn_type="390")

        assert [(row["selfpay_prop_psn_type"], row["selfpay_prop"]) for row in rows] == [("310", 0.2), ("390", 0.2)]
        assert [row["selfpay_prop_psn_type"] for row in residents] == ["390"]

    def test_ethnic_medicines_as_they_were_published(self, hospital):
        assert query(hospital, "1304")[1] == []
        rows = {
            code: ListRow({"med_list_codg": code, "drug_genname": name, "min_pac_cnt": "12", "begndate": "2026-01-01"})
            for code, name in {"ZT01": "七十味珍珠丸", "ZT02": "二十五味珊瑚丸"}.items()
        }
        at = datetime(2026, 11, 1, 2, tzinfo=UTC)
        publish_list(Publication("1304", "110000", rows, True, "民族药.csv", "officer", at))

        page, found = query(hospital, "1304", drug_genname="珊瑚", updt_time="2026-11-01")

        assert (page["recordCounts"], [row["med_list_codg"] for row in found]) == (1, ["ZT02"])
        assert (found[0]["min_pac_cnt"], found[0]["begndate"], found[0]["ver"]) == (12, "2026-01-01", "v0001")
        assert query(hospital, "1304", updt_time="2026-11-02")[1] == []


class TestDictionaries:
    def test_of_one_kind(self, hospital):
        rows = hospital.expect("1901", {"data": {"type": "gend"}})["list"]

        assert [(row["value"], row["sort"], row["valiFlag"]) for row in rows][:2] == [("0", 1, "1"), ("1", 2, "1")]
        assert {row["type"] for row in rows} == {"gend"}
        assert len(str(rows[0]["version"])) == 14

    def test_all_of_them(self, hospital):
        rows = hospital.expect(
            "1901", {"data": {"type": "", "parentValue": "", "date": "2026-11-21", "valiFlag": "1"}}
        )["list"]

        assert len(rows) == DictionaryEntry.objects.count()

    def test_a_change_is_a_new_version(self, hospital):
        def version():
            return hospital.expect("1901", {"data": {"type": "gend"}})["list"][0]["version"]

        DictionaryEntry.objects.filter(table="gend").update(updated_at=datetime(2020, 1, 1, tzinfo=UTC))
        before = version()
        DictionaryEntry.objects.filter(table="gend", code="0").update(name_zh="未知性别")

        assert version() >= before > 20260101000000

    @pytest.mark.parametrize(
        "named", [{"type": "none_such"}, {"valiFlag": "0"}, {"Vali_Flag": "0"}, {"parent_value": "1"}]
    )
    def test_none(self, hospital, named):
        assert hospital.expect("1901", {"data": named})["list"] == []
