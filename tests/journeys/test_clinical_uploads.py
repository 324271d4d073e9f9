"""Uploads of care and of self-payers through the gateway, mutual recognition, and the audit engine that is not there yet."""

import pytest

from yibao.domains.clinical.models import ClinicalRecord
from yibao.domains.messages.models import Message, RecordRead
from yibao.domains.reference.models import Setting
from yibao.workflows import audit_details
from yibao.workflows.clinical_kinds import CLINICAL_KINDS

from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def report(person, visit, number="R1", **changes):
    """The input of 4501."""
    head = {
        "mdtrt_sn": f"SN{visit}", "mdtrt_id": visit, "psn_no": person.number, "appy_no": "A1", "rpotc_no": number,
        "rpt_date": "2026-11-10", "exam_item_code": "CT01", "exam_item_name": "胸部CT", "exam_ccls": "未见异常",
        "exam_rslt_abn": "0", "bilg_dr_name": "测试医师", "vali_flag": "1", **changes,
    }  # fmt: skip
    return {"examinfo": head, "iteminfo": [{"rpotc_no": number, "exam_item_code": "CT01", "exam_charge": "200.00"}]}


def laboratory(person, visit, number="L1"):
    """The input of 4502."""
    head = {
        "mdtrt_sn": f"SN{visit}", "mdtrt_id": visit, "psn_no": person.number, "rpotc_no": number, "rpt_date": "2026-11-09",
        "exam_item_code": "XCG", "exam_item_name": "血常规", "rpot_doc": "检验师", "vali_flag": "1",
    }  # fmt: skip
    return {
        "labinfo": head,
        "iteminfo": [
            {"rpotc_no": number, "exam_mtd": "电阻抗法", "ref_val": "4-10", "exam_unt": "10^9/L", "exam_rslt_val": 6}
        ],
    }


def fee(visit="Z1", number="F1", amount="30.00", **changes):
    """A row of 4201A."""
    return {
        "fixmedins_mdtrt_id": visit, "med_type": "21", "bkkp_sn": number, "fee_ocur_time": "2026-11-02 10:00:00",
        "fixmedins_code": "H11010100001", "fixmedins_name": "测试医院", "cnt": "1", "pric": amount,
        "det_item_fee_sumamt": amount, "med_list_codg": "XA01", "medins_list_codg": "OWN1", "medins_list_name": "阿莫西林",
        "med_chrgitm_type": "09", "bilg_dept_codg": "A01", "bilg_dept_name": "内科", "bilg_dr_code": "D110101000001",
        "bilg_dr_name": "测试医师", "tcmdrug_used_way": "1", "etip_flag": "0", "dscg_tkdrug_flag": "0",
        "fulamt_ownpay_amt": amount, "overlmt_selfpay": "0", "preselfpay_amt": "0", "inscp_amt": "0", **changes,
    }  # fmt: skip


def stay(person, visit="Z1", total="50.00"):
    """The input of 4202."""
    return {
        "ownPayPatnMdtrtD": {
            "fixmedins_mdtrt_id": visit, "fixmedins_code": "H11010100001", "fixmedins_name": "测试医院",
            "psn_cert_type": person.document_type, "certno": person.document_number, "psn_name": person.name,
            "begntime": "2026-11-01 08:00:00", "endtime": "2026-11-03 08:00:00", "med_type": "21", "vali_flag": "1",
            "medfee_sumamt": total,
        }
    }  # fmt: skip


def kept(**narrowed):
    return ClinicalRecord.objects.filter(**narrowed).order_by("pk")


