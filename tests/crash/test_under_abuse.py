"""The served gateway under abuse: slow and half-sent requests, a flood, everything at once, a stop in the midst of work.

Stands after test_crashes.py in the order of names: that file counts every record of the installation.
"""

import contextlib
import http.client
import json
import resource
import signal
import socket
import threading
import time

import pytest

from tests.journeys.hospital import Hospital, accepted, refused

from .clients import Client

SIGN_IN = {"signIn": {"opter_no": "op1", "ip": "10.0.0.1"}}
CENTRE = "H11010100003"
SLOW = 1000
QUICK_SECONDS = 10
"""What an answer may take here; the machine of the tests may be busy with others."""


@pytest.fixture
def installation(town):
    """The served installation, which the tests before may have left without a server."""
    if town.installation.server.poll() is not None:
        town.installation.serve()
    return town.installation


class Line:
    """One connection that is kept open until the block ends."""

    def __init__(self, installation):
        self.connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, body, path="/fsi"):
        self.connection.request("POST", path, body, {"Content-Type": "application/json"})
        return self.connection.getresponse().read()


def page_status(installation):
    """How the office's first page answers."""
    with Line(installation) as line:
        line.connection.request("GET", "/sign-in")
        answer = line.connection.getresponse()
        answer.read()
        return answer.status


def kept(installation, msgids):
    """Which of these numbers the database holds."""
    with installation.connect() as connection:
        rows = connection.execute("SELECT msgid FROM message_store_messagenumber WHERE msgid = ANY(%s)", [list(msgids)])
        return {msgid for (msgid,) in rows}


class TestSlowClients:
    @pytest.fixture
    def slow(self, installation):
        """A thousand connections that send half a head, or half a body, and then nothing."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        heads = b"POST /fsi HTTP/1.1\r\nHost: localhost\r\nContent-"
        bodies = b'POST /fsi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"infno"'
        with contextlib.ExitStack() as stack:
            for number in range(SLOW):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", installation.port), timeout=60))
                connection.sendall(bodies if number % 2 else heads)
            yield
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_do_not_stop_the_service(self, town, installation, slow):
        began = time.monotonic()
        _, info = Hospital(send=installation.post_for_hospital).visit(town.persons[0], "100.00")
        page = page_status(installation)

        assert (info["medfee_sumamt"], page) == (100.00, 200)
        assert time.monotonic() - began < QUICK_SECONDS

    def test_a_body_announced_too_large_is_refused_before_it_is_sent(self, installation):
        with socket.create_connection(("127.0.0.1", installation.port), timeout=60) as connection:
            connection.sendall(b"POST /fsi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000000\r\n\r\n")
            answer = b""
            while piece := connection.recv(65536):  # until the server closes
                answer += piece

        head, body = answer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 200")
        assert refused(body).startswith("报文过大：3000000000字节")

    def test_a_page_takes_no_endless_form(self, installation):
        with socket.create_connection(("127.0.0.1", installation.port), timeout=60) as connection:
            connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000000\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 413")


class TestFlood:
    @pytest.fixture
    def few(self, installation):
        """The flooding hospital may send 20 messages a second to each process."""
        with installation.connect() as connection:
            connection.execute(
                "INSERT INTO message_store_messagerate (institution_id, per_second, burst, reason)"
                " SELECT id, 20, 20, 'a test' FROM institutions_institution WHERE code = 'H11010100001'"
            )
        time.sleep(3.5)  # rates are remembered for three seconds
        yield
        with installation.connect() as connection:
            connection.execute("DELETE FROM message_store_messagerate")

    def test_of_one_does_not_starve_another_and_leaves_nothing_behind(self, installation, few):
        ending, answers, lock = threading.Event(), {}, threading.Lock()

        def flood():
            hospital = Hospital()
            with Line(installation) as line:
                while not ending.is_set():
                    msgid = hospital.new_msgid()
                    answer = line.send(hospital.body("9001", SIGN_IN, msgid=msgid))
                    with lock:
                        answers[msgid] = json.loads(answer)

        flooders = [threading.Thread(target=flood, daemon=True) for _ in range(24)]
        for flooder in flooders:
            flooder.start()
        time.sleep(0.5)
        other, waits = Hospital(code=CENTRE), []
        with Line(installation) as line:
            for _ in range(15):
                began = time.monotonic()
                accepted("9001", line.send(other.body("9001", SIGN_IN)))
                waits.append(time.monotonic() - began)
        page = page_status(installation)
        ending.set()
        for flooder in flooders:
            flooder.join(600)

        assert (page, max(waits) < QUICK_SECONDS) == (200, True)
        let_in = {msgid for msgid, answer in answers.items() if answer["infcode"] == 0}
        sentences = {answer["err_msg"] for answer in answers.values() if answer["infcode"] != 0}
        assert sentences == {"平台繁忙：本机构报文发送过快，本次交易未受理，请1秒后以原报文重发"}
        assert kept(installation, answers) == let_in


class TestEverythingAtOnce:
    def test_pages_are_reachable_while_all_messages_wait(self, town, installation):
        person, hospital, answers = town.persons[1], Hospital(code=CENTRE), []
        bodies = [hospital.body("2201", {"data": hospital.registration(person)}) for _ in range(12)]

        def send(body):
            with Line(installation) as line:
                answers.append(line.send(body))

        with installation.connect() as connection, connection.transaction():
            connection.execute("SELECT FROM people_person WHERE number = %s FOR UPDATE", [person.number])
            senders = [threading.Thread(target=send, args=(body,), daemon=True) for body in bodies]
            for sender in senders:
                sender.start()
            time.sleep(0.5)
            pages = [page_status(installation) for _ in range(4)]
            waiting = not answers
        for sender in senders:
            sender.join(600)

        assert (pages, waiting) == ([200] * 4, True)
        assert len({accepted("2201", answer)["data"]["mdtrt_id"] for answer in answers}) == 12


class TestStopping:
    def test_answers_what_began_and_takes_nothing_else(self, town, installation):
        clients = [Client(installation, town.persons[place : place + 2], seed=f"stop {place}") for place in range(4)]
        for client in clients:
            client.start()
        half = socket.create_connection(("127.0.0.1", installation.port), timeout=60)
        half.sendall(b"POST /fsi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n{")
        time.sleep(1.2)

        began = time.monotonic()
        installation.server.send_signal(signal.SIGTERM)
        code = installation.server.wait(60)
        seconds = time.monotonic() - began
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", installation.port), timeout=5)
        time.sleep(0.2)  # what was answered has arrived at the clients' threads
        sent = {message.msgid: bool(message.answers) for client in clients for message in list(client.sent)}
        half.close()

        assert (code, seconds < 15) == (0, True)
        answered = {msgid for msgid, has_answer in sent.items() if has_answer}
        assert (kept(installation, sent), len(answered) > 10) == (answered, True)

        installation.serve()
        for client in clients:
            client.stopping.set()
            client.join(600)
            assert client.failure is None
        assert [len(set(message.answers)) for client in clients for message in client.sent] == [1] * sum(
            len(client.sent) for client in clients
        )
        assert "账目完整" in installation.run("ledger", "verify")
