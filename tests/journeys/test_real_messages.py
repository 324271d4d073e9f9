"""Messages that real systems sent (../shared/data/gateway/samples) are sent again through the door, in the name of a hospital of the town."""

import json
from pathlib import Path

import pytest

from yibao.interfaces.gateway.catalogue import NAMED_ONLY, TRANSACTIONS

from .hospital import post
from .records import nothing_changes

pytestmark = pytest.mark.usefixtures("standing_town")

CODE = "H11010100001"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "gateway" / "samples"
NEEDED = {"1101", "2201", "2203", "2204", "2206A", "2207A", "2208", "2404", "2601", "3201", "5206", "9001"}


def requests_in(sample):
    """Every request of a sample, however deep it stands."""
    if not isinstance(sample, dict):
        return
    if {"infno", "input"} <= sample.keys():
        yield sample
        return
    for value in sample.values():
        yield from requests_in(value)


def messages():
    """Every real request, as our hospital would send it: number and sender are its own, the rest is as it was."""
    if not SAMPLES.is_dir():
        pytest.skip(f"no real messages: {SAMPLES} is absent")
    for path in sorted(SAMPLES.glob("*.json")):
        for request in requests_in(json.loads(path.read_text(encoding="utf-8"))):
            yield path.name, request


def test_every_one_is_answered_and_none_breaks_the_platform():
    answered = {}
    for count, (name, request) in enumerate(messages()):
        sent = {
            **request, "fixmedins_code": CODE, "mdtrtarea_admvs": "110101", "msgid": f"{CODE}REAL{count:014d}",
            "insuplc_admdvs": "110101",
        }  # fmt: skip
        body = json.dumps(sent, ensure_ascii=False).encode()
        status, content = post("/fsi", body)
        answer = json.loads(content)
        assert status == "200 OK", name
        assert answer["infcode"] in (0, -1), name
        assert "内部错误" not in (answer["err_msg"] or ""), (name, answer["err_msg"])
        answered.setdefault(str(request["infno"]), set()).add(answer["infcode"])
    assert answered.keys() >= NEEDED
    assert answered["9001"] == {0}


def test_of_persons_that_are_not_ours_nothing_changes():
    for count, (name, request) in enumerate(messages()):
        if str(request["infno"]) not in {"2201", "2204", "2207A", "2208", "2404", "2601"}:
            continue
        sent = {
            **request, "fixmedins_code": CODE, "mdtrtarea_admvs": "110101", "msgid": f"{CODE}NONE{count:014d}",
            "insuplc_admdvs": "110101",
        }  # fmt: skip
        with nothing_changes():
            answer = json.loads(post("/fsi", json.dumps(sent, ensure_ascii=False).encode())[1])
        assert answer["infcode"] == -1, name
        assert answer["err_msg"], name


def test_what_they_name_is_known():
    known = TRANSACTIONS.keys() | NAMED_ONLY.keys()
    unknown = {str(request["infno"]) for _, request in messages()} - known
    assert unknown <= {"P0001", ""}
