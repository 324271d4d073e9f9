"""Institutions look up institutions and practitioners (1201, 5102, 1162) and describe their departments (3401 to 3403, 5101)."""

from datetime import date

import pytest

from yibao.domains.institutions.models import Department, Institution, Practitioner
from yibao.domains.messages.models import RecordRead
from yibao.domains.people.models import Voucher
from yibao.domains.reference.models import Change

from .hospital import Hospital
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def department(code="N01", name="内科", **changes):
    return {
        "hosp_dept_codg": code,
        "hosp_dept_name": name,
        "caty": "A03",
        "begntime": "2026-01-01 08:00:00",
        "itro": "综合内科",
        "dept_resper_name": "负责人",
        "dept_resper_tel": "010-0000",
        "aprv_bed_cnt": 40,
        "poolarea_no": "110000",
        "dr_psncnt": 12,
        "phar_psncnt": 1,
        "nurs_psncnt": 20,
        "tecn_psncnt": 2,
        **changes,
    }


def shown(hospital):
    rows = hospital.expect("5101", {"data": {}})["feedetail"]
    return {row["hosp_dept_codg"]: row for row in rows}


class TestInstitution:
    def ask(self, hospital, **named):
        return hospital.expect("1201", {"medinsinfo": {"fixmedins_type": "1", **named}})["medinsinfo"]

    def test_by_code(self, hospital):
        Institution.objects.filter(code="H11010100002").update(credit_code="12110101400000000X")

        found = self.ask(hospital, fixmedins_code="H11010100002", fixmedins_name="")

        assert (found["fixmedins_name"], found["uscc"]) == ("测试H11010100002", "12110101400000000X")
        assert (found["fixmedins_type"], found["hosp_lv"]) == ("1", "05")

    def test_by_words_of_its_name(self, hospital):
        assert self.ask(hospital, fixmedins_name="00003")["fixmedins_code"] == "H11010100003"

    def test_itself_when_nothing_is_named(self, hospital):
        assert self.ask(hospital)["fixmedins_code"] == hospital.code

    def test_a_pharmacy(self, pharmacy):
        found = pharmacy.expect("1201", {"medinsinfo": {"fixmedins_type": "2", "fixmedins_name": "P1101"}})

        assert (found["medinsinfo"]["fixmedins_code"], found["medinsinfo"]["hosp_lv"]) == ("P11010100001", None)

    @pytest.mark.parametrize(
        ("named", "said"),
        [
            ({"fixmedins_code": "H99999999999"}, "未查询到符合条件(fixmedins_code)的医药机构"),
            ({"fixmedins_code": "P11010100001"}, "未查询到符合条件(fixmedins_code)的医药机构"),
            ({"fixmedins_name": "没有这家"}, "未查询到符合条件(fixmedins_name)的医药机构"),
            ({"fixmedins_name": "测试"}, "符合条件(fixmedins_name)的医药机构有3家，请传定点医药机构编号"),
        ],
    )
    def test_none_or_several(self, hospital, named, said):
        assert hospital.refuse("1201", {"medinsinfo": {"fixmedins_type": "1", **named}}) == said


class TestPractitioners:
    @pytest.fixture(autouse=True)
    def _staff(self, standing_town):
        rows = [
            ("D110101000001", "测试医师甲", "D", 1),
            ("D110101000002", "测试医师乙", "D", 2),
            ("Y110101000001", "药师", "Y", 1),
        ]
        for code, name, kind, where in rows:
            Practitioner.objects.create(
                code=code, name=name, kind=kind, valid_from=date(2020, 1, 1),
                institution=Institution.objects.get(code=f"H1101010000{where}"),
            )  # fmt: skip

    def test_of_the_institution_by_kind(self, hospital):
        rows = hospital.expect("5102", {"data": {"prac_psn_type": "1"}})["data"]

        assert [(row["prac_psn_code"], row["hi_dr_flag"], row["begntime"]) for row in rows] == [
            ("D110101000001", "1", "2020-01-01 00:00:00")
        ]

    @pytest.mark.parametrize(
        ("named", "codes"),
        [
            ({"prac_psn_type": "3"}, ["Y110101000001"]),
            ({"prac_psn_type": "1", "prac_psn_name": "医师甲"}, ["D110101000001"]),
            ({"prac_psn_type": "1", "prac_psn_code": "D110101000002"}, []),
            ({"prac_psn_type": "1", "certno": "990101198001010011"}, []),
            ({"prac_psn_type": "9"}, []),
        ],
    )
    def test_by_name_and_code(self, hospital, named, codes):
        rows = hospital.expect("5102", {"data": named})["data"]

        assert [row["prac_psn_code"] for row in rows] == codes

    def test_the_kind_is_needed(self, hospital):
        assert "prac_psn_type" in hospital.refuse("5102", {"data": {"prac_psn_type": ""}})


