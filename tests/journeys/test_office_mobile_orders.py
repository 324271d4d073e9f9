"""Mobile payment orders in the office: who sees what, masked, noted, taken out; the bill; channels against orders by the day."""

import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from yibao.domains.mobile_orders.models import ChannelEntry, ElectronicBill, Order
from yibao.domains.staff.models import PersonalRecordRead

from .hospital import Hospital
from .mobile_payer import MobilePayer, connect_test_channel, strike
from .office_records import HERE, THERE, found_staff, sign_in
from .small_town import new_person


@pytest.fixture
def played(town):
    """An order paid and given back, one that waits, one at another institution."""
    found_staff()
    connect_test_channel()
    here, there = MobilePayer(Hospital(code=HERE)), MobilePayer(Hospital(code=THERE))
    person = new_person(balance_fen=20_000)
    paid = here.place(person, total="3000.00", account="1", extData={"deliveryFee": "8.00"})
    result = here.pay(paid)
    strike("lost_after")
    waiting = here.place(new_person())
    here.pay(waiting)
    other = there.place(new_person())
    there.pay(other)
    return {"here": here, "person": person, "paid": paid, "result": result, "waiting": waiting, "other": other}


def order_of(placed):
    return Order.objects.get(number=placed["payOrdId"])


def cells(answer):
    return [[str(cell["text"]) for cell in row] for row in answer.context["rows"]]


class TestAccess:
    def test_who_sees_which(self, client, played):
        page = f"/orders/{order_of(played['paid']).pk}"
        for role, status, count in (
            ("agency", 200, 3), ("auditor", 200, 3), ("institution", 200, 2), ("elsewhere", 404, 0),
        ):  # fmt: skip
            sign_in(client, role)
            assert (client.get(page).status_code, len(client.get("/orders").context["rows"])) == (status, count)
        for role in ("system", "nobody"):
            sign_in(client, role)
            assert {client.get(each).status_code for each in (page, "/orders", "/orders/channels")} == {403}

    def test_an_institution_sees_its_own_alone_and_names_are_masked(self, client, played):
        sign_in(client, "institution")
        assert client.get(f"/orders/{order_of(played['other']).pk}").status_code == 404
        shown = client.get(f"/orders/{order_of(played['paid']).pk}").content.decode()
        assert played["person"].document_number not in shown
        assert f">{played['person'].name}<" not in shown

    def test_each_look_is_noted(self, client, played):
        sign_in(client, "agency")
        client.get(f"/orders/{order_of(played['paid']).pk}")
        noted = PersonalRecordRead.objects.get(person=played["person"])
        assert noted.purpose == "mobile_order"


