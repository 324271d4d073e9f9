"""Fees of institutions that are not public follow their service agreement (非公立医疗机构按服务协议管理)."""

import csv
import io
from datetime import date, datetime

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic
from django.utils import timezone

from yibao.domains.agreements.agreed_prices import AgreedPriceKnownError, PriceWish, PublicHousePriceError
from yibao.domains.agreements.models import AgreedPrice, Agreement
from yibao.domains.institutions.models import Institution
from yibao.workflows import keep_agreement as keeping

from .agreement_houses import House
from .hospital import BEIJING
from .office_records import sign_in
from .records import nothing_changes
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town")
CODE = "H11010100001"
AT = datetime(2026, 11, 1, 9, tzinfo=BEIJING)
STORE = ("message_store_message", "message_store_messagenumber")


@pytest.fixture
def house(standing_town):
    Institution.objects.filter(code=CODE).update(is_public=False)
    house = House(REGION, code=CODE)
    house.agreement = house.designated(at=AT)
    return house


def agree(house, price, *, item="XA01", day=date(2026, 11, 1)):
    price_e6 = None if price is None else price * 1_000_000
    wish = PriceWish(item_code=item, price_e6=price_e6, valid_from=day, document="价格附件1号")
    return keeping.agree_on_price(house.agreement.case_id, wish, house.decide(AT))


def charged(hospital, price, *, at="2026-11-10 09:30:00"):
    """A new visit and the upload of one line at this price."""
    person = new_person()
    visit = hospital.register(person, at="2026-11-10 09:00:00")
    return {"feedetail": [hospital.line(person, visit, price=price, at=at)]}


@pytest.mark.requirement("AGR-13")
def test_a_line_above_the_agreed_price_is_refused(hospital, house):
    hospital.expect("2204", charged(hospital, "120.00"))  # nothing is agreed on yet
    agree(house, 100)
    above = charged(hospital, "100.01")
    with nothing_changes(but=STORE):
        sentence = hospital.refuse("2204", above)
    assert f"超过服务协议{house.agreement.number}约定的价格：项目XA01不高于100.00元" in sentence
    hospital.expect("2204", charged(hospital, "100.00"))
    agree(house, None, day=date(2026, 11, 5))
    hospital.expect("2204", charged(hospital, "100.01"))


@pytest.mark.requirement("AGR-13")
def test_the_price_of_the_line_s_day_counts_and_ends_with_the_agreement(hospital, house):
    agree(house, 100)
    agree(house, 50, day=date(2026, 11, 11))
    hospital.expect("2204", charged(hospital, "100.00"))
    later = charged(hospital, "100.00", at="2026-11-11 09:30:00")
    with nothing_changes(but=STORE):
        assert "不高于50.00元" in hospital.refuse("2204", later)
    Agreement.objects.filter(pk=house.agreement.pk).update(ended_on=date(2026, 11, 9))
    hospital.expect("2204", charged(hospital, "100.01"))


@pytest.mark.requirement("AGR-13")
def test_prices_of_public_institutions_are_not_agreed_on(hospital, house):
    agree(house, 100)
    for said in (True, None):
        Institution.objects.filter(code=CODE).update(is_public=said)
        with nothing_changes(), pytest.raises(PublicHousePriceError), atomic():
            agree(house, 90, day=date(2026, 11, 2))
        hospital.expect("2204", charged(hospital, "100.01"))
    with pytest.raises(IntegrityError, match="not public"), atomic():
        AgreedPrice.objects.create(
            agreement=house.agreement, item_id=AgreedPrice.objects.get().item_id, price_e6=1, document="x",
            valid_from=date(2026, 11, 3), entered_by=house.officers[0], entered_at=AT,
        )  # fmt: skip
    Institution.objects.filter(code=CODE).update(is_public=False)
    for day in (date(2026, 11, 1), date(2024, 12, 31), date(2030, 1, 1)):
        with nothing_changes(), pytest.raises(AgreedPriceKnownError), atomic():
            agree(house, 90, day=day)
    with pytest.raises(keeping.PublicHospitalStaysError), atomic():
        Institution.objects.filter(code=CODE).update(is_public=True)
        keeping.leave(house.agreement.case_id, on=date(2027, 6, 1), is_public=False, act=house.decide(AT))


@pytest.mark.requirement("AGR-13")
def test_an_officer_enters_prices_and_both_read_them(client, house):
    page = f"/agreements/{house.agreement.case_id}"
    said = {
        "item_code": "XA01",
        "price": "88.50",
        "valid_from": f"{timezone.localdate():%Y-%m-%d}",
        "document": "附件1",
    }
    sign_in(client, house.clerk.user.username)
    with nothing_changes(but=("staff_personalrecordread",)):
        assert client.post(f"{page}/price", said).status_code == 409
    sign_in(client, house.officers[0].user.username)
    with nothing_changes(but=("staff_personalrecordread",)):
        assert client.post(f"{page}/price", said | {"price": "0"}).status_code == 400
        assert client.post(f"{page}/price", said | {"item_code": "none"}).status_code == 409
    assert client.post(f"{page}/price", said).status_code == 302
    sign_in(client, house.clerk.user.username)
    assert "88.50" in client.get(page).content.decode()
    rows = list(csv.reader(io.StringIO(client.get(f"{page}/prices.csv").content.decode("utf-8-sig"))))
    assert rows[1][1:4] == ["XA01", AgreedPrice.objects.get().item.name, "88.50"]
    assert client.get(f"{page}/prices.xlsx").status_code == 200
