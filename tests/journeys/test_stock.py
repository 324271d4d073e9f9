"""Goods reported through the gateway: balances, returns, deletions, queries, and packs sold once by their trace codes."""

import pytest

from yibao.domains import storage
from yibao.domains.catalogue.models import Item
from yibao.domains.messages.models import RecordRead
from yibao.domains.reference.models import Setting
from yibao.domains.stock.models import Balance, Movement, PackContent, TraceSale

from .goods import change, count_of, goods, new_batch, new_code, purchase, sale
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")
DONE = {"retRslt": "1", "msgRslt": "成功"}


def let_repeats_through(value):
    Setting.objects.create(key="stock.repeated_trace_code", value=value, reason="试点", trust="our_default")


def left(batch):
    return Balance.objects.values_list("quantity_e4", "loose_e4").get(batch_number=batch)


def pack_holds(units):
    PackContent.objects.create(item=Item.objects.get(code="XA01"), units=units, source="说明书", trust="our_default")


class TestBalance:
    @pytest.mark.requirement("AUD-06")
    def test_each_movement_moves_it(self, pharmacy):
        batch = new_batch()
        for infno, node, row, wanted in (
            ("3503", "purcinfo", purchase(batch, "10"), 100_000),
            ("3505", "selinfo", sale(batch, "2.5"), 75_000),
            ("3506", "selinfo", sale(batch, "1"), 85_000),
            ("3504", "purcinfo", purchase(batch, "3"), 55_000),
            ("3502", "invinfo", change(batch, "4", "104"), 15_000),
            ("3501", "invinfo", count_of(batch, "7.25"), 72_500),
        ):
            assert pharmacy.expect(infno, {node: row})["result"] == DONE
            assert left(batch) == (wanted, 0), infno
        assert Movement.objects.get(kind="count", batch_number=batch).delta_e4 == 57_500

    def test_opened_packs_are_counted_in_units(self, pharmacy):
        batch = new_batch()
        pharmacy.expect("3505", {"selinfo": sale(batch, "6", split="1")})
        assert left(batch) == (0, -60_000)
        pharmacy.expect("3501", {"invinfo": count_of(batch, "3")})
        assert left(batch) == (30_000, 0)

    def test_many_rows_are_one_message(self, pharmacy):
        batches = new_batch(), new_batch()
        pharmacy.expect("3503A", {"purcinfoDetail": [purchase(batch, "5") for batch in batches]})
        with nothing_changes():
            said = pharmacy.refuse("3505A", {"selinfoDetail": [sale(batches[0]), sale(batches[1], "0")]})
        assert said == "数量(selinfoDetail[1])应大于0（盘存可为0）"
        assert [left(batch) for batch in batches] == [(50_000, 0)] * 2

    def test_a_repeat_of_the_message_moves_nothing_twice(self, pharmacy):
        batch = new_batch()
        body = pharmacy.body("3503", {"purcinfo": purchase(batch)})
        assert pharmacy.post_bytes(body) == pharmacy.post_bytes(body)
        assert left(batch) == (100_000, 0)

    @pytest.mark.parametrize(
        ("infno", "node", "row", "said"),
        [
            ("3502", "invinfo", change("B", kind="999"), "库存变更类型(invinfo.inv_chg_type)999未知"),
            ("3503", "purcinfo", purchase("B", "-1"), "数量(purcinfo)应大于0"),
            (
                "3505",
                "selinfo",
                sale("B", sel_retn_time="2999-01-01 00:00:00"),
                "业务时间(selinfo)2999-01-01晚于当前日期",
            ),
            ("3505", "selinfo", sale("B", psn_no="NOBODY"), "人员编号(psn_no)NOBODY不存在"),
            ("3505", "selinfo", sale("B", setl_id="999999999"), "结算ID(setl_id)999999999"),
            ("3505", "selinfo", sale("B", "1", "C1", "C2"), "追溯码数量(selinfo.drugtracinfo)2多于整包装数量1"),
            ("3505", "selinfo", sale("B", "2", "C1", "C1"), "同一报文中追溯码(selinfo.drugtracinfo[1])C1重复"),
            ("3506", "selinfo", sale("B", "1", "C-NEVER"), "未在本机构售出或已退回"),
            ("3507", "data", {"fixmedins_bchno": "NO-SUCH", "inv_data_type": "3"}, "没有可删除的记录"),
            ("3503", "purcinfo", goods("B"), "供应商名称(purcinfo.spler_name)不能为空"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, pharmacy, infno, node, row, said):
        with nothing_changes():
            assert said in pharmacy.refuse(infno, {node: row})


class TestDeletion:
    def test_undoes_all_records_of_the_kind_and_frees_the_packs(self, pharmacy):
        batch, code = new_batch(), new_code()
        pharmacy.expect("3503", {"purcinfo": purchase(batch, "10")})
        pharmacy.expect("3505", {"selinfo": sale(batch, "1", code)})
        pharmacy.expect("3507", {"data": {"fixmedins_bchno": batch, "inv_data_type": "4"}})
        assert left(batch) == (100_000, 0)
        assert pharmacy.expect("3505", {"selinfo": sale(batch, "1", code)})["result"] == DONE
        assert left(batch) == (90_000, 0)
        with nothing_changes():
            pharmacy.refuse("3507", {"data": {"fixmedins_bchno": batch, "inv_data_type": "1"}})


class TestTraceCodes:
    @pytest.mark.requirement("INT-52")
    def test_a_pack_is_sold_once(self, pharmacy):
        batch, code = new_batch(), new_code()
        pharmacy.expect("3505", {"selinfo": sale(batch, "1", code)})
        with nothing_changes():
            assert f"追溯码(selinfo.drugtracinfo[0]){code}已于" in pharmacy.refuse(
                "3505", {"selinfo": sale(batch, "1", code)}
            )

    def test_nor_at_another_institution(self, pharmacy, hospital):
        code = new_code()
        pharmacy.expect("3505", {"selinfo": sale(new_batch(), "1", code)})
        with nothing_changes():
            hospital.refuse("3505A", {"selinfoDetail": [sale(new_batch(), "1", code)]})

    def test_the_field_of_the_old_text_counts_too(self, pharmacy):
        code = new_code()
        pharmacy.expect("3505", {"selinfo": sale(new_batch(), drug_trac_codg=code)})
        pharmacy.refuse("3505", {"selinfo": sale(new_batch(), "1", code)})

    def test_what_was_given_back_is_sold_again(self, pharmacy, hospital):
        batch, code = new_batch(), new_code()
        pharmacy.expect("3505", {"selinfo": sale(batch, "1", code)})
        with nothing_changes():
            hospital.refuse("3506", {"selinfo": sale(batch, "1", code)})
        pharmacy.expect("3506", {"selinfo": sale(batch, "1", code)})
        with nothing_changes():
            pharmacy.refuse("3506", {"selinfo": sale(batch, "1", code)})
        assert pharmacy.expect("3505", {"selinfo": sale(batch, "1", code)})["result"] == DONE

    def test_a_region_may_let_repeats_through_with_a_mark(self, pharmacy, hospital):
        let_repeats_through({"110000": "flag"})
        code = new_code()
        pharmacy.expect("3505", {"selinfo": sale(new_batch(), "1", code)})
        told = pharmacy.expect("3505", {"selinfo": sale(new_batch(), "1", code)})["result"]
        assert told == {"retRslt": "1", "msgRslt": f"成功，以下追溯码存在疑点、已记录待核查：{code}"}
        hospital.expect("3505", {"selinfo": sale(new_batch(), "1", code)})
        found = TraceSale.objects.filter(code__code=code).order_by("pk").values_list("suspicions", "is_repeat")
        assert list(found) == [([], False), (["sold_twice"], True), (["sold_elsewhere"], True)]

    def test_an_institution_may_be_told_apart(self, pharmacy, hospital):
        let_repeats_through({"default": "flag", pharmacy.code: "refuse"})
        code = new_code()
        hospital.expect("3505", {"selinfo": sale(new_batch(), "1", code)})
        pharmacy.refuse("3505", {"selinfo": sale(new_batch(), "1", code)})
        hospital.expect("3505", {"selinfo": sale(new_batch(), "1", code)})

    def test_opened_packs_end_with_their_content(self, pharmacy):
        pack_holds(24)
        batch, code = new_batch(), new_code()
        pharmacy.expect("3505", {"selinfo": sale(batch, "10", code, split="1")})
        pharmacy.expect("3505", {"selinfo": sale(batch, "14", code, split="1")})
        with nothing_changes():
            said = pharmacy.refuse("3505", {"selinfo": sale(batch, "1", code, split="1")})
            pharmacy.refuse("3505", {"selinfo": sale(batch, "1", code)})
        assert "拆零超出包装数量：每包装24，已售24" in said
        pharmacy.expect("3506", {"selinfo": sale(batch, "4", code, split="1")})
        assert pharmacy.expect("3505", {"selinfo": sale(batch, "4", code, split="1")})["result"] == DONE

    def test_what_was_never_bought_or_was_another_drug_is_noted(self, pharmacy):
        batch, bought, other = new_batch(), new_code(), new_code()
        pharmacy.expect("3503", {"purcinfo": purchase(batch, "5", bought)})
        assert pharmacy.expect("3505", {"selinfo": sale(batch, "1", bought)})["result"] == DONE
        pharmacy.expect("3505", {"selinfo": sale(batch, "1", other)})
        pharmacy.expect("3506", {"selinfo": sale(batch, "1", other)})
        pharmacy.expect("3505", {"selinfo": sale(batch, "1", other, med_list_codg="XB02")})
        found = TraceSale.objects.filter(code__code=other).order_by("pk").values_list("suspicions", flat=True)
        assert list(found) == [["never_bought"], ["other_item"]]


class TestSettlementWithCodes:
    def traced_bill(self, hospital, person, visit, lines, total):
        return {
            **hospital.bill(person, visit, total),
            "drug_trac_info": [
                {"feedetl_sn": line, "drug_trac_codg": code, "trdn_flag": split, "min_prcunt_type": "1"}
                for line, code, split in lines
            ],
        }

    def charged(self, hospital, person, *, quantity="2", number="L1"):
        visit = hospital.register(person)
        hospital.expect(
            "2204",
            {"feedetail": [hospital.line(person, visit, quantity=quantity, price="10.00", number=number)]},
        )
        return visit

    def test_the_packs_are_sold_with_it_and_freed_by_the_reversal(self, hospital):
        person, codes = new_person(), [new_code(), new_code()]
        visit = self.charged(hospital, person)
        bill = self.traced_bill(hospital, person, visit, [("L1", code, "0") for code in codes], "20.00")
        settled = hospital.expect("2207", bill)["setlinfo"]
        sales = TraceSale.objects.filter(settlement_id=settled["setl_id"])
        assert {(row.code.code, row.person_id, row.line_number) for row in sales} == {
            (code, person.pk, "L1") for code in codes
        }

        again = self.charged(hospital, person)
        with nothing_changes():
            said = hospital.refuse("2207", self.traced_bill(hospital, person, again, [("L1", codes[0], "0")], "20.00"))
        assert f"追溯码(drug_trac_info[0].drug_trac_codg){codes[0]}已于" in said

        hospital.expect("2208", hospital.reversal(person, visit, settled["setl_id"]))
        hospital.expect("2207", self.traced_bill(hospital, person, again, [("L1", codes[0], "0")], "20.00"))

    def test_the_same_sale_reported_again_as_a_sale_is_no_repeat(self, pharmacy):
        person, code = new_person(), new_code()
        visit = self.charged(pharmacy, person, quantity="1")
        settled = pharmacy.expect("2207", self.traced_bill(pharmacy, person, visit, [("L1", code, "0")], "10.00"))[
            "setlinfo"
        ]
        told = sale(new_batch(), "1", code, setl_id=settled["setl_id"], psn_no=person.number)
        assert pharmacy.expect("3505", {"selinfo": told})["result"] == DONE
        assert TraceSale.objects.filter(code__code=code).count() == 1
        pharmacy.refuse("3505", {"selinfo": sale(new_batch(), "1", code)})

    def test_units_of_an_opened_pack_are_those_of_the_line(self, hospital):
        pack_holds(24)
        person, code = new_person(), new_code()
        visit = self.charged(hospital, person, quantity="20")
        hospital.expect("2207", self.traced_bill(hospital, person, visit, [("L1", code, "1")], "200.00"))
        assert TraceSale.objects.get(code__code=code).quantity_e4 == 200_000
        visit = self.charged(hospital, person, quantity="5")
        with nothing_changes():
            hospital.refuse("2207", self.traced_bill(hospital, person, visit, [("L1", code, "1")], "50.00"))

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ([("L9", "C", "0")], "费用明细流水号(drug_trac_info[0].feedetl_sn)L9不在本次结算范围内"),
            ([("L1", "C1", "0"), ("L1", "C2", "0"), ("L1", "C3", "0")], "多于整包装数量2"),
            ([("L1", "C1", "0"), ("L1", "C1", "0")], "C1重复"),
            ([("L1", "", "0")], "药品追溯码(drug_trac_info[0].drug_trac_codg)不能为空"),
            ([("L1", "C1", "7")], "拆零标志(drug_trac_info[0].trdn_flag)的值7不在字典中"),
        ],
    )
    def test_wrong_codes_settle_nothing(self, hospital, lines, said):
        person = new_person()
        visit = self.charged(hospital, person)
        with nothing_changes():
            assert said in hospital.refuse("2207", self.traced_bill(hospital, person, visit, lines, "20.00"))


