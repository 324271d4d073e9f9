"""Messages of the e-prescription centre and of mobile payment come in their own envelope and are answered exactly once in it."""

import json

import pytest

from yibao.core import sm2
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, add_key
from yibao.domains.messages.models import AccessPoint, Message, UsedNonce
from yibao.domains.reference.models import Setting
from yibao.domains.storage import ask
from yibao.interfaces.gateway import handlers  # noqa: F401  # registers them all, so that one can be replaced
from yibao.interfaces.gateway.context import HANDLERS
from yibao.workflows.exactly_once import Outcome, Step

from .hospital import Hospital, post
from .records import nothing_changes
from .sealed_client import SealedClient
from .small_town import REGION

CODE, OTHER = "H11010100001", "H11010100002"
APP, SECRET = "T98HPCGN5ZVVQBS8", "NMVFVILMKT13GEMD3BKPKCTBOQBPZR2P"
REFUND = {
    "payOrdId": "ORD1", "appRefdSn": "S1", "appRefdTime": "20261122093000", "totlRefdAmt": 12.50,
    "cashRefdAmt": 12.50, "refdType": "CASH",
}  # fmt: skip
PATH = "/org/local/api/hos/refund_Order"

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def keys():
    """An access point of this envelope, where two hospitals hold the same key; the client's half and the platform's."""
    theirs, ours = sm2.new_private_key(), sm2.new_private_key()
    point = AccessPoint.objects.create(name="处方中心", path_prefix="/epc", region_id=REGION, scheme="envelope")
    material = Material(SECRET, public_key=sm2.public_key_of(theirs), private_key=ours)
    add_key(KeyRow(point.pk, Institution.objects.get(code=CODE).pk, APP, material))
    return point, theirs, ours, material


@pytest.fixture(params=[True, False], ids=["ciphered", "plain"])
def client(request, keys):
    _, theirs, ours, _ = keys
    return SealedClient("/epc", APP, SECRET, theirs, sm2.public_key_of(ours), ciphers=request.param)


@pytest.fixture
def _refunds(monkeypatch):
    """A handler for 6203 that counts how often it was carried out, in a row that commits with the message."""

    def handler(context, data):
        sent = data["data"]

        def act(raw, _person, _asked):
            counted = ask(
                raw,
                "INSERT INTO reference_setting (key, value, reason, trust) VALUES ('test.count', '1', 'r', 't')"
                " ON CONFLICT (key) DO UPDATE SET value = to_jsonb(reference_setting.value::int + 1) RETURNING value",
            )
            return Outcome((sent["totlRefdAmt"], counted.fetchone()[0]))

        def output(made):
            return {"data": {"refStatus": "SUCC", "extData": f"{made[0]} {made[1]} {context.institution.code}"}}

        return context.change(None, Step(lambda _raw: None, act), output)

    monkeypatch.setitem(HANDLERS, "6203", handler)


def carried_out():
    return Setting.objects.filter(key="test.count").values_list("value", flat=True).first() or 0


@pytest.mark.usefixtures("_refunds")
class TestAnswering:
    def test_the_answer_is_sealed_under_the_senders_key(self, client):
        answer = client.call(PATH, REFUND)
        assert answer == {"refStatus": "SUCC", "extData": f"1250 1 {CODE}"}

    def test_the_number_instead_of_the_service_and_the_object_under_data(self, client):
        assert client.call("/6203", {"data": REFUND})["refStatus"] == "SUCC"

    def test_the_same_bytes_again_get_the_same_bytes(self, client):
        body = client.body(REFUND)
        first, second = client.send(PATH, body), client.send(PATH, body)
        assert (first == second, carried_out()) == (True, 1)

    def test_the_same_object_signed_anew_is_the_same_message(self, client):
        first = client.send(PATH, client.body(REFUND, at_ms=client._latest_ms or None))
        again = client.send(PATH, client.body(REFUND, at_ms=client._latest_ms))
        assert (first == again, carried_out()) == (True, 1)

    def test_another_moment_is_another_message(self, client):
        client.call(PATH, REFUND)
        client.call(PATH, REFUND)
        assert carried_out() == 2

    def test_the_message_and_the_use_of_its_signature_are_kept(self, client):
        nonces = UsedNonce.objects.count()
        client.call(PATH, REFUND)
        kept = Message.objects.get(infno="6203")
        assert (kept.institution.code, bytes(kept.body), len(kept.msgid)) == (CODE, client.sent[0], 30)
        assert UsedNonce.objects.count() == nonces + 1

    def test_several_holders_of_a_key_say_who_they_are(self, client, keys):
        point, _, _, material = keys
        add_key(KeyRow(point.pk, Institution.objects.get(code=OTHER).pk, APP, material))
        with nothing_changes():
            assert client.ask(PATH, REFUND)["success"] is False
        assert client.call(PATH, {**REFUND, "orgCodg": OTHER})["extData"] == f"1250 1 {OTHER}"


