"""The porter: whole requests reach threads, and the others are turned away without one."""

import asyncio
import threading
import time

import pytest

from yibao.interfaces.server import receiving
from yibao.interfaces.server.lanes import Lane
from yibao.interfaces.server.receiving import Manners, Porter, text


class Headers(dict):
    def items(self):
        return list(super().items())


class Scope:
    scheme, server, query_string, client = "http", "127.0.0.1:8400", "", "10.0.0.1:5000"

    def __init__(self, path="/fsi", method="POST", **headers):
        self.path, self.method = path, method
        self.headers = Headers({name.replace("_", "-"): value for name, value in headers.items()})


class Protocol:
    """Granian's side of one request: a body that comes in parts, or never to its end."""

    def __init__(self, *parts, ends=True):
        self.parts, self.ends, self.answer = parts, ends, None
        self.given = 0

    async def __call__(self):
        return b"".join([part async for part in self])

    async def __aiter__(self):
        for part in self.parts:
            self.given += len(part)
            yield part
        if not self.ends:
            await asyncio.Event().wait()

    def response_bytes(self, status, headers, body):
        self.answer = (status, body)

    def response_empty(self, status, headers):
        self.answer = (status, b"")


@pytest.fixture
def door():
    return Door()


class Door:
    """A porter before an application that echoes, with room for two messages and two pages."""

    def __init__(self):
        self.open = threading.Event()
        self.open.set()
        self.messages, self.pages = Lane(most=2, most_of_one=1), Lane(most=2, most_of_one=2)
        self.porter = Porter(self.application, manners_of=self.manners_of, lanes={self.messages: 1, self.pages: 1})

    def application(self, environ, start_response):
        if environ["PATH_INFO"] == "/broken":
            raise ZeroDivisionError
        if environ["PATH_INFO"] == "/fsi":
            self.open.wait(20)
        start_response("200 OK", [])
        return [b"echo:" + environ["wsgi.input"].read()]

    def manners_of(self, head):
        return Manners(
            lane=self.messages if head.path == "/fsi" else self.pages,
            most=300_000,
            limit=lambda _head, first: 200_000 if first.startswith(b"file") else 100_000,
            sender=lambda _head, body: body[:1],
            busy=lambda _head: text(503, "busy"),
            too_large=lambda _head, limit, size: text(413, f"{size} > {limit}"),
        )

    def play(self, scenario):
        """Run a scenario on a loop with the porter's threads."""

        async def run():
            loop = asyncio.get_running_loop()
            self.porter.__rsgi_init__(loop)
            try:
                return await asyncio.wait_for(scenario(), 20)
            finally:
                self.open.set()
                self.porter.__rsgi_del__(loop)
                loop.remove_signal_handler(receiving.signal.SIGTERM)

        return asyncio.run(run())

    async def send(self, scope, *parts, ends=True):
        protocol = Protocol(*parts, ends=ends)
        await self.porter.__rsgi__(scope, protocol)
        return protocol


def small(body, path="/fsi"):
    return Scope(path, content_length=str(len(body)))


class TestWholeRequests:
    def test_are_answered_by_the_application(self, door):
        async def scenario():
            return [
                (await door.send(small(b"hello"), b"he", b"llo")).answer,
                (await door.send(Scope("/", "GET"))).answer,
                (await door.send(Scope(transfer_encoding="chunked"), b"in ", b"chunks")).answer,
                (await door.send(Scope(content_length="99999"), b"x" * 99_999)).answer,
            ]

        echoes = [b"hello", b"", b"in chunks", b"x" * 99_999]
        assert door.play(scenario) == [(200, b"echo:" + echo) for echo in echoes]

    def test_a_broken_page_is_an_answer_and_the_thread_lives(self, door, caplog):
        async def scenario():
            return [(await door.send(Scope(path, "GET"))).answer for path in ("/broken", "/")]

        assert door.play(scenario) == [(500, b""), (200, b"echo:")]
        assert "ZeroDivisionError" in caplog.text


