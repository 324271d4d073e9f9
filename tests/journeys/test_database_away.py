"""The database goes away under the gateway: a dead connection is replaced, and without one the answer says how to go on."""

import json

import psycopg
import pytest
from django.db import OperationalError, connection

from yibao.domains.settlement.models import Settlement
from yibao.interfaces.gateway import directory
from yibao.workflows import exactly_once, perform_together

from .hospital import accepted, post, refused
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("shared_town")


def cut_off():
    """End this thread's connection from outside, as a crash of the database does."""
    connection.ensure_connection()
    parts = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: parts[name] for name in names if parts.get(name)}, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.connection.info.backend_pid])


@pytest.fixture
def _away(monkeypatch):
    """Nothing can be read or written."""

    def fail(*_arguments, **_options):
        raise OperationalError("connection refused")

    monkeypatch.setattr(directory, "open_access_points", fail)
    monkeypatch.setattr(exactly_once.storage, "driver", fail)


class TestADeadConnection:
    @pytest.mark.parametrize("remembered", [True, False])
    def test_is_replaced_and_the_message_carried_out(self, hospital, remembered):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        if not remembered:
            directory.forget()
        cut_off()

        info = hospital.settle(person, visit)

        assert Settlement.objects.filter(pk=info["setl_id"]).exists()

    def test_that_dies_after_the_commit_and_before_the_answer_gives_the_kept_answer(self, hospital, monkeypatch):
        person = new_person(balance_fen=50_000)
        visit = hospital.register(person)
        hospital.charge(person, visit, "3000.00")
        body = hospital.body("2207", hospital.bill(person, visit, "3000.00", account="1"))
        carry, lost = perform_together._carry, []

        def carry_and_lose_the_first_answer(group):
            carry(group)
            if not lost:
                lost.append(group[0].answer)
                raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(perform_together, "_carry", carry_and_lose_the_first_answer)

        answer = hospital.post_bytes(body)

        assert [answer] == lost
        assert Settlement.objects.filter(person=person).count() == 1
        person.account.refresh_from_db()
        assert person.account.balance_fen == 0


@pytest.mark.usefixtures("_away")
class TestNoDatabase:
    def test_a_message_learns_that_its_outcome_is_unknown(self, hospital):
        directory._latest[0] = REMEMBERED[0]

        msgid = hospital.new_msgid()
        answer = hospital.post_bytes(hospital.body("9001", {"signIn": {"opter_no": "1", "ip": "1"}}, msgid=msgid))

        assert refused(answer) == f"平台繁忙，本次交易结果未知，请以原报文重发或用2601冲正（msgid：{msgid}）"

    def test_nor_memory_the_gateway_says_so_in_its_own_shape(self, hospital):
        directory._latest[0] = directory._Memory()

        status, answer = post("/fsi", hospital.body("9001", {"signIn": {"opter_no": "1", "ip": "1"}}))

        assert status == "200 OK"
        assert json.loads(answer) == {
            "code": 503,
            "message": "平台繁忙，本次交易结果未知，请以原报文重发或用2601冲正（msgid：-）",
        }


REMEMBERED = []


@pytest.fixture(autouse=True)
def _remember(shared_town):
    """What the directory read while the database was there, as it would be after its few seconds."""
    directory.access_point_for("/fsi")
    directory.forget()
    REMEMBERED[:] = [directory._latest[0]]


def test_the_same_message_succeeds_when_the_database_is_back(hospital):
    body = hospital.body("9001", {"signIn": {"opter_no": "1", "ip": "1"}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exactly_once.storage, "driver", lambda: (_ for _ in ()).throw(OperationalError("away")))
        refused(hospital.post_bytes(body))

    assert accepted("9001", hospital.post_bytes(body))["signinoutb"]["sign_no"]