class TestElectronicCredential:
    def wish(self, code):
        return {
            "data": {
                "orgId": "H11010100001", "businessType": "01101", "operatorId": "op1", "operatorName": "测试", "officeId": "1",
                "officeName": "收费处", "deviceType": "SelfService", "ecQrCode": code,
            }
        }  # fmt: skip

    def test_tells_the_token_and_is_logged(self, hospital):
        person = new_person()
        Voucher.objects.create(person=person, kind="01", number="EC28" * 7, valid_from=date(2026, 1, 1))

        found = hospital.expect("1162", self.wish("EC28" * 7))

        assert (found["ecToken"], found["cardno"]) == ("EC28" * 7, "01")
        assert list(RecordRead.objects.filter(person=person).values_list("infno", flat=True)) == ["1162"]

    @pytest.mark.parametrize("code", ["0" * 28, ""])
    def test_of_nobody_is_refused(self, hospital, code):
        with nothing_changes():
            assert "未查询到" in hospital.refuse("1162", self.wish(code))

    def test_an_identity_number_is_no_electronic_credential(self, hospital):
        person = new_person()

        assert "未查询到" in hospital.refuse("1162", self.wish(person.document_number))


class TestDepartments:
    @pytest.mark.parametrize("infno", ["3401", "3402"])
    def test_that_end_before_they_begin_are_refused(self, hospital, infno):
        hospital.expect("3401", {"deptinfo": department()})
        with nothing_changes():
            said = hospital.refuse(infno, {"deptinfo": department(endtime="2025-12-31 08:00:00")})
        assert said == "科室N01的结束时间(endtime)早于开始时间"

    def test_are_uploaded_changed_and_withdrawn(self, hospital):
        hospital.expect("3401", {"deptinfo": department()})
        described = shown(hospital)["N01"]
        hospital.expect("3402", {"deptinfo": department(name="大内科", aprv_bed_cnt=60)})
        changed = shown(hospital)["N01"]
        hospital.expect(
            "3403", {"data": {"hosp_dept_codg": "N01", "hosp_dept_name": "大内科", "begntime": "2026-11-21"}}
        )
        withdrawn = shown(hospital)["N01"]

        assert (described["hosp_dept_name"], described["aprv_bed_cnt"], described["caty"]) == ("内科", 40, "A03")
        assert (described["begntime"], described["endtime"], described["dr_psncnt"]) == (
            "2026-01-01 08:00:00",
            None,
            12,
        )
        assert (changed["hosp_dept_name"], changed["aprv_bed_cnt"]) == ("大内科", 60)
        assert withdrawn["endtime"] is not None

    def test_what_it_was_stands_in_the_history_with_who_changed_it(self, hospital):
        hospital.expect("3401", {"deptinfo": department()})
        hospital.expect("3402", {"deptinfo": department(name="大内科")})

        kept = Department.objects.get(institution__code=hospital.code, code="N01")
        change = Change.objects.filter(table="institutions_department", record=str(kept.pk)).latest("id")

        assert (change.action, change.actor) == ("update", "H11010100001 op1")
        assert (change.before["name"], change.after["name"]) == ("内科", "大内科")

    def test_one_that_the_agency_entered_is_described_by_its_upload(self, hospital):
        where = Institution.objects.get(code=hospital.code)
        Department.objects.create(institution=where, code="N01", name="旧名")

        hospital.expect("3401", {"deptinfo": department()})

        assert Department.objects.get(institution=where, code="N01").name == "内科"

    def test_a_batch_is_kept_whole_or_not_at_all(self, hospital):
        hospital.expect("3401A", {"deptinfo": [department("N01"), department("N02", "外科")]})

        with nothing_changes():
            sentence = hospital.refuse("3401A", {"deptinfo": [department("N03"), department("N02")]})

        assert sorted(shown(hospital)) == ["N01", "N02"]
        assert sentence == "医院科室编码(hosp_dept_codg)N02已上传，变更请用3402"

    def test_a_withdrawn_one_can_be_uploaded_again(self, hospital):
        hospital.expect("3401", {"deptinfo": department()})
        hospital.expect("3403", {"data": {"hosp_dept_codg": "N01", "hosp_dept_name": "内科", "begntime": "2026-11-21"}})

        hospital.expect("3401", {"deptinfo": department(begntime="2026-12-01 08:00:00")})

        assert shown(hospital)["N01"]["endtime"] is None

    def test_each_institution_sees_and_changes_its_own(self, hospital, community_centre):
        hospital.expect("3401", {"deptinfo": department()})

        with nothing_changes():
            community_centre.refuse("3402", {"deptinfo": department(name="别家")})

        assert "N01" not in shown(community_centre)

    @pytest.mark.parametrize(
        ("infno", "node", "said"),
        [
            ("3402", {"deptinfo": department("N99")}, "N99不存在、名称不符或已撤销"),
            (
                "3403",
                {"data": {"hosp_dept_codg": "N01", "hosp_dept_name": "别名", "begntime": "2026-01-01"}},
                "名称不符",
            ),
            ("3401", {"deptinfo": department("")}, "hosp_dept_codg"),
            ("3401", {"deptinfo": department("N05", dr_psncnt="many")}, "dr_psncnt"),
            ("3401A", {"deptinfo": [department("N05", begntime="")]}, "deptinfo[0].begntime"),
        ],
    )
    def test_refusals(self, hospital, infno, node, said):
        hospital.expect("3401", {"deptinfo": department()})

        with nothing_changes():
            assert said in hospital.refuse(infno, node)

    def test_the_same_message_again_is_answered_the_same(self, hospital):
        body = hospital.body("3401", {"deptinfo": department()})

        assert hospital.post_bytes(body) == hospital.post_bytes(body)


def test_a_pharmacy_of_another_town_is_not_found():
    assert "未查询到" in Hospital().refuse(
        "1201", {"medinsinfo": {"fixmedins_type": "2", "fixmedins_code": "P99999999999"}}
    )