class TestTooLarge:
    def test_what_is_announced_too_large_is_not_read(self, door):
        protocol = door.play(lambda: door.send(Scope(content_length="300001"), b"x"))
        assert (protocol.answer, protocol.given) == ((413, b"300001 > 300000\n"), 0)

    def test_the_first_bytes_decide_how_much_is_read(self, door):
        async def scenario():
            return [
                await door.send(Scope(content_length="150000"), beginning, b"x" * 149_996)
                for beginning in (b"file", b"else")
            ]

        file, other = door.play(scenario)
        assert file.answer[0] == 200
        assert (other.answer, other.given) == ((413, b"150000 > 100000\n"), 4)

    def test_chunks_without_end_are_cut_off(self, door):
        protocol = door.play(lambda: door.send(Scope(transfer_encoding="chunked"), *[b"x" * 40_000] * 10))
        assert (protocol.answer[0], protocol.given) == (413, 120_000)

    def test_large_bodies_share_a_memory_that_ends(self, door, monkeypatch):
        monkeypatch.setattr(receiving, "LARGE_BYTES_MAX", 150_000)

        async def scenario():
            half = asyncio.ensure_future(door.send(Scope(content_length="99000"), b"x" * 98_000, ends=False))
            await asyncio.sleep(0.01)
            full = (await door.send(Scope(content_length="98000"), b"x" * 98_000)).answer
            half.cancel()
            await half
            return full, (await door.send(Scope(content_length="98000"), b"x" * 98_000)).answer[0]

        assert door.play(scenario) == ((503, b"busy\n"), 200)


class TestGone:
    def test_a_body_that_ends_too_early_is_no_message(self, door):
        protocol = door.play(lambda: door.send(Scope(content_length="99000"), b"x" * 98_000))
        assert protocol.answer == (400, b"")


class TestSlow:
    @pytest.mark.parametrize("scope", [Scope(content_length="10"), Scope(transfer_encoding="chunked")])
    def test_half_a_body_is_sent_away_and_holds_no_thread(self, door, monkeypatch, scope):
        monkeypatch.setattr(receiving, "BODY_SECONDS", 0.2)
        monkeypatch.setattr(receiving, "SLOWEST_BYTES_PER_SECOND", 10**9)

        async def scenario():
            halves = [asyncio.ensure_future(door.send(scope, b"x", ends=False)) for _ in range(1000)]
            await asyncio.sleep(0)
            between = (await door.send(small(b"whole"), b"whole")).answer
            return between, {(await half).answer for half in halves}

        assert door.play(scenario) == ((200, b"echo:whole"), {(408, b"")})


class TestTooMuch:
    def test_is_busy_at_once_and_what_began_is_answered(self, door):
        async def scenario():
            door.open.clear()
            one = asyncio.ensure_future(door.send(small(b"a1"), b"a1"))
            two = asyncio.ensure_future(door.send(small(b"b1"), b"b1"))
            await asyncio.sleep(0)
            began = time.monotonic()
            refused = [(await door.send(small(body), body)).answer for body in (b"a2", b"c1")]
            page = (await door.send(Scope("/", "GET"))).answer
            waited = time.monotonic() - began
            door.open.set()
            return refused, page, waited < 5, [(await each).answer for each in (one, two)]

        refused, page, quick, answers = door.play(scenario)
        assert refused == [(503, b"busy\n")] * 2
        assert (page, quick) == ((200, b"echo:"), True)
        assert answers == [(200, b"echo:a1"), (200, b"echo:b1")]

    def test_who_waited_too_long_is_told_that_nothing_began(self, door, monkeypatch):
        async def scenario():
            door.open.clear()
            one = asyncio.ensure_future(door.send(small(b"a1"), b"a1"))
            await asyncio.sleep(0.05)
            two = asyncio.ensure_future(door.send(small(b"b1"), b"b1"))
            await asyncio.sleep(0.05)
            monkeypatch.setattr(receiving, "WAIT_SECONDS_MAX", 0.01)
            door.open.set()
            return [(await each).answer for each in (one, two)]

        assert door.play(scenario) == [(200, b"echo:a1"), (503, b"busy\n")]


class TestStopping:
    def test_answers_what_began_sends_half_requests_away_and_ends(self, door, monkeypatch):
        heard, left = [], asyncio.Event()
        monkeypatch.setattr(receiving.signal, "raise_signal", heard.append)
        monkeypatch.setattr(receiving.os, "_exit", lambda _code: left.set())
        monkeypatch.setattr(receiving, "LINGER_SECONDS", 0.1)

        async def scenario():
            door.open.clear()
            began = asyncio.ensure_future(door.send(small(b"a1"), b"a1"))
            half = asyncio.ensure_future(door.send(Scope(content_length="10"), b"x", ends=False))
            await asyncio.sleep(0.05)
            door.porter._stop()
            gone = (await half).answer
            await asyncio.sleep(0.3)
            stayed = not left.is_set()
            door.open.set()
            answer = (await began).answer
            await left.wait()
            return gone, stayed, answer

        assert door.play(scenario) == ((503, b""), True, (200, b"echo:a1"))
        assert heard == [receiving.signal.SIGINT]
