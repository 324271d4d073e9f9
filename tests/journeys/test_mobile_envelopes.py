"""The same order, spoken in the envelope of mobile payment; crashes between the steps; notices posted to institutions."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from yibao.core import sm2
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, add_key
from yibao.domains.messages.models import AccessPoint
from yibao.domains.mobile_orders.models import ChannelEntry, Notice, NoticeAddress, Order
from yibao.interfaces.gateway.notifying import tell_institutions
from yibao.workflows import pay_mobile_order

from .mobile_payer import MobilePayer, connect_test_channel, credential_of
from .sealed_client import SealedClient, SealedRefusedError
from .small_town import REGION, new_person

CODE = "H11010100001"
APP, SECRET = "T98HPCGN5ZVVQBS8", "NMVFVILMKT13GEMD3BKPKCTBOQBPZR2P"
PATHS = {
    "6101": "/localcfc/api/hsecfc/localQrCodeQuery", "6201": "/org/local/api/hos/uldFeeInfo",
    "6202": "/org/local/api/hos/pay_order", "6203": "/org/local/api/hos/refund_Order",
    "6301": "/org/local/api/hos/query_order_info", "6401": "/org/local/api/hos/revoke_order",
}  # fmt: skip
pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def sealed():
    connect_test_channel()
    theirs, ours = sm2.new_private_key(), sm2.new_private_key()
    point = AccessPoint.objects.create(name="移动支付中心", path_prefix="/mbs", region_id=REGION, scheme="envelope")
    material = Material(SECRET, public_key=sm2.public_key_of(theirs), private_key=ours)
    add_key(KeyRow(point.pk, Institution.objects.get(code=CODE).pk, APP, material))
    return SealedClient("/mbs", APP, SECRET, theirs, sm2.public_key_of(ours))


def scan(sealed, person):
    told = sealed.call(
        PATHS["6101"],
        {
            "qrCode": credential_of(person), "orgId": CODE, "businessType": "01101", "operatorId": "1",
            "operatorName": "员", "officeId": "A01", "officeName": "内科",
        },
    )  # fmt: skip
    assert (told["userName"], told["insuOrg"]) == (person.name, "110101")
    return told["ecToken"]


def test_an_order_from_upload_to_refund(sealed):
    person, payer = new_person(balance_fen=20_000), MobilePayer()
    token = scan(sealed, person)
    sent = payer.upload(person, total="3000.00", account="1", ecToken=token)["data"]
    placed = {**sealed.call(PATHS["6201"], sent), "sent": sent, "person": person}
    placed["further"] = json.loads(placed["extData"])
    body = sealed.body(payer.payment(placed, code=token)["data"])
    first = sealed.send(PATHS["6202"], body)
    assert sealed.send(PATHS["6202"], body) == first
    paid = sealed.opened(first)
    assert (paid["ordStas"], float(paid["psnAcctPay"])) == ("6", 200.0)
    assert ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).count() == 1
    assert sealed.call(PATHS["6301"], payer.identity(placed)["data"])["ordStas"] == "6"
    with pytest.raises(SealedRefusedError, match="6"):
        sealed.call(PATHS["6401"], payer.identity(placed)["data"])
    refund = payer.refund_input(placed, paid)["data"]
    assert sealed.call(PATHS["6203"], refund)["refStatus"] == "SUCC"
    assert Order.objects.get(number=placed["payOrdId"]).state == "refunded"


class TestCrashes:
    """The process dies between the steps; the repeat of the message finds what stands and goes on."""

    @pytest.fixture
    def payer(self):
        connect_test_channel()
        return MobilePayer()

    def test_after_the_settlement_before_the_channel(self, payer, monkeypatch):
        person = new_person()
        placed = payer.place(person)
        body = payer.hospital.body("6202", payer.payment(placed))

        def die(*_args, **_named):
            raise MemoryError

        with monkeypatch.context() as patch:
            patch.setattr(pay_mobile_order, "ask_channel", die)
            assert json.loads(payer.hospital.post_bytes(body))["infcode"] == -1
        assert Order.objects.get(number=placed["payOrdId"]).state == "settling"
        assert not ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).exists()
        assert json.loads(payer.hospital.post_bytes(body))["output"]["data"]["ordStas"] == "6"
        assert ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).count() == 1

    def test_after_the_channel_before_its_word_is_kept(self, payer, monkeypatch):
        person = new_person()
        placed = payer.place(person)
        body = payer.hospital.body("6202", payer.payment(placed))
        asked = pay_mobile_order.ask_channel

        def pay_and_die(*args, **named):
            asked(*args, **named)
            raise MemoryError

        with monkeypatch.context() as patch:
            patch.setattr(pay_mobile_order, "ask_channel", pay_and_die)
            assert json.loads(payer.hospital.post_bytes(body))["infcode"] == -1
        assert ChannelEntry.objects.get(number__startswith=placed["payOrdId"]).state == "done"
        assert Order.objects.get(number=placed["payOrdId"]).state == "settling"
        assert json.loads(payer.hospital.post_bytes(body))["output"]["data"]["ordStas"] == "6"
        assert ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).count() == 1


class TestNotices:
    def test_they_are_posted_until_they_are_heard(self):
        connect_test_channel()
        payer, posted = MobilePayer(), []
        placed = payer.place(new_person())
        paid = payer.pay(placed)
        now = datetime.now(UTC)
        NoticeAddress.objects.create(institution=Institution.objects.get(code=CODE), url="https://his.example/6302")

        def deaf(url, body):
            posted.append((url, json.loads(body)))
            raise TimeoutError("timed out")

        assert tell_institutions(at=now, post=deaf) == 0
        assert tell_institutions(at=now, post=deaf) == 0
        notice = Notice.objects.get(order__number=placed["payOrdId"])
        assert (notice.tries, notice.last_failure, len(posted)) == (1, "timed out", 1)
        later = now + timedelta(seconds=20)
        assert tell_institutions(at=later, post=lambda _url, _body: b'{"success": false, "message": "later"}') == 0
        much_later = now + timedelta(hours=1)
        assert tell_institutions(at=much_later, post=lambda _url, _body: b'{"success": true}') == 1
        assert tell_institutions(at=much_later + timedelta(days=1), post=deaf) == 0
        url, told = posted[0]
        assert (url, told["infno"], told["fixmedins_code"]) == ("https://his.example/6302", "6302", CODE)
        data = told["input"]["data"]
        assert (data["payOrdId"], data["ordStas"], data["success"]) == (placed["payOrdId"], "6", True)
        assert float(data["feeSumamt"]) == float(paid["feeSumamt"])