class TestUploads:
    def test_a_report_is_kept_typed_with_its_content(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("4501", report(person, visit))
        record = kept(visit_id=visit).get()
        assert (record.person, record.kind, record.report_number, record.item_code) == (person, "4501", "R1", "CT01")
        assert (record.version, record.is_valid, f"{record.occurred_at:%Y-%m-%d %H:%M}") == (
            1,
            True,
            "2026-11-09 16:00",
        )
        assert record.content["examinfo"]["exam_ccls"] == "未见异常"
        assert record.content["iteminfo"][0]["exam_charge"] == 20_000

    def test_sent_again_it_is_a_new_version_and_the_first_stays(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("4501", report(person, visit))
        hospital.expect("4501", report(person, visit, exam_ccls="更正：结节", vali_flag="0"))
        hospital.expect("4501", report(person, visit, "R2"))
        rows = kept(visit_id=visit).values_list("report_number", "version", "is_valid", "content__examinfo__exam_ccls")
        assert list(rows) == [
            ("R1", 1, True, "未见异常"), ("R1", 2, False, "更正：结节"), ("R2", 1, True, "未见异常"),
        ]  # fmt: skip

    def test_a_repeat_of_the_message_is_no_new_version(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        body = hospital.body("4501", report(person, visit))
        assert hospital.post_bytes(body) == hospital.post_bytes(body)
        assert kept(visit_id=visit).count() == 1

    def test_orders_are_a_record_each(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        order = {
            "mdtrt_sn": "ZY1", "mdtrt_id": visit, "psn_no": person.number, "drord_isu_no": "2026-11-02",
            "drord_detl_code": "XA01", "drord_detl_name": "阿莫西林", "vali_flag": "1",
        }  # fmt: skip
        hospital.expect("4402", {"data": [{**order, "medcas_drord_detl_id": f"Y{n}"} for n in (1, 2)]})
        assert list(kept(visit_id=visit).values_list("key", "item_name")) == [("Y1", "阿莫西林"), ("Y2", "阿莫西林")]
        with nothing_changes():
            twice = [{**order, "medcas_drord_detl_id": "Y3"}] * 2
            assert "记录重复" in hospital.refuse("4402", {"data": twice})
            mixed = [
                {**order, "medcas_drord_detl_id": "Y4"},
                {**order, "medcas_drord_detl_id": "Y5", "mdtrt_sn": "ZY2"},
            ]
            assert "同一次就诊(data[1].mdtrt_sn)" in hospital.refuse("4402", {"data": mixed})

    def test_foreign_visits_are_refused(self, hospital, community_centre):
        person, other = new_person(), new_person()
        visit = hospital.register(person)
        with nothing_changes():
            for sender, sent in (
                (community_centre, report(person, visit)),
                (hospital, report(other, visit)),
                (hospital, report(person, "999999999")),
                (hospital, report(person, "")),
                (hospital, report(person, "M1")),
                (hospital, report(person, visit, vali_flag="")),
            ):
                sender.refuse("4501", sent)

    def test_who_is_not_insured_has_no_visit_here(self, hospital):
        sent = report(new_person(), "", mdtrt_sn="OWN-SN-1", psn_no="")
        hospital.expect("4501", sent)
        assert kept(visit_number="OWN-SN-1").get().person is None

    def test_every_kind_is_taken_in(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        named = {"mdtrt_sn": "ALL1", "mdtrt_id": visit, "psn_no": person.number, "vali_flag": "1"}
        named["fixmedins_code"] = hospital.code
        filled = required_inputs(named)
        for infno, node in filled.items():
            hospital.expect(infno, node)
        assert set(kept(visit_number="ALL1").values_list("kind", flat=True)) == filled.keys()
        assert kept(visit_number="ALL1", visit_id=visit, person=person).count() == len(filled)


def required_inputs(named):
    """For each kind that names a visit, the least that the catalogue lets pass."""
    from yibao.interfaces.gateway.catalogue import DICTIONARIES, TRANSACTIONS

    def value(field):
        if field.dictionary:
            return next(iter(DICTIONARIES[field.dictionary].values))
        return {"number": "1", "date": "2026-11-02", "datetime": "2026-11-02 08:00:00"}.get(field.type, "1")

    found = {}
    for infno, kind in CLINICAL_KINDS.items():
        if not kind.self_paid:
            fields = TRANSACTIONS[infno].input[kind.node].fields
            names = {field.name for field in fields}
            row = {field.name: value(field) for field in fields if field.required}
            found[infno] = {kind.node: {**row, **{name: each for name, each in named.items() if name in names}}}
    return found


class TestSelfPayers:
    def test_a_stay_is_completed_when_its_lines_are_its_total(self, hospital):
        person = new_person()
        hospital.expect("4202", stay(person))
        hospital.expect("4201A", {"fsiOwnpayPatnFeeListDDTO": [fee(number="F1"), fee(number="F2", amount="10.00")]})
        done = {"data": {"fixmedins_mdtrt_id": "Z1", "fixmedins_code": "H11010100001", "cplt_flag": "1"}}
        with nothing_changes():
            assert "合计4000分与医疗总费用5000分不符" in hospital.refuse("4203", done)
        hospital.expect("4201A", {"fsiOwnpayPatnFeeListDDTO": [fee(number="F2", amount="20.00")]})
        hospital.expect("4203", done)
        with nothing_changes():
            assert "已上传完成" in hospital.refuse("4201A", {"fsiOwnpayPatnFeeListDDTO": [fee(number="F3")]})
            hospital.refuse("4202", stay(person))
        hospital.expect("4203", {"data": {**done["data"], "cplt_flag": "0"}})
        hospital.expect("4202", stay(person, total="60.00"))
        assert kept(kind="4202", person=person).count() == 2
        assert list(kept(kind="4201A").values_list("key", "version")) == [("F1", 1), ("F2", 1), ("F2", 2)]

    def test_other_rows_of_self_payers(self, hospital):
        line = {
            "mdtrt_sn": "M1", "ipt_otp_no": "O1", "med_type": "11", "chrg_bchno": "B1", "feedetl_sn": "S1",
            "psn_cert_type": "01", "certno": "99010119830101245X", "psn_name": "测试己",
            "fee_ocur_time": "2026-11-02 10:00:00", "cnt": 1, "pric": "2", "det_item_fee_sumamt": 2, "med_list_codg": "A50",
            "medins_list_codg": "X1", "medins_list_name": "某药", "med_chrgitm_type": "09", "bilg_dept_codg": "A50",
            "bilg_dept_name": "中医科", "bilg_dr_codg": "D1", "bilg_dr_name": "张医生",
        }  # fmt: skip
        hospital.expect("4201", {"feedetail": line})
        outpatient = {
            **{name: each for name, each in stay(new_person())["ownPayPatnMdtrtD"].items() if name not in ("vali_flag", "medfee_sumamt")},
            "fixmedins_mdtrt_id": "Z9",
        }  # fmt: skip
        hospital.expect("4205", {"mdtrtinfo": outpatient, "feedetail": [fee("Z9")]})
        assert kept(kind="4201", visit_number="M1").get().person is None
        assert kept(kind="4205", visit_number="Z9").get().person is not None

    def test_wrong_ones_are_refused(self, hospital, community_centre):
        person = new_person()
        with nothing_changes():
            assert "与上传机构不符" in community_centre.refuse("4202", stay(person))
            assert "没有已上传的住院就诊信息" in hospital.refuse(
                "4203", {"data": {"fixmedins_mdtrt_id": "NONE", "fixmedins_code": hospital.code, "cplt_flag": "1"}}
            )
            hospital.refuse("4201A", {"fsiOwnpayPatnFeeListDDTO": []})


class TestRecognition:
    def asked(self, person, **changes):
        return {"bilgiteminfo": [{"psn_no": person.number, **changes}]}

    def test_reports_of_all_institutions_are_told(self, hospital, community_centre):
        person = new_person()
        here, there = hospital.register(person), community_centre.register(person)
        hospital.expect("4501", report(person, here))
        community_centre.expect("4502", laboratory(person, there))
        community_centre.expect("4501", report(person, there, "OLD", rpt_date="2025-01-01"))
        community_centre.expect("4501", report(person, there, "VOID", vali_flag="0"))
        rows = hospital.expect("5401", self.asked(person))["bilgiteminfo"]
        assert [(row["rpotc_no"], row["exam_org_code"], row["rpt_date"]) for row in rows] == [
            ("R1", hospital.code, "2026-11-10"), ("L1", community_centre.code, "2026-11-09"),
        ]  # fmt: skip
        only = hospital.expect("5401", self.asked(person, exam_item_code="XCG"))["bilgiteminfo"]
        assert [row["rpotc_no"] for row in only] == ["L1"]
        Setting.objects.create(key="clinical.recognition_days", value=1000, reason="试点", trust="our_default")
        assert len(hospital.expect("5401", self.asked(person))["bilgiteminfo"]) == 3
        assert RecordRead.objects.filter(person=person, infno="5401").count() == 3

        told = {"rptdetailinfo": {"psn_no": person.number, "rpotc_no": "L1", "fixmedins_code": community_centre.code}}
        full = hospital.expect("5402", told)
        assert full["inspectionReportInformation"][0]["exam_item_name"] == "血常规"
        assert (full["inspectionDetails"][0]["exam_rslt_val"], full["checkReportDetails"]) == (6.0, [])
        told["rptdetailinfo"] |= {"rpotc_no": "R1", "fixmedins_code": hospital.code}
        assert hospital.expect("5402", told)["checkReportDetails"][0]["exam_ccls"] == "未见异常"
        told["rptdetailinfo"]["rpotc_no"] = "NONE"
        assert hospital.expect("5402", told)["checkReportDetails"] == []

    def test_only_of_persons_who_are_treated_here(self, hospital, community_centre):
        person = new_person()
        hospital.expect("4501", report(person, hospital.register(person)))
        with nothing_changes():
            community_centre.refuse("5401", self.asked(person))
            community_centre.refuse(
                "5402", {"rptdetailinfo": {"psn_no": person.number, "rpotc_no": "R1", "fixmedins_code": hospital.code}}
            )
            hospital.refuse("5401", {"bilgiteminfo": [{"psn_no": "NOBODY"}]})


class TestAudit:
    ASKED = {
        "data": {
            "syscode": "sy",
            "trig_scen": "1",
            "patient_dtos": [
                {
                    "patn_id": "1",
                    "patn_name": "测试",
                    "fsi_encounter_dtos": [{"mdtrt_id": "1", "fsi_diagnose_dtos": []}],
                }
            ],
        }
    }

    @pytest.mark.parametrize("infno", ["3101", "3102"])
    def test_without_an_engine_nothing_is_found_and_the_question_is_kept(self, hospital, infno):
        assert hospital.expect(infno, self.ASKED)["result"] == []
        message = Message.objects.filter(infno=infno).latest("pk")
        assert "测试" in bytes(message.body).decode()

    def test_an_engine_that_registers_is_asked(self, hospital, monkeypatch):
        seen = []

        def engine(question):
            seen.append(question.content["data"]["patient_dtos"][0]["patn_id"])
            return [audit_details.AuditHit({"rule_id": "R1", "rule_name": "重复开药", "vola_amt": 1234})]

        monkeypatch.setitem(audit_details.ENGINES, "test", engine)
        hit = hospital.expect("3101", self.ASKED)["result"][0]
        assert (seen, hit["rule_id"], hit["vola_amt"]) == (["1"], "R1", 12.34)