class TestOrder:
    def test_it_tells_everything(self, client, played):
        sign_in(client, "agency")
        order = order_of(played["paid"])
        shown = client.get(f"/orders/{order.pk}").content.decode()
        for text in (
            "3,008.00",
            "8.00",
            "医保基金",
            "已全部支付",
            f"/settlements/{order.settlement_id}",
            "6302",
            "200.00",
        ):
            assert text in shown, text
        english = client.get(f"/orders/{order.pk}", headers={"accept-language": "en"}).content.decode()
        assert "paid in full" in english

    def test_the_channel_is_asked_again(self, client, played):
        order = order_of(played["waiting"])
        sign_in(client, "auditor")
        assert client.post(f"/orders/{order.pk}/ask").status_code == 403
        sign_in(client, "institution")
        assert client.post(f"/orders/{order.pk}/ask").status_code == 302
        assert order_of(played["waiting"]).state == "paid"

    def test_the_bill_in_three_forms(self, client, played):
        sign_in(client, "agency")
        order = order_of(played["paid"])
        bill = ElectronicBill.objects.get(order=order)
        address = f"/orders/{order.pk}/bills/{bill.pk}"
        assert client.get(f"{address}.pdf").content.startswith(b"%PDF-")
        told = json.loads(client.get(f"{address}.json").content)
        assert (told["total"], told["totalInWords"], told["delivery"]) == ("3008.00", "叁仟零捌元整", "8.00")
        parts = [round(float(part) * 100) for part in (*told["paidBy"].values(), told["delivery"])]
        assert sum(parts) == 300_800
        assert sum(round(float(line["amount"]) * 100) for line in told["lines"]) == 300_000
        root = ET.fromstring(client.get(f"{address}.xml").content)
        assert (root.findtext("number"), root.findtext("checkCode")) == (bill.number, bill.check_code)
        assert client.get(f"/orders/{order.pk}/bills/{bill.pk + 99}.pdf").status_code == 404
        assert client.get(f"{address}.html").status_code == 404

    def test_search_and_export(self, client, played):
        sign_in(client, "agency")
        found = cells(client.get("/orders", {"state": "paid", "institution": HERE}))
        assert [row[0] for row in found] == [played["paid"]["payOrdId"]]
        assert client.get("/orders", {"first": "never"}).status_code == 400
        book = load_workbook(io.BytesIO(client.get("/orders.xlsx", {"state": "paid"}).content))
        rows = list(book.active.iter_rows(values_only=True))
        assert float(rows[-1][5]) == 3008.00
        assert played["person"].name not in str(rows)
        assert "utf-8" in client.get("/orders.csv")["Content-Type"]


class TestChannelDay:
    def test_differences_are_listed_with_what_mends_them(self, client, played):
        sign_in(client, "agency")
        today = f"{timezone.localdate():%Y-%m-%d}"
        ChannelEntry.objects.create(
            kind="payment", number="STRANGE", channel_number="T-1", amount_fen=100, state="done",
            taken_at=datetime.now(UTC), done_at=datetime.now(UTC),
        )  # fmt: skip
        own = ChannelEntry.objects.filter(number__startswith=played["other"]["payOrdId"])
        own.update(amount_fen=1)
        gone = played["here"].place(new_person())
        played["here"].pay(gone)
        ChannelEntry.objects.filter(number__startswith=gone["payOrdId"]).delete()

        answer = client.get("/orders/channels", {"day": today})

        causes = {row["difference"].cause.value for row in answer.context["rows"]}
        assert causes == {"undecided", "unknown_here", "amount", "only_here"}
        exported = client.get("/orders/channels.csv", {"day": today}).content.decode("utf-8-sig")
        assert len(exported.strip().splitlines()) == 5
        sign_in(client, "institution")
        found = client.get("/orders/channels", {"day": today}).context["rows"]
        assert {row["difference"].cause.value for row in found} == {"undecided", "only_here"}

    def test_a_day_on_which_both_agree(self, client, played):
        sign_in(client, "agency")
        played["here"].look(played["waiting"])
        answer = client.get("/orders/channels")
        compared = answer.context["compared"]
        assert (compared.channel_count, compared.differences) == (3, [])
        assert compared.channel_fen == compared.own_fen > 0
        assert client.get("/orders/channels", {"day": "never"}).status_code == 400


class TestNotices:
    def test_they_are_listed_and_fetched(self, client, played):
        sign_in(client, "institution")
        shown = client.get("/orders/notices", {"delivery": "waiting"})
        assert [row[0] for row in cells(shown)] == [played["paid"]["payOrdId"]]
        assert not cells(client.get("/orders/notices", {"delivery": "heard"}))
        book = load_workbook(io.BytesIO(client.get("/orders/notices.xlsx").content))
        told = json.loads(list(book.active.iter_rows(values_only=True))[1][-1])
        assert (told["ordStas"], told["feeSumamt"], told["success"]) == ("6", 300_800, True)
        sign_in(client, "agency")
        assert len(cells(client.get("/orders/notices"))) == 2
        sign_in(client, "system")
        assert client.get("/orders/notices").status_code == 403
