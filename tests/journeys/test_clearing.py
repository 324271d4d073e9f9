"""A month is reconciled, applied for (3203), withdrawn (3204); what is cleared stays as it is. And 2601 by the region's practice."""

from datetime import datetime

import pytest

from yibao.domains.reconciliation.models import ClearingApplication, RegionPractice
from yibao.workflows.apply_for_clearing import ApplicationEndedError, UnknownClearingError, decide_on_application

from .hospital import BEIJING, Hospital
from .office_records import sender_at
from .records import nothing_changes
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town")

OCTOBER = ("2026-10-01", "2026-10-31")


def in_october(day=5, hour=12):
    """The hospital as it speaks on a day of October."""
    return Hospital(send=sender_at(datetime(2026, 10, day, hour, tzinfo=BEIJING)))


def october_visit(person, total="3000.00", *, day=5):
    """A visit that was settled in October; its number and setlinfo."""
    house = in_october(day)
    visit = house.register(person, at=f"2026-10-{day:02d} 09:00:00")
    house.expect("2204", {"feedetail": [house.line(person, visit, price=total, at=f"2026-10-{day:02d} 09:30:00")]})
    return visit, house.settle(person, visit, total)


def reconcile(hospital, total="3000.00", fund="840.00", count=1, days=OCTOBER):
    """3201 for some days; the result."""
    sent = {
        "insutype": "310", "clr_type": "11", "setl_optins": REGION, "stmt_begndate": days[0], "stmt_enddate": days[1],
        "medfee_sumamt": total, "fund_pay_sumamt": fund, "acct_pay": "0", "fixmedins_setl_cnt": count,
    }  # fmt: skip
    return hospital.expect("3201", {"data": sent})["stmtinfo"]["stmt_rslt"]


def wish(**changes):
    """The input of 3203 for October's outpatients."""
    return {
        "data": {
            "clr_type": "11",
            "clr_way": "01",
            "setlym": "202610",
            "psntime": 1,
            "med_sumfee": "3000.00",
            "fund_appy_sum": "840.00",
            "begndate": OCTOBER[0],
            "enddate": OCTOBER[1],
            **changes,
        }
    }


def apply(hospital, **changes):
    """3203; the application's number."""
    return hospital.expect("3203", wish(**changes))["result"]["clr_appy_evt_id"]


class TestApplying:
    def test_for_a_reconciled_month_is_kept_and_withdrawn(self, hospital):
        october_visit(new_person())
        assert reconcile(hospital) == "0"

        number = apply(hospital)
        assert hospital.expect("3204", {"data": {"clr_appy_evt_id": number}}) is None

        kept = ClearingApplication.objects.get(pk=number)
        assert (kept.month.isoformat(), kept.clearing_type, kept.state) == ("2026-10-01", "11", "withdrawn")
        assert (kept.total_fen, kept.fund_fen, kept.cash_fen, kept.visits) == (300_000, 84_000, 216_000, 1)
        assert apply(hospital) != number

    def test_day_by_day_reconciled_is_enough(self, hospital):
        october_visit(new_person())
        october_visit(new_person(), "1000.00", day=6)
        reconcile(hospital, days=("2026-10-05", "2026-10-05"))

        with nothing_changes():
            sentence = hospital.refuse("3203", wish(med_sumfee="4000.00"))
        assert sentence == "202610尚有1天未对平（最早2026-10-06，险种310），请先对账再申请清算"

        reconcile(hospital, "1000.00", 0, 1, days=("2026-10-06", "2026-10-06"))
        assert apply(hospital, med_sumfee="4000.00", psntime=2)

    def test_for_a_month_that_differs_or_changed_since_is_refused(self, hospital):
        person = new_person()
        visit, bill = october_visit(person)
        assert reconcile(hospital, "2999.00") == "1"
        with nothing_changes():
            assert hospital.refuse("3203", wish()).startswith("202610尚有1天未对平")
        reconcile(hospital)
        house = in_october(20)
        house.expect("2208", house.reversal(person, visit, bill["setl_id"]))

        with nothing_changes():
            assert hospital.refuse("3203", wish()).startswith("202610尚有2天未对平")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"fund_appy_sum": "841.00"}, "清算申请的fund_appy_sum为841.00元，中心为840.00元"),
            ({"med_sumfee": None, "medfee_sumamt": "1"}, "清算申请的medfee_sumamt为1.00元，中心为3,000.00元"),
            ({"clr_type": "21"}, "202610没有清算类别21的结算"),
            ({"setlym": "209901"}, "结算年月(setlym)209901无效或尚未结束"),
            ({"setlym": "202613"}, "结算年月(setlym)202613无效或尚未结束"),
        ],
    )
    def test_for_what_does_not_stand_here_is_refused(self, hospital, changes, sentence):
        october_visit(new_person())
        reconcile(hospital)

        with nothing_changes():
            assert hospital.refuse("3203", wish(**changes)) == sentence

    def test_twice_is_refused(self, hospital):
        october_visit(new_person())
        reconcile(hospital)
        apply(hospital)

        with nothing_changes():
            assert hospital.refuse("3203", wish()) == "202610清算类别11已申请清算"

    def test_withdrawn_twice_or_by_another_is_refused(self, hospital, community_centre):
        october_visit(new_person())
        reconcile(hospital)
        number = apply(hospital)
        named = {"data": {"clr_appy_evt_id": number}}

        with nothing_changes():
            assert community_centre.refuse("3204", named) == f"清算申请事件ID(clr_appy_evt_id){number}不存在"
        hospital.expect("3204", named)
        with nothing_changes():
            assert hospital.refuse("3204", named) == f"清算申请{number}已办结（withdrawn），不能再办理"

    def test_is_decided_by_the_agency_of_the_region(self, hospital):
        october_visit(new_person())
        reconcile(hospital)
        number = int(apply(hospital))
        word = {"application_id": number, "by": "officer", "note": "", "at": datetime.now(BEIJING)}

        with pytest.raises(UnknownClearingError):
            decide_on_application(region="990000", is_accepted=True, **word)
        decide_on_application(region=REGION, is_accepted=True, **word)
        with pytest.raises(ApplicationEndedError):
            decide_on_application(region=REGION, is_accepted=True, **word)
        with nothing_changes():
            hospital.refuse("3204", {"data": {"clr_appy_evt_id": str(number)}})
        decide_on_application(region=REGION, is_accepted=False, **word)

        assert ClearingApplication.objects.get().state == "returned"


