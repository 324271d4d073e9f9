"""Settlement lists through the gateway: uploaded, checked by field, submitted, corrected, counted, shown."""

import pytest

from yibao.domains.catalogue.models import Disease
from yibao.domains.messages.models import RecordRead
from yibao.domains.settlement_lists.checks import CHECKS, SOURCES
from yibao.domains.settlement_lists.models import ListStep, SettlementList

from .lists import head_of, list_of
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def stayed(hospital):
    """A person whose stay is settled: (person, visit, bill, what the funds paid)."""
    person = new_person()
    visit = hospital.admit(person)
    hospital.ward_charge(person, visit, "20000.00")
    hospital.discharge(person, visit)
    output = hospital.expect("2304", hospital.stay_bill(person, visit, "20000.00"))
    funds = {
        row["fund_pay_type"]: row["fund_payamt"]
        for row in output["setldetail"]
        if row["fund_payamt"] and row["fund_pay_type"] not in ("310200", "999996")
    }
    return person, visit, output["setlinfo"], funds


def found(hospital, bill, infno="3607"):
    """What the checks found, as {(field, sentence, level)}."""
    told = hospital.expect(infno, {"data": {"setl_id": bill["setl_id"]}})
    rows = told["detl_list" if infno == "3607" else "deraukubfi"]
    return told, {(row["exam_data_fld"], row["qltctrl_chkrslt"], row["err_lv"]) for row in rows}