@pytest.mark.usefixtures("_refunds")
class TestRefusals:
    def test_a_refusal_has_the_shape_of_the_centre_and_changes_nothing(self, client):
        with nothing_changes():
            answer = client.ask(PATH, {**REFUND, "totlRefdAmt": "much", "refdType": None})
        assert (answer["code"], answer["success"], set(answer)) == (500159, False, {"code", "success", "message"})
        assert "totlRefdAmt" in answer["message"]
        assert "refdType" in answer["message"]

    @pytest.mark.parametrize("path", ["/1101", "/2207", "/org/local/api/hos/nothing", ""])
    def test_other_transactions_are_not_spoken_here(self, client, path):
        with nothing_changes():
            answer = client.ask(path, REFUND)
        assert (answer["code"], answer["success"]) == (500159, False)

    def test_a_callback_is_not_offered(self, client):
        with nothing_changes():
            answer = client.ask("/6302", {"payOrdId": "1"})
        assert "6302" in answer["message"]

    def test_another_key_is_not_let_in(self, client):
        client.private_key = sm2.new_private_key()
        with nothing_changes():
            answer = client.ask(PATH, REFUND)
        assert (answer["code"], answer["success"], carried_out()) == (401, False, 0)

    def test_a_hospital_that_does_not_hold_the_key(self, client):
        with nothing_changes():
            assert client.ask(PATH, {**REFUND, "orgCodg": OTHER})["success"] is False

    def test_a_change_of_what_was_signed(self, client):
        client.ciphers = False
        body = client.body(REFUND).replace(b"12.5", b"99.5")
        with nothing_changes():
            assert json.loads(client.send(PATH, body))["code"] == 401

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{", b'{"appId":' * 3, b"[" * 100_000, b'{"appId":{"a":1}}', b"\xff"]
    )
    def test_what_is_no_envelope(self, keys, body):
        with nothing_changes():
            status, answer = post("/epc/6203", body)
        assert (status, json.loads(answer)["success"]) == ("200 OK", False)

    @pytest.mark.parametrize("part", ['"\\ud800"', "[" * 300 + "]" * 300, "[" * 900 + "]" * 900])
    def test_half_characters_and_endless_nesting_are_no_accident(self, client, part):
        client.ciphers = False
        body = client.body(REFUND).replace(b'"S1"', part.encode())
        with nothing_changes():
            answer = json.loads(client.send(PATH, body))
        assert (answer["success"], answer["code"]) == (False, 401)


def test_the_institution_interface_does_not_speak_this_envelope(keys):
    _, theirs, ours, _ = keys
    client = SealedClient("/fsi", APP, SECRET, theirs, sm2.public_key_of(ours))
    status, answer = post("/fsi", client.body(REFUND))
    assert (status, json.loads(answer)["infcode"]) == ("200 OK", -1)


def test_a_plain_message_is_not_let_in_here(keys):
    hospital = Hospital(path="/epc")
    with nothing_changes():
        assert json.loads(hospital.post_bytes(hospital.body("1101", {})))["code"] == 401
