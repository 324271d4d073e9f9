"""The requests that the benchmark of the gateway prepares are let in under each scheme that it measures, and settle."""

import json
import sys
from pathlib import Path

import pytest

from yibao.domains.settlement.models import Settlement

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

import load
import prepared_visits


@pytest.fixture
def empty(db):
    """A database of its own for the benchmark's town: nothing of the small one."""


@pytest.mark.parametrize("scheme", ["none", "tif", "sm2"])
def test_each_is_settled_and_none_is_let_in_unsigned(empty, scheme):
    from yibao.interfaces.gateway import directory

    town = prepared_visits.found(persons=2, scheme=scheme)
    directory.forget()
    first, _ = prepared_visits.requests(town, visits=2, lines=1)
    head, _, content = first.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    headers = dict(lines)
    assert int(headers["Content-Length"]) == len(content)
    answer = json.loads(prepared_visits.respond(headers, content))
    assert answer["infcode"] == 0, answer
    assert Settlement.objects.count() == 1
    if scheme == "sm2":
        assert answer["cainfo"]
    if scheme != "none":
        plain = json.dumps({**json.loads(content), "cainfo": "", "msgid": "H11010100001000000000000099999"}).encode()
        assert b'"infcode":0' not in prepared_visits.respond({}, plain)
        assert Settlement.objects.count() == 1
    assert load.http_request("/x", b"{}").endswith(b"\r\n\r\n{}")
    directory.forget()