class TestUpload:
    def test_a_sound_list_is_kept_typed_and_can_be_submitted(self, hospital, stayed):
        person, visit, bill, funds = stayed
        number = hospital.expect("4101", list_of(person, visit, bill, funds))["setl_list_id"]
        told, rows = found(hospital, bill)
        assert (rows, told["qltctrl_rslt"], told["err_lv"], told["retn_flag"]) == (set(), "1", None, "0")
        kept = SettlementList.objects.get(pk=number)
        assert (kept.version, kept.state, kept.age_years, kept.stay_days) == (1, "0", 46, 8)
        assert (kept.ventilator_minutes, kept.cash_fen) == (26 * 60 + 30, round(bill["psn_cash_pay"] * 100))
        assert [(row.rank, row.code, row.is_main) for row in kept.diagnoses.all()] == [
            (1, "J18.900", True), (2, "I10.x00", False),
        ]  # fmt: skip
        assert [(row.code, row.anaesthesia) for row in kept.operations.all()] == [("33.2300x001", "01")]
        assert [(row.ward_kind, row.minutes) for row in kept.intensive_care.all()] == [("1", 24 * 60 + 30)]
        assert [(row.kind, row.amount, row.unit) for row in kept.transfusions.all()] == [("1", 400, "1")]
        assert "psn_no" not in kept.details
        assert kept.details["coner_name"] == "测试联系人"

        state = {"data": {"stastinfo": [{"psn_no": person.number, "setl_id": bill["setl_id"], "stas_type": "1"}]}}
        hospital.expect("4102", state)
        assert SettlementList.objects.get(pk=number).state == "1"
        with nothing_changes():
            assert "已提交，请先修改状态" in hospital.refuse("4101", list_of(person, visit, bill, funds))
        state["data"]["stastinfo"][0]["stas_type"] = "0"
        hospital.expect("4102", state)
        again = hospital.expect("4101", list_of(person, visit, bill, funds, medcasno="BA2"))["setl_list_id"]
        versions = SettlementList.objects.filter(visit_id=visit).order_by("version")
        assert [(str(row.pk), row.version, row.record_number) for row in versions] == [
            (number, 1, "BA1"), (again, 2, "BA2"),
        ]  # fmt: skip
        assert ListStep.objects.filter(settlement_list_id=number).count() == 2

    def test_version_a_takes_from_the_registers_what_it_does_not_send(self, hospital, stayed):
        person, visit, bill, funds = stayed
        sent = list_of(person, visit, bill, funds)
        head = {
            name: value for name, value in sent["setlinfo"].items()
            if name not in ("gend", "brdy", "bld_cat", "bld_amt", "bld_unt", "psn_name", "certno")
        }  # fmt: skip
        head |= {"psn_no": person.number, "stas_type": "1"}
        operation = {
            "oprn_oprt_type": "1", "oprn_oprt_name": "支气管镜检查", "oprn_oprt_code": "33.2300x001",
            "oper_dr_code": "D110101000001", "oprn_oprt_begntime": "2026-11-03 09:00:00",
            "oprn_oprt_endtime": "2026-11-03 10:00:00", "anst_begntime": "20261103085000", "anst_endtime": "20261103101500",
        }  # fmt: skip
        number = hospital.expect(
            "4101A",
            {
                "setlinfo": head,
                "diseinfo": sent["diseinfo"],
                "oprninfo": [operation],
                "icuinfo": sent["icuinfo"],
                "bldinfo": [{"bld_cat": "1", "bld_amt": "2", "bld_unt": "2"}],
            },
        )["setl_list_id"]
        kept = SettlementList.objects.get(pk=number)
        assert (kept.state, kept.errors, kept.sex, kept.birth_date) == ("1", 0, person.sex, person.birth_date)
        begun = kept.operations.get()
        assert (begun.ended_at - begun.began_at).total_seconds() == 3600

    @pytest.mark.parametrize(
        "wrong",
        [
            ({"dscg_time": "2026-10-30 10:00:00"}, "setlinfo.dscg_time", "出院时间早于入院时间", "1"),
            ({"chfpdr_code": ""}, "setlinfo.chfpdr_code", "主诊医师代码未填写", "1"),
            ({"age": "30"}, "setlinfo.age", "年龄与出生日期、入院时间不符", "1"),
            ({"certno": "110101199003070000"}, "setlinfo.certno", "证件号码与参保登记不符", "1"),
            ({"dscg_way": "2"}, "setlinfo.acp_medins_name", "转院或转社区未填写拟接收机构", "1"),
            (
                {"vent_used_dura": "30小时"},
                "setlinfo.vent_used_dura",
                "时长应为“天/小时/分钟”，小时小于24，分钟小于60",
                "1",
            ),
            ({"vent_used_dura": "30/0/0"}, "setlinfo.vent_used_dura", "呼吸机使用时长大于住院时长", "1"),
            ({"act_ipt_days": "5"}, "setlinfo.act_ipt_days", "实际住院天数与入出院时间不符", "2"),
            ({"lv1_nurscare_days": "20"}, "setlinfo.spga_nurscare_days", "各级护理天数之和大于住院天数加1", "2"),
            ({"diag_code_cnt": "9"}, "setlinfo.diag_code_cnt", "诊断代码计数与诊断条数不符", "2"),
            ({"psn_cashpay": "1.00"}, "setlinfo.psn_cashpay", "个人现金支付与本平台结算不符", "1"),
            ({"poscode": "12"}, "setlinfo.poscode", "邮编应为6位数字", "2"),
            ({"nwb_bir_wt": "50"}, "setlinfo.nwb_bir_wt", "新生儿出生体重应在100至9999克之间", "1"),
        ],
    )
    def test_what_is_wrong_in_the_head_is_told_by_field(self, hospital, stayed, wrong):
        (changes, field, sentence, level), (person, visit, bill, funds) = wrong, stayed
        hospital.expect("4101", list_of(person, visit, bill, funds, **changes))
        told, rows = found(hospital, bill)
        assert (field, sentence, level) in rows
        assert told["qltctrl_rslt"] == ("0" if level == "1" else "2")

    @pytest.mark.parametrize(
        "wrong",
        [
            ("diseinfo", [], "diseinfo", "未填写出院诊断"),
            ("diseinfo", [{"maindiag_flag": "0"}], "diseinfo.maindiag_flag", "西医主要诊断应有且仅有一条"),
            ("diseinfo", [{"diag_code": "V01.x00"}], "diseinfo[0].diag_code", "损伤中毒外部原因编码不能作主要诊断"),
            ("diseinfo", [{}, {"maindiag_flag": "0"}], "diseinfo[1].diag_code", "诊断代码重复"),
            ("diseinfo", [{"diag_code": "N80.000"}], "diseinfo[0].diag_code", "男性患者使用仅限女性的诊断"),
            ("oprninfo", [{"oprn_oprt_date": "2026-12-24"}], "oprninfo[0].oprn_oprt_date", "手术操作时间不在住院期间"),
            ("oprninfo", [{"anst_dr_code": ""}], "oprninfo[0].anst_dr_code", "有麻醉方式未填写麻醉医师代码"),
            (
                "icuinfo",
                [{"scs_cutd_exit_time": "2026-11-03 00:00:00"}],
                "icuinfo[0].scs_cutd_exit_time",
                "退出重症监护时间早于进入时间",
            ),
            ("iteminfo", [{"amt": "1.00"}], "iteminfo.amt", "收费项目金额之和与结算总费用不符"),
            ("iteminfo", [{"clab_amt": "5.00"}], "iteminfo[0].amt", "收费项目金额与甲、乙、自费、其他之和不符"),
            ("payinfo", [{"fund_payamt": "1.00"}], "payinfo.310100", "基金支付金额与本平台结算不符"),
        ],
    )
    def test_what_is_wrong_in_the_rows_is_told_by_field(self, hospital, stayed, wrong):
        (node, rows, field, sentence), (person, visit, bill, funds) = wrong, stayed
        sent = list_of(person, visit, bill, funds)
        sent[node] = [{**sent[node][0], **row} for row in rows]
        hospital.expect("4101", sent)
        _, by_field = found(hospital, bill, "4104")
        assert (field, sentence, "1") in by_field

    def test_newborns_need_their_weight(self, hospital):
        from datetime import date

        person = new_person(born=date(2026, 10, 20), scheme="390", status="student_child")
        visit = hospital.admit(person, insutype="390")
        hospital.ward_charge(person, visit, "500.00")
        hospital.discharge(person, visit, insutype="390")
        bill = hospital.expect("2304", hospital.stay_bill(person, visit, "500.00", insutype="390"))["setlinfo"]
        hospital.expect("4101", list_of(person, visit, bill, age="0"))
        _, rows = found(hospital, bill)
        assert {"setlinfo.nwb_adm_type", "setlinfo.nwb_adm_wt"} <= {field for field, _, _ in rows}
        kept = SettlementList.objects.get(visit_id=visit)
        assert (kept.age_years, kept.age_days) == (0, 12)

    def test_codes_are_looked_up_where_the_register_has_any(self, hospital, stayed):
        person, visit, bill, funds = stayed
        Disease.objects.create(code="J18.900", kind="diagnosis", name="肺炎", valid_from="2020-01-01")
        hospital.expect("4101", list_of(person, visit, bill, funds))
        _, rows = found(hospital, bill)
        assert [field for field, _, _ in rows] == ["diseinfo[1].diag_code"]

    def test_foreign_lists_are_refused(self, hospital, community_centre, stayed):
        person, visit, bill, funds = stayed
        other = new_person()
        with nothing_changes():
            assert "结算ID" in community_centre.refuse("4101", list_of(person, visit, bill, funds))
            hospital.refuse("4101", list_of(person, "999999999", bill, funds))
            hospital.refuse("4101A", {"setlinfo": {**head_of(person, visit, bill), "psn_no": other.number}})
            assert "不是本平台发出的编号" in hospital.refuse(
                "4101", list_of(person, visit, {**bill, "setl_id": "S1"}, funds)
            )
            assert "病案号(setlinfo.medcasno)不能为空" in hospital.refuse(
                "4101", list_of(person, visit, bill, medcasno="")
            )

    def test_a_reversed_settlement_has_no_list(self, hospital, stayed):
        person, visit, bill, funds = stayed
        hospital.expect("2305", hospital.reversal(person, visit, bill["setl_id"]))
        with nothing_changes():
            hospital.refuse("4101", list_of(person, visit, bill, funds))

    def test_a_repeat_of_the_message_is_no_new_version(self, hospital, stayed):
        person, visit, bill, funds = stayed
        body = hospital.body("4101", list_of(person, visit, bill, funds))
        assert hospital.post_bytes(body) == hospital.post_bytes(body)
        assert SettlementList.objects.filter(visit_id=visit).count() == 1


