"""What a flood does to others: a polite hospital beside one that sends without measure, and many more connections than there is room for.

Starts a server and an embedded database of its own under a temporary home. The limits are measured in the same run: for the polite
hospital its own latency when it is alone, for the crowd of connections what sixteen of them get done.

    python bench/pressure.py [--seconds 6] [--flood 32] [--crowd 512]
"""

import argparse
import itertools
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import load

PORT = 18413
POLITE, LOUD = "H11010100001", "H11010100999"
FEW = 16
PAUSE_SECONDS = 0.02
"""Between the polite hospital's messages: fifty a second at most, well within its rate."""
_serial = itertools.count(1)


@dataclass
class Told:
    """What senders were told: accepted, refused because of their pace, busy; and how long each answer took."""

    accepted: int = 0
    too_fast: int = 0
    busy: int = 0
    other: list[bytes] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: bytes, seconds: float) -> None:
        """Count one answer."""
        with self.lock:
            self.latencies.append(seconds)
            if b'"infcode":0' in answer:
                self.accepted += 1
            elif "过快".encode() in answer:
                self.too_fast += 1
            elif "繁忙".encode() in answer:
                self.busy += 1
            else:
                self.other.append(answer[:300])

    def quantile(self, share: float) -> float:
        """The latency below which this share of the answers lies, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--flood", type=int, default=32, help="connections of the hospital that sends without measure")
    parser.add_argument("--crowd", type=int, default=512, help="connections where there is room for fewer")
    options = parser.parse_args()
    with load.own_database():
        document = _found()
        with load.served(PORT):
            _senders({POLITE: 4}, document, seconds=1.0)
            print("| what | figure | limit of the same run | ratio |\n| --- | --- | --- | --- |", flush=True)
            _beside_a_flood(document, options.flood, options.seconds)
            _crowd(document, options.crowd, options.seconds)


def _found() -> str:
    """The town of the settlements' benchmark, whose hospital may send without measure, and a second hospital; a person's document."""
    import prepared_visits

    town = prepared_visits.found(persons=50)
    from yibao.domains.institutions.models import Institution
    from yibao.domains.messages.keys import KeyRow, add_key
    from yibao.domains.messages.models import AccessPoint
    from yibao.interfaces.gateway.schemes import SCHEMES
    from yibao.interfaces.gateway.schemes.making import made_material

    loud = Institution.objects.create(
        code=LOUD, name="bench", kind="hospital", level="tertiary", division_id="110101",
        designated_from=date(2019, 1, 1),
    )  # fmt: skip
    kept, _ = made_material(SCHEMES["none"])
    add_key(KeyRow(AccessPoint.objects.get().pk, loud.pk, "", kept))
    return town.persons[0][2]


def _request(code: str, document: str) -> bytes:
    """A 1101 as a hospital sends it."""
    shown = {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": document, "card_sn": "", "begntime": "", "psn_cert_type": "01",
        "certno": document, "psn_name": "",
    }  # fmt: skip
    body = {
        "infno": "1101", "msgid": f"{code}{next(_serial):018d}", "mdtrtarea_admvs": "110101", "insuplc_admdvs": "",
        "recer_sys_code": "bench", "infver": "V1.0", "opter_type": "1", "opter": "op", "opter_name": "op",
        "inf_time": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}", "fixmedins_code": code, "fixmedins_name": "bench",
        "sign_no": "", "input": {"data": shown},
    }  # fmt: skip
    return load.http_request("/fsi/callService", json.dumps(body).encode())


def _send_until(stopping: threading.Event, code: str, document: str, pause: float, told: Told) -> None:
    """One connection: send, wait for the answer, perhaps pause, and again."""
    buffer = bytearray()
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not stopping.is_set():
            request = _request(code, document)
            began = time.perf_counter()
            stream.sendall(request)
            answer = load.read_answer(stream, buffer)
            told.note(answer, time.perf_counter() - began)
            if pause:
                time.sleep(pause)


def _senders(
    connections: dict[str, int], document: str, *, seconds: float, pauses: dict[str, float] | None = None
) -> dict[str, Told]:
    """Let each institution send over so many connections for some seconds; what each was told."""
    stopping = threading.Event()
    told = {code: Told() for code in connections}
    threads = [
        threading.Thread(target=_send_until, args=(stopping, code, document, (pauses or {}).get(code, 0.0), told[code]))
        for code, count in connections.items()
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stopping.set()
    for thread in threads:
        thread.join()
    for each in told.values():
        assert not each.other, each.other[:2]
    return told


def _beside_a_flood(document: str, flood: int, seconds: float) -> None:
    """The polite hospital alone, then beside the one that sends without measure and is held to its rate."""
    pauses = {POLITE: PAUSE_SECONDS}
    alone = _senders({POLITE: 2}, document, seconds=seconds, pauses=pauses)[POLITE]
    beside = _senders({POLITE: 2, LOUD: flood}, document, seconds=seconds, pauses=pauses)
    polite, loud = beside[POLITE], beside[LOUD]
    assert not polite.too_fast, polite.too_fast
    print(
        f"| 1101 of a polite hospital beside {flood} connections of one that sends without measure | p50"
        f" {polite.quantile(0.5):.1f} ms, p99 {polite.quantile(0.99):.1f} ms, {polite.busy} busy | alone p50"
        f" {alone.quantile(0.5):.1f} ms, p99 {alone.quantile(0.99):.1f} ms"
        f" | {polite.quantile(0.5) / alone.quantile(0.5):.1f} (p99 {polite.quantile(0.99) / alone.quantile(0.99):.1f}) |",
        flush=True,
    )
    print(
        f"| the one without measure | {loud.accepted / seconds:.0f} accepted/s, {loud.too_fast / seconds:.0f} told to slow"
        f" down/s, {loud.busy} busy | rate 300/s with 600 at once, in each of 2 processes | |",
        flush=True,
    )


def _crowd(document: str, crowd: int, seconds: float) -> None:
    """More connections than there is room for, against sixteen of them."""
    few = _senders({POLITE: FEW}, document, seconds=seconds)[POLITE]
    many = _senders({POLITE: crowd}, document, seconds=seconds)[POLITE]
    print(
        f"| 1101 over {crowd} connections at once | {many.accepted / seconds:.0f} accepted/s, {many.busy / seconds:.0f} busy/s,"
        f" p99 {many.quantile(0.99):.0f} ms | over {FEW}: {few.accepted / seconds:.0f}/s | "
        f"{many.accepted / max(1, few.accepted):.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
