"""Messages are kept by month: a number is used once over all months, and old months are moved into files."""

import itertools
import json
from datetime import date, datetime

import pyarrow.parquet as pq
import pytest
from django.db import connection

from yibao.domains.messages.models import Message, MessageNumber, RecordRead
from yibao.domains.messages.months import kept_months, make_months
from yibao.interfaces.gateway import wsgi
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.workflows.archive_messages import ArchiveExistsError, MonthTooYoungError, archive_messages

from .hospital import accepted, refused
from .records import check_deferred_rules, nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")

LAST_OF_NOVEMBER = datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=BEIJING)
FIRST_OF_DECEMBER = datetime(2026, 12, 1, tzinfo=BEIJING)
SIGN_IN = {"signIn": {"opter_no": "op1", "ip": "10.0.0.1"}}


@pytest.fixture
def clock(monkeypatch):
    """The gateway's clock, stopped at the end of November 2026."""

    class Clock:
        moment = LAST_OF_NOVEMBER

        def now(self, _zone):
            return self.moment

    clock = Clock()
    monkeypatch.setattr(wsgi, "datetime", clock)
    return clock


@pytest.fixture
def months():
    """The tables of November 2026 to February 2027."""
    return make_months(at=LAST_OF_NOVEMBER)


def tables_of(model):
    """In which table each row stands, by id."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {model._meta.db_table} ORDER BY id")
        return [table for (table,) in cursor.fetchall()]


def query_person(hospital, person):
    """1101 by the voucher, which is logged as a reading."""
    node = {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "card_sn": "", "begntime": "",
        "psn_cert_type": "01", "certno": person.document_number, "psn_name": person.name,
    }  # fmt: skip
    return accepted("1101", hospital.post_bytes(hospital.body("1101", {"data": node})))


class TestMonths:
    def test_are_made_ahead_and_once(self, months):
        wanted = ["202611", "202612", "202701", "202702"]
        assert months == [f"message_store_{what}_{month}" for what in ("message", "recordread") for month in wanted]
        assert make_months(at=LAST_OF_NOVEMBER) == []
        assert [(month.month, month.stands) for month in kept_months()][::2] == [
            ("2026-11", True), ("2026-12", True), ("2027-01", True), ("2027-02", True),
        ]  # fmt: skip

    def test_begin_at_midnight_in_beijing(self, hospital, months, clock):
        person = new_person()
        for clock.moment in (LAST_OF_NOVEMBER, FIRST_OF_DECEMBER):
            accepted("9001", hospital.post_bytes(hospital.body("9001", SIGN_IN)))
            query_person(hospital, person)

        assert tables_of(Message) == ["message_store_message_202611", "message_store_message_202612"]
        assert tables_of(RecordRead) == ["message_store_recordread_202611", "message_store_recordread_202612"]

    def test_that_were_not_made_take_messages_all_the_same(self, hospital, clock):
        body = hospital.body("9001", SIGN_IN)
        answer = hospital.post_bytes(body)
        query_person(hospital, new_person())
        assert (tables_of(Message), tables_of(RecordRead)) == (
            ["message_store_message_others"], ["message_store_recordread_others"],
        )  # fmt: skip
        check_deferred_rules()

        with nothing_changes():
            make_months(at=FIRST_OF_DECEMBER)

        assert (tables_of(Message), tables_of(RecordRead)) == (
            ["message_store_message_202611"], ["message_store_recordread_202611"],
        )  # fmt: skip
        with nothing_changes():
            assert hospital.post_bytes(body) == answer


class TestANumberOverMonths:
    def test_the_same_bytes_get_the_same_answer(self, hospital, months, clock):
        person = new_person()
        bodies = [
            hospital.body("9001", SIGN_IN),
            hospital.body("2201", {"data": hospital.registration(person)}),
        ]
        answers = [hospital.post_bytes(body) for body in bodies]

        for clock.moment in (
            FIRST_OF_DECEMBER,
            datetime(2027, 2, 1, tzinfo=BEIJING),
            datetime(2029, 6, 1, tzinfo=BEIJING),
        ):
            with nothing_changes():
                assert [hospital.post_bytes(body) for body in bodies] == answers

    def test_another_message_under_it_is_refused(self, hospital, months, clock):
        number = hospital.new_msgid()
        accepted("9001", hospital.post_bytes(hospital.body("9001", SIGN_IN, msgid=number)))
        other = hospital.body("2201", {"data": hospital.registration(new_person())}, msgid=number)
        clock.moment = FIRST_OF_DECEMBER

        with nothing_changes():
            sentence = refused(hospital.post_bytes(other))

        assert sentence == f"报文ID(msgid)重复：{number}已用于另一笔9001交易"

    def test_2601_undoes_a_message_of_the_month_before(self, hospital, months, clock):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        body = hospital.body("2207", hospital.bill(person, visit))
        accepted("2207", hospital.post_bytes(body))
        clock.moment = FIRST_OF_DECEMBER
        number = json.loads(body)["msgid"]

        undoing = {"data": {"psn_no": person.number, "omsgid": number, "oinfno": "2207"}}
        accepted("2601", hospital.post_bytes(hospital.body("2601", undoing)))

        assert Message.objects.get(msgid=number).state == "reversed"
        assert refused(hospital.post_bytes(body)) == f"报文ID(msgid){number}已被冲正(2601)，不能再办理"


class TestArchiving:
    @pytest.fixture
    def folder(self, tmp_path):
        return tmp_path / "archive"

    @pytest.fixture
    def sent(self, hospital, months, clock):
        """Two messages of November, one of December, with their answers."""
        person, sent = new_person(), []
        for clock.moment in (LAST_OF_NOVEMBER, LAST_OF_NOVEMBER, FIRST_OF_DECEMBER):
            body = hospital.body("2201", {"data": hospital.registration(person)})
            sent.append((json.loads(body)["msgid"], body, hospital.post_bytes(body)))
            query_person(hospital, person)
        check_deferred_rules()
        return sent

    def archive(self, folder, *, before="2026-12", today=date(2028, 12, 1)):
        return list(archive_messages(before=before, folder=folder, today=today, kept_months_count=24))

    def test_writes_what_stood_there_and_drops_the_month(self, sent, folder):
        rows = list(Message.objects.order_by("pk").values())
        done = self.archive(folder)

        assert [(each.file.name, each.rows) for each in done] == [
            ("messages-2026-11.parquet", 2), ("record-reads-2026-11.parquet", 2),
        ]  # fmt: skip
        kept = pq.read_table(folder / "messages-2026-11.parquet").to_pylist()
        assert [(row["msgid"], row["body"], row["answer"]) for row in kept] == sent[:2]
        assert kept == [
            {name: bytes(v) if isinstance(v, memoryview) else v for name, v in row.items()} for row in rows[:2]
        ]
        assert [row.stat().st_mode & 0o777 for row in folder.iterdir()] == [0o600, 0o600]
        assert [message.msgid for message in Message.objects.all()] == [sent[2][0]]
        assert RecordRead.objects.count() == 1
        assert {month.month for month in kept_months()} == {"2026-12", "2027-01", "2027-02"}

    def test_leaves_the_numbers_used(self, hospital, sent, folder):
        self.archive(folder)
        number, body, _ = sent[0]

        assert MessageNumber.objects.count() == 3
        wanted = f"报文ID(msgid){number}已于2026-11使用，该月报文已归档，不能再办理或冲正"
        with nothing_changes():
            assert refused(hospital.post_bytes(body)) == wanted
            other = hospital.body("9001", SIGN_IN, msgid=number)
            assert refused(hospital.post_bytes(other)) == wanted
        with nothing_changes():
            assert hospital.post_bytes(sent[2][1]) == sent[2][2]

    def test_2601_of_an_archived_message_is_refused(self, hospital, sent, folder):
        self.archive(folder)
        number, body, _ = sent[0]
        person = json.loads(body)["input"]["data"]["psn_no"]
        undoing = {"data": {"psn_no": person, "omsgid": number, "oinfno": "2401"}}

        with nothing_changes():
            assert "已归档" in refused(hospital.post_bytes(hospital.body("2601", undoing)))

    def test_of_what_must_stay_is_refused(self, sent, folder):
        with nothing_changes(), pytest.raises(MonthTooYoungError) as refusal:
            self.archive(folder, today=date(2028, 11, 30))

        assert refusal.value.facts == {"month": "2026-12", "first_kept": "2026-11"}
        assert not folder.exists()

    def test_writes_over_no_file(self, sent, folder):
        folder.mkdir()
        (folder / "messages-2026-11.parquet").write_text("somebody's")

        with nothing_changes(), pytest.raises(ArchiveExistsError):
            self.archive(folder)

        assert (folder / "messages-2026-11.parquet").read_text() == "somebody's"

    def test_goes_on_where_it_was_interrupted(self, sent, folder, monkeypatch):
        from yibao.workflows import archive_messages as workflow

        calls = itertools.count()

        def die(_month):
            if next(calls) == 0:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(workflow, "drop", die)
            self.archive(folder)
        assert [month.stands for month in kept_months() if month.month == "2026-11"] == [False, True]

        done = self.archive(folder)

        assert [(each.file.name, each.rows) for each in done] == [
            ("messages-2026-11.parquet", 2), ("record-reads-2026-11.parquet", 2),
        ]  # fmt: skip
        assert {month.month for month in kept_months()} == {"2026-12", "2027-01", "2027-02"}

    def test_takes_in_what_was_undone_meanwhile(self, sent, folder, monkeypatch):
        from yibao.workflows import archive_messages as workflow

        take_out = workflow.take_out

        def undone_first(month):
            if month.table == "message_store_message":
                Message.objects.filter(msgid=sent[0][0]).update(state="reversed")
            return take_out(month)

        monkeypatch.setattr(workflow, "take_out", undone_first)
        self.archive(folder)

        kept = pq.read_table(folder / "messages-2026-11.parquet").to_pylist()
        assert [row["state"] for row in kept] == ["reversed", "answered"]
