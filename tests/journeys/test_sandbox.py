"""A vendor at the sandbox: every message is seen, faults strike as ordered, and nothing is ever done twice."""

import json

import pytest
from django.db import IntegrityError, transaction

from yibao.domains.sandbox.models import Fault
from yibao.domains.sandbox.operations import (
    FaultTermsError,
    HoldsPeopleError,
    NotASandboxError,
    end_fault,
    mark_sandbox,
)
from yibao.domains.settlement.models import Settlement
from yibao.interfaces.console import faulty

from .hospital import BEIJING, datetime, post
from .records import nothing_changes
from .sandbox_town import answer_of, open_sandbox, order, vendor, written
from .small_town import new_person


@pytest.fixture
def sandbox(standing_town, settings):
    with open_sandbox(settings) as application:
        yield application


@pytest.fixture
def hospital(sandbox):
    return vendor(sandbox)


def identity(person):
    """The input of 1101."""
    return {
        "data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "begntime": "", "psn_cert_type": "01",
            "certno": person.document_number, "psn_name": "",
        }
    }  # fmt: skip


class TestMessages:
    def test_each_is_written_down_also_reads_and_refusals(self, sandbox, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.refuse("2204", {"feedetail": [{**hospital.line(person, visit), "cnt": "many", "pric": None}]})
        hospital.expect("1101", identity(person))
        post("/CSB", b"{}", application=sandbox)

        made, refused, read, kept_out = written()

        assert [row.infno for row in (made, refused, read)] == ["2201", "2204", "1101"]
        assert [row.result for row in (made, refused, read, kept_out)] == [
            "accepted",
            "refused",
            "accepted",
            "kept_out",
        ]
        assert [(fault["path"], fault["reason"]) for fault in refused.faults] == [
            ("feedetail[0].cnt", "not_a_number"),
            ("feedetail[0].pric", "missing"),
        ]
        assert bytes(made.body) == hospital.sent[0]
        assert answer_of(made)["output"]["data"]["mdtrt_id"] == visit
        assert {"signature", "codec", "work", "database"} <= set(made.stages)
        assert 0 < made.stages["database"] < made.total_us
        assert (kept_out.error_code, kept_out.institution_code) == ("gateway.scheme.missing_header", "")

    def test_the_ring_keeps_the_latest_of_each_access_point(self, hospital, settings):
        settings.SANDBOX_MESSAGES = 3
        for _ in range(5):
            hospital.ask("1101", {})

        rows = written()

        assert [row.msgid for row in rows] == [json.loads(body)["msgid"] for body in hospital.sent[2:]]

    def test_what_cannot_be_read_is_written_down_as_it_came(self, sandbox, hospital):
        for body in (b"\xff\x00", b"[1,2", b'{"infno":{"a":1},"msgid":true}', b"[" * 100_000):
            post("/fsi/2207", body, application=sandbox)

        rows = written()

        assert [row.result for row in rows] == ["refused"] * 4
        assert [row.infno for row in rows] == ["2207"] * 4
        assert bytes(rows[0].body) == b"\xff\x00"


class TestFaults:
    def settle(self, hospital):
        """A settlement's message, ready to be sent, and its person."""
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        return person, hospital.body("2207", hospital.bill(person, visit, "1000.00"))

    def lose(self, hospital, body):
        assert hospital.post_bytes(body) == b"{"  # and the connection ends there

    def test_a_lost_answer_is_repeated_byte_for_byte(self, hospital):
        _, body = self.settle(hospital)
        order("lost_after", infno="2207")

        self.lose(hospital, body)
        assert Settlement.objects.count() == 1
        again = hospital.post_bytes(body)

        lost, repeated = written()[-2:]
        assert (lost.result, lost.fault_kind, repeated.result) == ("lost", "lost_after", "accepted")
        assert bytes(lost.answer) == bytes(repeated.answer) == again
        assert Settlement.objects.count() == 1

    def test_what_is_lost_before_it_is_carried_out_changes_nothing(self, hospital):
        _, body = self.settle(hospital)
        order("lost_before", infno="2207")

        with nothing_changes(but=("sandbox_fault",)):
            self.lose(hospital, body)
        assert json.loads(hospital.post_bytes(body))["infcode"] == 0
        assert Settlement.objects.count() == 1

    @pytest.mark.parametrize(("kind", "settled"), [("error_500", 0), ("error_500_after", 1)])
    def test_a_500_before_or_after(self, sandbox, hospital, kind, settled):
        _, body = self.settle(hospital)
        order(kind, infno="2207")

        status, answer = post("/fsi", body, application=sandbox)

        assert (status, answer, Settlement.objects.count()) == ("500 Internal Server Error", b"", settled)
        assert json.loads(hospital.post_bytes(body))["infcode"] == 0
        assert Settlement.objects.count() == 1

    def test_busy_and_a_wrong_signature_change_nothing(self, hospital):
        _, body = self.settle(hospital)
        order("busy", infno="2207")
        order("signature", infno="2207")

        with nothing_changes(but=("sandbox_fault",)):
            busy = json.loads(hospital.post_bytes(body))
            mismatch = json.loads(hospital.post_bytes(body))

        assert busy["infcode"] == -1
        assert "平台繁忙" in busy["err_msg"]
        assert mismatch == {"code": 401, "message": "签名不一致!"}
        assert json.loads(hospital.post_bytes(body))["infcode"] == 0

    def test_a_damaged_answer_cannot_be_read_and_its_repeat_can(self, hospital):
        _, body = self.settle(hospital)
        order("damaged", infno="2207")

        damaged = hospital.post_bytes(body)
        whole = hospital.post_bytes(body)

        with pytest.raises(json.JSONDecodeError):
            json.loads(damaged)
        assert whole.startswith(damaged)

    def test_a_signed_answer_is_damaged_at_its_signature_only(self):
        signed = json.dumps({"infcode": 0, "output": {"a": 1.5}, "cainfo": "ABCD"}).encode()

        assert json.loads(faulty.damaged(signed)) == {"infcode": 0, "output": {"a": 1.5}, "cainfo": "BBCD"}

    def test_a_late_answer_is_carried_out_at_once(self, hospital, monkeypatch):
        _, body = self.settle(hospital)
        order("late", infno="2207", seconds=7)
        slept = []
        monkeypatch.setattr(faulty.time, "sleep", lambda seconds: slept.append((seconds, Settlement.objects.count())))

        assert json.loads(hospital.post_bytes(body))["infcode"] == 0
        assert slept == [(7, 1)]

    def test_they_strike_whom_they_are_for_and_as_often_as_ordered(self, sandbox, hospital):
        other = vendor(sandbox, code="H11010100002")
        order("busy", infno="9001", institution="H11010100001", times=2)
        sign_in = {"signIn": {"opter_no": "1", "mac": "m", "ip": "1"}}

        assert other.ask("9001", sign_in)["infcode"] == 0
        assert "err_msg" in hospital.ask("1101", {})
        struck = [hospital.ask("9001", sign_in)["infcode"] for _ in range(3)]

        assert struck == [-1, -1, 0]
        assert Fault.objects.get().remaining == 0

    def test_always_means_until_called_off(self, hospital):
        fault = order("busy", times=None)
        assert [hospital.ask("1101", {})["err_msg"][:4] for _ in range(3)] == ["平台繁忙"] * 3

        end_fault(fault_id=fault.pk, actor="test", at=datetime.now(BEIJING))

        assert "平台繁忙" not in hospital.ask("1101", {})["err_msg"]

    def test_terms_that_make_no_sense_are_refused(self, sandbox):
        for terms in ({"kind": "late"}, {"kind": "late", "seconds": 121}, {"kind": "busy", "seconds": 1}, {"kind": "no"},
                      {"kind": "busy", "times": 0}):  # fmt: skip
            with nothing_changes(), pytest.raises(FaultTermsError):
                order(**terms)

    def test_an_order_is_never_rewritten(self, sandbox):
        fault = order("busy")
        for change in ({"kind": "damaged"}, {"remaining": 5}, {"infno": "2207"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Fault.objects.filter(pk=fault.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            Fault.objects.filter(pk=fault.pk).delete()


class TestElsewhere:
    def test_no_fault_can_be_ordered_and_none_strikes(self, standing_town):
        with nothing_changes(), pytest.raises(NotASandboxError):
            order("busy")

    def test_a_database_without_the_mark_is_served_in_earnest(self, sandbox, hospital):
        order("busy", times=None)
        from yibao.domains.reference.models import Setting

        Setting.objects.filter(key="sandbox.database").delete()
        faulty.forget_mark()

        assert "平台繁忙" not in hospital.ask("1101", {})["err_msg"]
        assert written() == []

    def test_the_server_does_not_load_faults_without_the_setting(self):
        import subprocess
        import sys

        code = "import sys, yibao.interfaces.server.wsgi as w; print('faulty' in ' '.join(sys.modules), w.application.__qualname__)"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

        assert run.stdout.split() == ["False", "before_pages.<locals>.application"]

    def test_a_database_with_people_of_unknown_making_never_becomes_a_sandbox(self, standing_town):
        new_person()
        with nothing_changes(), pytest.raises(HoldsPeopleError):
            mark_sandbox(is_synthetic=False, actor="test")