class TestLookingUp:
    def test_each_query_shows_its_own(self, pharmacy):
        person, batch, code = new_person(), new_batch(), new_code()
        pharmacy.expect("3503", {"purcinfo": purchase(batch, "10", code)})
        pharmacy.expect("3505", {"selinfo": sale(batch, "2", code, psn_no=person.number)})
        pharmacy.expect("3502", {"invinfo": change(batch, "1", "105")})
        asked = {"data": {"fixmedins_bchno": batch}}
        found = {infno: pharmacy.expect(infno, asked) for infno in ("3508", "3509", "3510", "3511", "3512", "3513")}
        assert {infno: len(rows) for infno, rows in found.items()} == dict.fromkeys(found, 1)
        assert (found["3508"][0]["invCnt"], found["3510"][0]["purcRetnCnt"]) == (7.00, 10.00)
        assert (found["3509"][0]["invChgType"], found["3509"][0]["cnt"]) == ("105", 1.0)
        assert (found["3511"][0]["psnNo"], found["3511"][0]["selRetnCnt"]) == (person.number, 2.00)
        assert found["3512"][0]["drugTracCodg"] == found["3513"][0]["drugTracCodg"] == code
        assert RecordRead.objects.filter(person=person).values_list("infno", flat=True).count() == 2

    def test_days_and_numbers_narrow(self, pharmacy):
        batch = new_batch()
        pharmacy.expect("3503", {"purcinfo": purchase(batch)})
        number = Movement.objects.get(batch_number=batch).pk
        for narrowed, rows in (
            ({"begndate": "2026-11-10", "enddate": "2026-11-10"}, 1),
            ({"enddate": "2026-11-09"}, 0),
            ({"medins_prod_purc_no": str(number)}, 1),
            ({"prod_retn_flag": "1"}, 0),
        ):
            assert len(pharmacy.expect("3510", {"data": {"fixmedins_bchno": batch, **narrowed}})) == rows

    def test_nobody_looks_into_anothers_shelves(self, pharmacy, hospital):
        batch = new_batch()
        pharmacy.expect("3503", {"purcinfo": purchase(batch)})
        assert hospital.expect("3508", {"data": {"fixmedins_bchno": batch}}) == []
        assert "只能查询本机构" in hospital.refuse("3508", {"data": {"fixmedins_code": pharmacy.code}})

    def test_a_deleted_record_is_shown_as_no_longer_valid(self, pharmacy):
        batch = new_batch()
        pharmacy.expect("3503", {"purcinfo": purchase(batch)})
        pharmacy.expect("3507", {"data": [{"fixmedins_bchno": batch, "inv_data_type": "3"}]})
        assert pharmacy.expect("3510", {"data": {"fixmedins_bchno": batch}})[0]["valiFlag"] == "0"


def test_a_settlement_without_codes_asks_nothing_of_the_shelves(hospital, monkeypatch):
    person = new_person()
    visit = hospital.register(person)
    hospital.charge(person, visit, "100.00")
    sent, send = [], storage._send
    monkeypatch.setattr(
        storage, "_send", lambda raw, statement, values: sent.append(statement) or send(raw, statement, values)
    )
    hospital.settle(person, visit, "100.00")
    assert len(sent) > 3
    assert [statement for statement in sent if b"stock_" in statement] == []
