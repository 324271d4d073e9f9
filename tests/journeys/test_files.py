"""Files go to the platform and come back byte for byte (9101, 9102), and nobody reads another's."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.domains import storage
from yibao.domains.files.models import Content, File
from yibao.domains.files.operations import PUBLIC, NewFile, drop_expired, keep_file
from yibao.domains.messages.models import Message

from .hospital import Hospital, accepted, post, refused
from .records import nothing_changes

pytestmark = pytest.mark.usefixtures("standing_town")

BYTES = bytes(range(256)) * 3
PATH = "/fsi/api/fileupload/upload"


def wish(content=BYTES, name="结算明细.txt.zip", code="H11010100001"):
    sent = content if isinstance(content, str | list) else base64.b64encode(content).decode()
    return {"fsUploadIn": {"in": sent, "filename": name, "fixmedins_code": code}}


def fetch(hospital, number, name="结算明细.txt.zip", code=None):
    """9102; gives the content type and the bytes of the answer."""
    from yibao.interfaces.server.wsgi import application

    seen = {}

    def listening(environ, start_response):
        def start(status, headers):
            seen.update(headers)
            start_response(status, headers)

        return application(environ, start)

    node = {"fsDownloadIn": {"file_qury_no": number, "filename": name, "fixmedins_code": code or hospital.code}}
    status, answer = post("/fsi", hospital.body("9102", node), application=listening)
    assert status == "200 OK"
    return seen["Content-Type"], answer


def in_parts(message, content, *, names=("jsonStr", "file"), boundary="drawn-at-random"):
    """The body of a multipart message and its content type."""
    text, file = names
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{text}"\r\n\r\n'.encode() + message,
        f'--{boundary}\r\nContent-Disposition: form-data; name="{file}"; filename="a.zip"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + content,
        f"--{boundary}--\r\n".encode(),
    ]
    return b"\r\n".join(lines), f"multipart/form-data; boundary={boundary}"


class TestUpload:
    def test_comes_back_as_it_was_sent(self, hospital):
        kept = hospital.expect("9101", wish())

        assert (kept["filename"], kept["fixmedins_code"]) == ("结算明细.txt.zip", hospital.code)
        assert kept["file_qury_no"].startswith(f"fsi/{hospital.code}/")
        assert datetime.fromisoformat(kept["dld_endtime"]) > datetime.now() + timedelta(days=28)  # noqa: DTZ005
        assert fetch(hospital, kept["file_qury_no"]) == ("application/octet-stream", BYTES)

    def test_a_list_of_bytes_as_java_writes_them_is_the_same_file(self, hospital):
        signed = [byte - 256 if byte > 127 else byte for byte in BYTES]

        first = hospital.expect("9101", wish())
        second = hospital.expect("9101", wish(signed))

        assert fetch(hospital, second["file_qury_no"])[1] == BYTES
        assert first["file_qury_no"] != second["file_qury_no"]
        assert Content.objects.count() == 1

    @pytest.mark.parametrize("names", [("jsonStr", "file"), ("jsonStr", "in")])
    def test_in_parts(self, hospital, names):
        message = hospital.body("9101", wish(""))
        body, content_type = in_parts(message, BYTES, names=names)

        kept = accepted("9101", hospital.post_bytes(body, content_type=content_type))

        assert fetch(hospital, kept["file_qury_no"])[1] == BYTES

    def test_a_file_larger_than_a_message_may_be(self, hospital):
        content = bytes(6 * 1024 * 1024)
        body, content_type = in_parts(hospital.body("9101", wish("")), content)

        of_parts = accepted("9101", hospital.post_bytes(body, content_type=content_type))
        of_json = hospital.expect("9101", wish(content))

        assert fetch(hospital, of_parts["file_qury_no"])[1] == content
        assert fetch(hospital, of_json["file_qury_no"])[1] == content

    def test_sent_again_it_is_kept_once_even_when_the_parts_are_divided_anew(self, hospital):
        message = hospital.body("9101", wish(""))
        answers = []
        for boundary in ("first", "second"):
            body, content_type = in_parts(message, BYTES, boundary=boundary)
            answers.append(hospital.post_bytes(body, content_type=content_type))

        assert answers[0] == answers[1]
        assert File.objects.count() == 1

    def test_another_file_under_the_same_message_number_is_refused(self, hospital):
        message = hospital.body("9101", wish(""))
        body, content_type = in_parts(message, BYTES)
        hospital.post_bytes(body, content_type=content_type)

        with nothing_changes():
            body, content_type = in_parts(message, BYTES + b"x")
            sentence = refused(hospital.post_bytes(body, content_type=content_type))

        assert "已用于另一笔9101交易" in sentence

    def test_the_message_is_kept_without_the_bytes(self, hospital):
        hospital.expect("9101", wish())

        body = bytes(Message.objects.get(infno="9101").body)

        assert base64.b64encode(BYTES)[:60] not in body
        assert json.loads(body)["input"]["fsUploadIn"]["in"].startswith("SM3:")


class TestRefusedUploads:
    @pytest.mark.parametrize("name", ["../etc/passwd", "a\\b.zip", "a\u0001b", "..", "/"])
    def test_a_name_with_a_path_in_it(self, hospital, name):
        with nothing_changes():
            sentence = hospital.refuse("9101", wish(name=name))

        assert "文件名(filename)无效" in sentence

    def test_another_institutions_code(self, hospital):
        with nothing_changes():
            sentence = hospital.refuse("9101", wish(code="H11010100002"))

        assert sentence == "医药机构编号(fixmedins_code)H11010100002与报文头的机构H11010100001不符"

    @pytest.mark.parametrize(
        ("content", "said"),
        [("no base64!", "应为Base64文本或字节数组"), ([300], "应为Base64文本或字节数组"), ("", "不能为空")],
    )
    def test_no_bytes(self, hospital, content, said):
        with nothing_changes():
            assert said in hospital.refuse("9101", wish(content))

    def test_more_than_a_file_may_have(self, hospital, monkeypatch):
        monkeypatch.setattr("yibao.domains.files.operations.LARGEST_BYTES", 10)

        with nothing_changes():
            sentence = hospital.refuse("9101", wish())

        assert sentence == "文件(in)过大：768字节，上限10字节"

    def test_more_than_a_message_with_a_file_may_have(self, hospital, monkeypatch):
        monkeypatch.setattr("yibao.interfaces.gateway.parts.UPLOAD_LIMIT_BYTES", 5 * 1024 * 1024)

        with nothing_changes():
            sentence = hospital.refuse("9101", wish(bytes(5 * 1024 * 1024)))

        assert sentence == "报文过大：5242881字节，上限5242880字节"

    def test_other_messages_stay_as_short_as_they_must_be_whatever_they_call_themselves(self, hospital):
        long = {"data": {"ver": "x" * (5 * 1024 * 1024), "a": '"infno":"9101"'}}

        with nothing_changes():
            assert "上限4194304字节" in hospital.refuse("1301", long)
            body = b'{"x":{"infno":"9101"},' + hospital.body("1301", long)[1:]
            assert "上限4194304字节" in refused(hospital.post_bytes(body))

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"", "multipart/form-data"),
            (b"--x\r\n", "multipart/form-data; boundary=x"),
            (in_parts(b"{}", b"", names=("other", "file"))[0], "multipart/form-data; boundary=drawn-at-random"),
            (in_parts(b"{}", b"", names=("jsonStr", "other"))[0], "multipart/form-data; boundary=drawn-at-random"),
        ],
    )
    def test_parts_that_cannot_be_read(self, hospital, body, content_type):
        with nothing_changes():
            sentence = refused(hospital.post_bytes(body, content_type=content_type))

        assert sentence == "multipart报文无法读取：应有文本部分jsonStr和文件部分file或in"

    def test_another_transaction_in_parts(self, hospital):
        body, content_type = in_parts(hospital.body("1301", {"data": {"ver": "v0000"}}), BYTES)

        with nothing_changes():
            assert "multipart/form-data" in refused(hospital.post_bytes(body, content_type=content_type))


class TestDownload:
    def test_of_another_institution_is_as_if_there_were_none(self, hospital):
        number = hospital.expect("9101", wish())["file_qury_no"]
        other = Hospital(code="H11010100002")

        told = [refused(fetch(other, asked)[1]) for asked in (number, "fsi/H11010100001/" + "0" * 32)]
        named = refused(fetch(other, number, code=hospital.code)[1])

        assert told[0] == f"文件查询号(file_qury_no){number}不存在，或文件名不符"
        assert told[1] == f"文件查询号(file_qury_no)fsi/H11010100001/{'0' * 32}不存在，或文件名不符"
        assert named == "医药机构编号(fixmedins_code)H11010100001与报文头的机构H11010100002不符"

    def test_what_is_everybodys_by_either_way_clients_ask(self, hospital, pharmacy):
        now = datetime.now(UTC)
        with storage.transaction() as raw:
            number = keep_file(raw, NewFile(None, PUBLIC, "目录.txt.zip", b"PK", now, now + timedelta(days=1)))

        assert fetch(hospital, number, "目录.txt.zip", code="plc")[1] == b"PK"
        assert fetch(pharmacy, number, "plc")[1] == b"PK"

    def test_with_another_name(self, hospital):
        number = hospital.expect("9101", wish())["file_qury_no"]

        content_type, answer = fetch(hospital, number, "another.zip")

        assert content_type == "application/json;charset=UTF-8"
        assert "或文件名不符" in refused(answer)

    def test_when_its_time_has_passed(self, hospital):
        now = datetime.now(UTC)
        with storage.transaction() as raw:
            new = NewFile(None, PUBLIC, "a.zip", b"old", now - timedelta(days=9), now - timedelta(days=1))
            number = keep_file(raw, new)

        assert "已过期" in refused(fetch(hospital, number, "a.zip", code="plc")[1])


class TestBytesThatNobodyMayFetch:
    def test_are_dropped_while_number_and_digest_stay(self, hospital):
        now = datetime.now(UTC)
        with storage.transaction() as raw:
            keep_file(raw, NewFile(None, PUBLIC, "a", b"old", now - timedelta(days=9), now - timedelta(days=1)))
            keep_file(raw, NewFile(None, PUBLIC, "b", b"new", now, now + timedelta(days=1)))
        with storage.transaction() as raw:
            assert drop_expired(raw, at=now) == 1

        assert [
            None if data is None else bytes(data)
            for data in Content.objects.order_by("id").values_list("data", flat=True)
        ] == [None, b"new"]
        assert File.objects.count() == 2

    def test_sent_anew_they_come_back(self, hospital):
        now = datetime.now(UTC)
        with storage.transaction() as raw:
            keep_file(raw, NewFile(None, PUBLIC, "a", BYTES, now - timedelta(days=9), now - timedelta(days=1)))
            drop_expired(raw, at=now)

        number = hospital.expect("9101", wish())["file_qury_no"]

        assert fetch(hospital, number)[1] == BYTES

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE files_content SET data = 'other'",
            "UPDATE files_content SET digest = repeat('x', 32)::bytea",
            "DELETE FROM files_content",
            "UPDATE files_file SET owner_id = NULL",
            "DELETE FROM files_file",
        ],
    )
    def test_nothing_else_changes_what_was_sent(self, hospital, statement):
        hospital.expect("9101", wish())

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