class TestStates:
    def test_a_list_with_errors_cannot_be_submitted(self, hospital, stayed):
        person, visit, bill, funds = stayed
        hospital.expect("4101", list_of(person, visit, bill, funds, chfpdr_code=""))
        row = {"psn_no": person.number, "setl_id": bill["setl_id"], "stas_type": "1"}
        with nothing_changes():
            assert "质控有1项错误，不能提交" in hospital.refuse("4102", {"data": {"stastinfo": [row]}})
            assert "未知" in hospital.refuse("4102", {"data": {"stastinfo": [{**row, "stas_type": "9"}]}})
            hospital.refuse("4102", {"data": {"stastinfo": [{**row, "psn_no": "NOBODY"}]}})
            hospital.refuse("4102", {"data": {"stastinfo": [{**row, "setl_id": "1"}]}})


class TestLookingUp:
    def test_4103_gives_back_what_was_sent(self, hospital, stayed):
        person, visit, bill, funds = stayed
        hospital.expect("4101", list_of(person, visit, bill, funds))
        shown = hospital.ask("4103", {"data": {"setl_id": bill["setl_id"], "psn_no": person.number}})["output"]
        head = shown["setlinfo"]
        assert (head["medcasno"], head["biz_sn"], head["vent_used_h_cnt"], head["age"]) == ("BA1", "YW1", "2", 46.0)
        assert [row["diag_code"] for row in shown["diseinfo"]] == ["J18.900", "I10.x00"]
        assert shown["oprninfo"][0]["oprn_oprt_date"] == "2026-11-03"
        assert shown["icuinfo"][0]["scs_cutd_sum_dura"] == "1/0/30"
        assert sum(row["fund_payamt"] for row in shown["payinfo"]) == pytest.approx(bill["fund_pay_sumamt"])
        assert RecordRead.objects.filter(person=person, infno="4103").count() == 1

    def test_others_see_nothing(self, hospital, community_centre, stayed):
        person, visit, bill, funds = stayed
        hospital.expect("4101", list_of(person, visit, bill, funds))
        for infno in ("4103", "4104", "3607"):
            community_centre.refuse(infno, {"data": {"setl_id": bill["setl_id"]}})
        assert "没有符合条件" in community_centre.refuse("3607", {"data": {"setl_ym": "202611"}})

    def test_a_month_is_walked_through(self, hospital, stayed):
        person, visit, bill, funds = stayed
        hospital.expect("4101", list_of(person, visit, bill, funds))
        from django.utils.timezone import localdate

        month = f"{localdate():%Y%m}"
        assert hospital.expect("3607", {"data": {"setl_ym": month, "page_num": "1"}})["setl_id"] == bill["setl_id"]
        for data in ({"setl_ym": month, "page_num": "2"}, {"setl_ym": "202001"}, {"setl_ym": "2026-1"}):
            hospital.refuse("3607", {"data": data})

    def test_counts(self, hospital, stayed):
        person, visit, bill, funds = stayed
        hospital.visit(new_person(), "100.00")
        hospital.expect("4101", list_of(person, visit, bill, funds, diag_code_cnt="9"))
        told = hospital.expect("4105", {"data": {"fixmedins_code": hospital.code}})["result"]
        assert told == {
            "fixmedins_code": hospital.code, "setl_cnt": 2, "upld_cnt": 1, "not_upld_cnt": 1, "submit_cnt": 0,
            "not_submit_cnt": 1, "err_cnt": 0, "warn_cnt": 1,
        }  # fmt: skip
        stays = hospital.expect("4105", {"data": {"fixmedins_code": hospital.code, "medtype_list": ["21"]}})["result"]
        assert (stays["setl_cnt"], stays["upld_cnt"]) == (1, 1)
        hospital.refuse("4105", {"data": {"fixmedins_code": "H11010100003"}})


def test_every_check_says_where_it_comes_from():
    assert len(CHECKS) == len({check.id for check in CHECKS}) >= 60
    assert {check.source for check in CHECKS} == SOURCES.keys()
    assert all(check.zh and check.en and check.level in ("error", "warning") for check in CHECKS)
