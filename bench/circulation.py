"""Circulation of prescriptions: patients on the public pages and pharmacies at the gateway, at once, over real HTTP.

Every patient, from an address of its own, signs in, has a prescription written (7101 with both signatures), looks at it, looks
for a pharmacy, chooses one, and follows it until the packs are handed over; every pharmacy asks for it by the voucher (7202),
claims (7203), reviews and signs (7204), settles (2201, 2204, 2207), scans and hands over (7206). Between two pages a patient
reads for some seconds, between two customers a pharmacy needs some: without such pauses nobody is "concurrent" for long.

Prints p50 and p99 of every step, the share of the limit of one second, and beside them a transaction of pgbench at the same
rate in the same run. At the end every prescription was dispensed once and the ledger is balanced, or the run fails.

    python bench/circulation.py [--patients 200] [--pharmacies 50] [--rounds 3] [--pause 15]
"""

import argparse
import json
import queue
import random
import re
import socket
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import load

PORT: Final = 18413
LIMIT_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 120
PGBENCH_CLIENTS: Final = 16
WARMING: Final = 16
_TOKEN: Final = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
_COOKIE: Final = re.compile(rb"set-cookie: ([^=]+)=([^;]*)", re.IGNORECASE)


@dataclass
class Steps:
    """The latencies of every step, in seconds."""

    latencies: dict[str, list[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, step: str, seconds: float) -> None:
        """Note one."""
        with self.lock:
            self.latencies.setdefault(step, []).append(seconds)


class Line:
    """One connection that is kept open, from one address, with the cookies of a browser."""

    def __init__(self, steps: Steps, address: str) -> None:
        self._steps = steps
        self._address = address
        self._stream: socket.socket | None = None
        self._buffer = bytearray()
        self._cookies: dict[str, str] = {}
        self.page = b""

    def get(self, step: str, path: str) -> bytes:
        """A page, which must be there."""
        status = self._ask(step, f"GET {path} HTTP/1.1\r\n", b"")
        assert status == 200, (step, status, self.page[:300])
        return self.page

    def post(self, step: str, path: str, values: Mapping[str, str]) -> None:
        """A form of the page that was read last; the answer leads on to another page."""
        token = _TOKEN.search(self.page)
        assert token is not None, step
        body = urlencode({**values, "csrfmiddlewaretoken": token[1].decode()}).encode()
        head = f"POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        status = self._ask(step, head, body)
        assert status == 302, (step, status, self.page[:600].decode())

    def message(self, infno: str, body: bytes) -> Any:
        """The output of a message, which must be accepted."""
        status = self._ask(infno, "POST /fsi/callService HTTP/1.1\r\nContent-Type: application/json\r\n", body)
        answer = json.loads(self.page)
        assert (status, answer["infcode"]) == (200, 0), (infno, status, answer)
        return answer["output"]

    def _ask(self, step: str, head: str, body: bytes) -> int:
        """Send, wait, note how long it took; a connection that the server closed meanwhile is opened anew."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        lines = f"Host: localhost\r\nContent-Length: {len(body)}\r\n" + (f"Cookie: {cookies}\r\n" if cookies else "")
        request = f"{head}{lines}\r\n".encode() + body
        began = time.perf_counter()
        try:
            answered, page = self._send(request)
        except ConnectionError:
            self.close()
            answered, page = self._send(request)
        self._steps.add(step, time.perf_counter() - began)
        self._cookies.update({name.decode(): value.decode() for name, value in _COOKIE.findall(answered)})
        self.page = page or self.page
        return int(answered[9:12])

    def _send(self, request: bytes) -> tuple[bytes, bytes]:
        if self._stream is None:
            self._stream = socket.create_connection(("127.0.0.1", PORT), source_address=(self._address, 0))
            self._stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream.sendall(request)
        return load.read_whole_answer(self._stream, self._buffer)

    def close(self) -> None:
        """Hang up."""
        if self._stream is not None:
            self._stream.close()
        self._stream, self._buffer = None, bytearray()


@dataclass
class Fetched:
    """A prescription that its patient takes to a pharmacy; `done` when its packs were handed over, whose codes it then has."""

    number: str
    text: str
    person: Any
    done: threading.Event = field(default_factory=threading.Event)
    packs: list[str] = field(default_factory=list)


class Play:
    """Everybody at once."""

    def __init__(self, town: Any, options: argparse.Namespace) -> None:
        self.steps = Steps()
        self._town = town
        self._pause = options.pause
        self._rounds = options.rounds
        self._counters: list[queue.Queue[Fetched | None]] = [queue.Queue() for _ in town.shops]
        self.failures: list[str] = []

    def run(self) -> float:
        """Let them come; the seconds that it took."""
        patients = [self._thread(self._patient, place) for place in range(len(self._town.patients))]
        shops = [self._thread(self._pharmacy, place) for place in range(len(self._town.shops))]
        began = time.perf_counter()
        for thread in (*shops, *patients):
            thread.start()
        for thread in patients:
            thread.join()
        seconds = time.perf_counter() - began
        for counter in self._counters:
            counter.put(None)
        for thread in shops:
            thread.join()
        return seconds

    def _thread(self, work: Any, place: int) -> threading.Thread:
        def guarded() -> None:
            try:
                work(place)
            except Exception:  # noqa: BLE001  # told at the end
                self.failures.append(traceback.format_exc())

        return threading.Thread(target=guarded, daemon=True)

    def _wait(self, chance: random.Random) -> None:
        """As long as somebody reads: between half and one and a half of the pause."""
        time.sleep(self._pause * chance.uniform(0.5, 1.5))

    def _patient(self, place: int) -> None:
        import prepared_prescriptions as prepared

        chance, person = random.Random(place), self._town.patients[place]
        line = Line(self.steps, f"127.0.{1 + place // 250}.{1 + place % 250}")
        house = Line(self.steps, f"127.0.{100 + place // 250}.{1 + place % 250}")
        time.sleep(self._pause * chance.random())
        line.get("sign-in page", "/portal/sign-in")
        line.post("sign in", "/portal/sign-in", {"number": person.document, "password": prepared.SECRET, "next": ""})
        for turn in range(self._rounds):
            rx = self._prescribed(house, person)
            self._wait(chance)
            line.get("my prescriptions", "/portal/my/prescriptions")
            self._wait(chance)
            line.get("prescription", f"/portal/my/prescriptions/{rx.number}")
            self._wait(chance)
            shop = (place + turn * 7) % len(self._town.shops)
            code = self._town.shops[shop][0]
            found = line.get("look for a pharmacy", f"/portal/my/prescriptions/{rx.number}?search={code}")
            assert code.encode() in found
            self._wait(chance)
            line.post("choose it", f"/portal/my/prescriptions/{rx.number}/choose", {"institution": code})
            self._counters[shop].put(rx)
            until = time.monotonic() + PATIENCE_SECONDS
            while not rx.done.is_set() and time.monotonic() < until:
                line.get("timeline", f"/portal/my/prescriptions/{rx.number}")
                self._wait(chance)
            told = line.get("timeline", f"/portal/my/prescriptions/{rx.number}")
            assert rx.done.is_set()
            assert all(each.encode() in told for each in rx.packs), "the timeline does not show the packs"

    def _prescribed(self, house: Line, person: Any) -> Fetched:
        """2201 and 7101 of the hospital."""
        import prepared_prescriptions as prepared
        from prepared_visits import CODE, message

        number = prepared.new_number()
        registered = prepared.registration(person, self._town.physician, number=number)
        visit = house.message("2201", message("2201", CODE, registered))["data"]["mdtrt_id"]
        written, text = prepared.prescription(self._town, person, visit, number=number)
        return Fetched(house.message("7101", message("7101", CODE, written))["hi_rxno"], text, person)

    def _pharmacy(self, place: int) -> None:
        chance = random.Random(10_000 + place)
        line = Line(self.steps, f"127.0.200.{1 + place}")
        while (rx := self._counters[place].get()) is not None:
            self._serve(line, place, rx)
            self._wait(chance)

    def _serve(self, line: Line, place: int, rx: Fetched) -> None:
        """From the voucher to the packs."""
        import prepared_prescriptions as prepared
        from prepared_visits import message

        code, staff = self._town.shops[place]

        def ask(infno: str, content: Mapping[str, Any]) -> Any:
            return line.message(infno, message(infno, code, content))

        leave = ask("7202", prepared.chosen_by(rx.person, code))["auth_rxno"]
        opened = ask("7203", {"data": {"auth_rxno": leave, "insuplc_admdvs": "110101"}})
        assert opened["data"]["hi_rxno"] == rx.number
        ask("7204", prepared.review(rx.number, staff, rx.text))
        own = rx.number[-20:]
        visit = ask("2201", prepared.registration(rx.person, staff, number=own))["data"]["mdtrt_id"]
        ask("2204", prepared.fees(rx.person, staff, visit, number=own))
        settled = ask("2207", prepared.bill(rx.person, visit, number=own))["setlinfo"]
        rx.packs = prepared.new_packs()
        ask("7206", prepared.handed_over(rx.number, staff, rx.packs, settled, leave=leave))
        rx.done.set()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--pharmacies", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3, help="prescriptions of each patient")
    parser.add_argument(
        "--pause", type=float, default=15.0, help="mean seconds between two pages, and between two customers"
    )
    options = parser.parse_args()
    with load.own_database():
        _measure(options)


def _measure(options: argparse.Namespace) -> None:
    """Everything that needs the database."""
    import prepared_prescriptions as prepared

    town = prepared.found(patients=options.patients, pharmacies=options.pharmacies)
    with load.served(PORT):
        for place in range(WARMING):  # templates are read and classes made when a process first needs them
            Line(Steps(), f"127.0.250.{1 + place}").get("sign-in page", "/portal/sign-in")
        play = Play(town, options)
        seconds = play.run()
        assert not play.failures, f"{len(play.failures)} failed, the first: {play.failures[0]}"
        rate = sum(map(len, play.steps.latencies.values())) / seconds
        peer = load.pgbench(PGBENCH_CLIENTS, rate=max(1, round(rate)))
    _print(play.steps, rate, peer)
    _check(options.patients * options.rounds)


def _print(steps: Steps, rate: float, peer: load.PgbenchRun) -> None:
    """The table: each step, then all of them."""
    print("| step | number | p50 | p99 | p99 to the limit of 1 s |\n| --- | --- | --- | --- | --- |")
    everything = [each for times in steps.latencies.values() for each in times]
    for step, times in [*sorted(steps.latencies.items()), ("all", everything)]:
        p50, p99 = (_quantile(times, share) for share in (0.5, 0.99))
        told = f"{p50 * 1000:.0f} ms | {p99 * 1000:.0f} ms | {p99 / LIMIT_SECONDS:.2f}"
        print(f"| {step} | {len(times):,} | {told} |")
    slowest = max(_quantile(times, 0.99) for times in steps.latencies.values())
    print(
        f"\n{rate:.0f} requests a second; the slowest step's p99 is {slowest / LIMIT_SECONDS:.2f} of the limit",
        end="; ",
    )
    own = f"p50 {peer.p50 * 1000:.1f} ms, p99 {peer.p99 * 1000:.1f} ms"
    print(f"pgbench at that rate ({PGBENCH_CLIENTS} clients): {own}, so p99 {slowest / peer.p99:.1f} times pgbench's")


def _quantile(times: list[float], share: float) -> float:
    """The latency below which this share of the answers lies, in seconds."""
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _check(wanted: int) -> None:
    """Every prescription was dispensed once, each pack sold once, each sale settled, and the ledger is balanced."""
    from django.db import connection

    questions = {
        "prescriptions": "SELECT count(*) FROM prescriptions_prescription",
        "dispensed": "SELECT count(*) FROM prescriptions_prescription WHERE state = 'dispensed' AND uses = 1",
        "sales": "SELECT count(*) FROM prescriptions_dispensing WHERE kind = 'sale' AND settlement_id IS NOT NULL",
        "drugs dispensed whole": "SELECT count(*) FROM prescriptions_line WHERE dispensed_e4 = quantity_e4",
        "settlements": "SELECT count(*) FROM settlement_settlement",
        "prescriptions with two packs of their own": "SELECT count(*) FROM (SELECT d.prescription_id FROM prescriptions_dispensedline l"
        " JOIN prescriptions_dispensing d ON d.id = l.dispensing_id, unnest(l.trace_codes) code"
        " GROUP BY 1 HAVING count(DISTINCT code) = 2) p",
    }
    with connection.cursor() as cursor:
        for name, question in questions.items():
            cursor.execute(question)
            (found,) = cursor.fetchone()
            assert found == wanted, f"{name}: {found:,} instead of {wanted:,}"
        cursor.execute("SELECT count(*), count(DISTINCT code_id) FROM stock_tracesale")
        assert cursor.fetchone() == (2 * wanted, 2 * wanted), "a pack was sold twice"
    print(f"{wanted:,} prescriptions dispensed once each, {2 * wanted:,} packs sold once each; {_balance()}")


def _balance() -> str:
    """What the ledger's journals come to; debit is credit in each, or the run fails."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(d), sum(c), bool_and(d = c) FROM (SELECT (SELECT sum(x) FROM unnest(debits_fen) x) AS d,"
            " (SELECT sum(x) FROM unnest(credits_fen) x) AS c FROM ledger_journal) j"
        )
        count, debit_fen, credit_fen, is_balanced = cursor.fetchone()
    assert is_balanced
    assert debit_fen == credit_fen
    return f"{count:,} journals, debit = credit = {debit_fen:,} fen"


if __name__ == "__main__":
    main()
