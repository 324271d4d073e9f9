"""Fee lines, settlements, reversals and undoings that are refused: a clear sentence, and nothing changed."""

from datetime import date

import pytest

from yibao.domains.catalogue.models import Coverage, Item

from .hospital import Hospital
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def refusal(hospital, infno, node, **changes):
    """The sentence of a refusal that changed nothing."""
    with nothing_changes():
        return hospital.refuse(infno, node, **changes)


class TestFeeLines:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"med_list_codg": "NONE"}, "医疗目录编码(feedetail[0].med_list_codg)NONE不存在"),
            (
                {"cnt": "-1", "det_item_fee_sumamt": "-100.00"},
                "费用明细N1(feedetail[0])的数量应为正、单价与金额不可为负",
            ),
            ({"cnt": "0", "det_item_fee_sumamt": "0"}, "费用明细N1(feedetail[0])的数量应为正、单价与金额不可为负"),
            (
                {"pric": "-100", "det_item_fee_sumamt": "-100"},
                "费用明细N1(feedetail[0])的数量应为正、单价与金额不可为负",
            ),
            ({"det_item_fee_sumamt": "-100"}, "费用明细N1(feedetail[0])的数量应为正、单价与金额不可为负"),
            (
                {"det_item_fee_sumamt": "100.02"},
                "费用明细N1的金额(feedetail[0].det_item_fee_sumamt)与数量乘单价不符：上传10002分，应为10000分",
            ),
            (
                {"det_item_fee_sumamt": "99.98"},
                "费用明细N1的金额(feedetail[0].det_item_fee_sumamt)与数量乘单价不符：上传9998分，应为10000分",
            ),
            (
                {"fee_ocur_time": "2026-11-09 23:59:59"},
                "费用明细N1的费用发生时间(feedetail[0].fee_ocur_time)早于就诊开始或晚于当前时间",
            ),
            (
                {"fee_ocur_time": "2999-01-01 00:00:00"},
                "费用明细N1的费用发生时间(feedetail[0].fee_ocur_time)早于就诊开始或晚于当前时间",
            ),
            ({"cnt": "many"}, "数量(feedetail[0].cnt)不是数字：many"),
            ({"cnt": True}, "数量(feedetail[0].cnt)不是数字：True"),
            ({"pric": "1e400"}, "单价(feedetail[0].pric)"),
            ({"pric": "0.0000001"}, "单价(feedetail[0].pric)小数位过多：0.0000001，最多6位"),
            (
                {"det_item_fee_sumamt": "100.001"},
                "明细项目费用总额(feedetail[0].det_item_fee_sumamt)小数位过多：100.001，最多2位",
            ),
            (
                {"det_item_fee_sumamt": "1" + "0" * 14},
                "明细项目费用总额(feedetail[0].det_item_fee_sumamt)超出范围：整数部分最多14位",
            ),
            ({"feedetl_sn": ""}, "费用明细流水号(feedetail[0].feedetl_sn)不能为空"),
            ({"feedetl_sn": "N" * 31}, "费用明细流水号(feedetail[0].feedetl_sn)过长：31个字符，最多30个"),
        ],
    )
    def test_that_cannot_be_right(self, hospital, changes, sentence):
        person = new_person()
        visit = hospital.register(person)
        line = {**hospital.line(person, visit, number="N1"), **changes}

        assert refusal(hospital, "2204", {"feedetail": [line]}).startswith(sentence)

    @pytest.mark.parametrize(
        ("valid_from", "valid_until"), [(date(2019, 1, 1), date(2026, 11, 10)), (date(2026, 11, 11), None)]
    )
    def test_of_an_item_that_was_not_valid_on_the_day(self, hospital, valid_from, valid_until):
        Item.objects.filter(code="XB02").update(valid_from=valid_from, valid_until=valid_until)
        person = new_person()
        visit = hospital.register(person)

        sentence = refusal(hospital, "2204", {"feedetail": [hospital.line(person, visit, item="XB02")]})

        assert sentence == "医疗目录编码(feedetail[0].med_list_codg)XB02在2026-11-10无效"

    def test_of_an_item_that_the_scheme_does_not_cover_on_the_day(self, hospital):
        Coverage.objects.filter(item__code="XB02", scheme="310").update(valid_until=date(2026, 11, 10))
        person = new_person()
        visit = hospital.register(person)

        sentence = refusal(hospital, "2204", {"feedetail": [hospital.line(person, visit, item="XB02")]})

        assert sentence == "医疗目录编码(feedetail[0].med_list_codg)XB02在2026-11-10没有本险种的待遇规定"

    def test_one_bad_line_refuses_the_whole_upload_and_is_named(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        rows = [hospital.line(person, visit), hospital.line(person, visit), hospital.line(person, visit, item="NONE")]

        assert refusal(hospital, "2204", {"feedetail": rows}) == ("医疗目录编码(feedetail[2].med_list_codg)NONE不存在")

    def test_with_a_number_twice_in_the_upload(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        rows = [hospital.line(person, visit, number="N1"), hospital.line(person, visit, number="N1")]

        assert refusal(hospital, "2204", {"feedetail": rows}) == "费用明细流水号(feedetail[1].feedetl_sn)N1重复"

    def test_with_a_number_that_stands_in_the_visit(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("2204", {"feedetail": [hospital.line(person, visit, number="N1")]})
        again = {"feedetail": [hospital.line(person, visit, number="N1", batch="B2")]}

        assert refusal(hospital, "2204", again) == "费用明细流水号(feedetail[0].feedetl_sn)N1重复"

    def test_into_a_settled_batch(self, hospital):
        person = new_person()
        visit, _ = hospital.visit(person)

        assert refusal(hospital, "2204", {"feedetail": [hospital.line(person, visit)]}) == (
            "收费批次号(chrg_bchno)B1已结算，不能再上传明细"
        )

    def test_after_discharge(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.discharge(person, visit)

        assert refusal(hospital, "2301", {"feedetail": [hospital.line(person, visit)]}) == (
            f"就诊ID(mdtrt_id){visit}已办理出院"
        )

    @pytest.mark.parametrize("name", ["psn_no", "mdtrt_id", "chrg_bchno"])
    def test_of_two_persons_visits_or_batches_at_once(self, hospital, name):
        person = new_person()
        visit = hospital.register(person)
        rows = [hospital.line(person, visit), hospital.line(person, visit, **{name: "7"})]

        assert refusal(hospital, "2204", {"feedetail": rows}) == (
            f"一次上传的明细应属同一人员、同一就诊、同一收费批次：feedetail[1].{name}不一致"
        )

    def test_more_than_a_hundred(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        rows = [hospital.line(person, visit) for _ in range(101)]

        assert refusal(hospital, "2204", {"feedetail": rows}) == "节点(feedetail)行数过多：101行，最多100行"

    def test_none_at_all(self, hospital):
        assert refusal(hospital, "2204", {"feedetail": []}) == "节点(feedetail)不能为空"


class TestWithdrawing:
    def test_a_batch_that_is_settled_or_was_never_uploaded(self, hospital):
        person = new_person()
        visit, _ = hospital.visit(person)
        for batch in ("B1", "B9", "0000"):
            node = {"data": {"psn_no": person.number, "mdtrt_id": visit, "chrg_bchno": batch}}
            assert refusal(hospital, "2205", node) == f"没有可撤销的未结算费用明细：{batch}"

    def test_one_of_several_lines_that_does_not_stand(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        rows = [hospital.line(person, visit, number="N1", at="2026-11-02 10:00:00")]
        hospital.expect("2301", {"feedetail": rows})
        node = {"data": [{"psn_no": person.number, "mdtrt_id": visit, "feedetl_sn": sn} for sn in ("N1", "N2")]}

        assert refusal(hospital, "2302", node) == "没有可撤销的未结算费用明细：N2"


class TestSettling:
    def charged(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit, "1000.00")
        return person, visit

    @pytest.mark.parametrize("infno", ["2206", "2206A", "2207", "2207A"])
    @pytest.mark.parametrize("total", ["999.99", "1000.01", "0", "-1000.00"])
    def test_a_total_that_does_not_add_up(self, hospital, infno, total):
        person, visit = self.charged(hospital)
        sent_fen = round(float(total) * 100)

        assert refusal(hospital, infno, hospital.bill(person, visit, total)) == (
            f"医疗费总额(medfee_sumamt)与费用明细不符：上传{sent_fen}分，明细合计100000分"
        )

    def test_twice(self, hospital):
        person = new_person()
        visit, _ = hospital.visit(person)

        assert refusal(hospital, "2207", hospital.bill(person, visit)) == f"就诊ID(mdtrt_id){visit}没有未结算的费用明细"

    def test_without_fees(self, hospital):
        person = new_person()
        visit = hospital.register(person)

        assert refusal(hospital, "2207", hospital.bill(person, visit)) == f"就诊ID(mdtrt_id){visit}没有未结算的费用明细"

    def test_under_another_scheme(self, hospital):
        person, visit = self.charged(hospital)

        assert refusal(hospital, "2207", hospital.bill(person, visit, insutype="390")) == (
            "险种类型(insutype)390与登记时的310不符"
        )

    @pytest.mark.requirement("NET-03")
    def test_with_the_voucher_of_somebody_else(self, hospital):
        person, visit = self.charged(hospital)
        bill = hospital.bill(person, visit)
        bill["data"]["mdtrt_cert_no"] = new_person().document_number

        assert refusal(hospital, "2207", bill) == "就诊凭证编号(mdtrt_cert_no)与人员编号(psn_no)不符"

    def test_the_visit_of_another_institution(self, hospital):
        person, visit = self.charged(hospital)

        assert refusal(Hospital(code="H11010100002"), "2207", hospital.bill(person, visit)) == (
            f"就诊ID(mdtrt_id){visit}不存在，或不属于本机构、本人员"
        )

    def test_a_stay_before_discharge(self, hospital):
        person = new_person()
        visit = hospital.admit(person)
        hospital.ward_charge(person, visit, "1000.00")

        assert refusal(hospital, "2304", hospital.stay_bill(person, visit, "1000.00")) == (
            f"就诊ID(mdtrt_id){visit}未办理出院，不能出院结算，中途结算请将中途结算标志(mid_setl_flag)置1"
        )

    def test_more_than_the_kernel_takes(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        row = hospital.line(person, visit, quantity="20", price="1000000000.00")
        hospital.expect("2204", {"feedetail": [row]})

        assert refusal(hospital, "2207", hospital.bill(person, visit, "20000000000.00")) == (
            "费用分解不等于总额，或金额超出范围"
        )


class TestReversing:
    def test_twice(self, hospital):
        person = new_person()
        visit, info = hospital.visit(person)
        hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]))

        assert refusal(hospital, "2208", hospital.reversal(person, visit, info["setl_id"])) == (
            f"结算ID(setl_id){info['setl_id']}已退费，不能重复撤销"
        )

    def test_a_reversal(self, hospital):
        person = new_person()
        visit, info = hospital.visit(person)
        back = hospital.expect("2208", hospital.reversal(person, visit, info["setl_id"]))["setlinfo"]

        assert refusal(hospital, "2208", hospital.reversal(person, visit, back["setl_id"])) == (
            f"结算ID(setl_id){back['setl_id']}不存在，或不属于本机构、本人员、本次就诊"
        )

    @pytest.mark.parametrize("who", ["person", "institution", "visit", "number"])
    def test_what_is_not_this_ones(self, hospital, who):
        person = new_person()
        visit, info = hospital.visit(person)
        number = info["setl_id"] if who != "number" else "999999999"
        node = hospital.reversal(
            new_person() if who == "person" else person,
            hospital.register(person) if who == "visit" else visit,
            number,
        )
        sender = Hospital(code="H11010100002") if who == "institution" else hospital

        assert refusal(sender, "2208", node) == f"结算ID(setl_id){number}不存在，或不属于本机构、本人员、本次就诊"

    def test_by_the_transaction_of_the_other_kind_of_care(self, hospital):
        person = new_person()
        visit, info = hospital.visit(person)

        assert refusal(hospital, "2305", hospital.reversal(person, visit, info["setl_id"])) == (
            f"就诊ID(mdtrt_id){visit}的就诊类别与交易不符（门诊与住院交易不可混用）"
        )