class TestClearedMonth:
    def cleared(self, hospital):
        """A settlement of October, whose month is applied for."""
        person = new_person()
        visit, bill = october_visit(person)
        reconcile(hospital)
        apply(hospital)
        return person, visit, bill

    def test_stays_as_it_is(self, hospital):
        person, visit, bill = self.cleared(hospital)
        undoing = {"data": {"psn_no": person.number, "omsgid": bill["medins_setl_id"], "oinfno": "2207"}}

        with nothing_changes():
            reversed_ = hospital.refuse("2208", hospital.reversal(person, visit, bill["setl_id"]))
            undone = hospital.refuse("2601", undoing)

        assert reversed_ == f"结算ID(setl_id){bill['setl_id']}属于202610，该月已申请清算，不能撤销"
        assert undone == reversed_

    def test_may_change_when_the_application_was_withdrawn(self, hospital):
        person, visit, bill = self.cleared(hospital)
        number = ClearingApplication.objects.get().pk
        hospital.expect("3204", {"data": {"clr_appy_evt_id": str(number)}})

        assert hospital.expect("2208", hospital.reversal(person, visit, bill["setl_id"]))

    def test_may_change_where_the_region_lets_it(self, hospital):
        person, visit, bill = self.cleared(hospital)
        RegionPractice.objects.create(region_id=REGION, closes_cleared_months=False, reason="测试")

        assert hospital.expect("2208", hospital.reversal(person, visit, bill["setl_id"]))

    def test_needs_no_reconciliation_where_the_region_does_not_ask_for_it(self, hospital):
        RegionPractice.objects.create(region_id=REGION, needs_reconciled_month=False, reason="测试")
        october_visit(new_person())

        assert apply(hospital)


class TestUndoingTheUnknown:
    def test_is_refused_where_the_region_wants_it_so_and_remembered_all_the_same(self, hospital):
        RegionPractice.objects.create(region_id=REGION, refuses_unknown_undo=True, reason="测试")
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        msgid = hospital.new_msgid()
        late = hospital.body("2207", hospital.bill(person, visit, "3000.00"), msgid=msgid)
        body = hospital.body("2601", {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}})

        first = hospital.post_bytes(body)

        sentence = f"原发送方报文ID(omsgid){msgid}对应的交易不存在，该报文ID已登记为冲正，迟到的原交易将被拒绝"
        assert sentence in first.decode()
        assert b'"infcode":-1' in first
        assert hospital.post_bytes(body) == first
        again = hospital.ask("2601", {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}})
        assert (again["infcode"], again["err_msg"]) == (-1, sentence)
        with nothing_changes():
            assert f"报文ID(msgid){msgid}已被冲正(2601)，不能再办理" in hospital.post_bytes(late).decode()

    def test_of_what_was_undone_is_a_success_again(self, hospital):
        RegionPractice.objects.create(region_id=REGION, refuses_unknown_undo=True, reason="测试")
        person = new_person()
        msgid = hospital.new_msgid()
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        hospital.expect("2207", hospital.bill(person, visit, "3000.00"), msgid=msgid)
        undoing = {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}}

        assert hospital.expect("2601", undoing) is None
        assert hospital.expect("2601", undoing) is None
