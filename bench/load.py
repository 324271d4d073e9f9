"""A bounded load of prepared requests over HTTP/1.1 keep-alive, on loopback only, and the database that it is put on.

Raw sockets, one thread per client.
"""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

_SPLIT = b"\r\n\r\n"


@dataclass
class Measured:
    """Seconds of the whole, and of each answer."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """The latency below which this share of the answers lies, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


@contextmanager
def own_database() -> Iterator[None]:
    """An embedded database under a temporary home, migrated, for as long as a benchmark runs."""
    with tempfile.TemporaryDirectory(prefix="yibao-bench-") as home:
        os.environ["YIBAO_HOME"] = home
        os.environ.pop("YIBAO_DATABASE_URL", None)
        from yibao.interfaces.commands.prepared import migrate, prepare
        from yibao.interfaces.server import database

        database.start()
        try:
            prepare()
            migrate()
            yield
        finally:
            database.stop()


def http_request(path: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of one POST."""
    lines = {
        "Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {}),
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def read_answer(stream: socket.socket, buffer: bytearray) -> bytes:
    """One answer's body; what follows it stays in the buffer."""
    while (end := buffer.find(_SPLIT)) < 0:
        buffer += stream.recv(65536)
    head = bytes(buffer[:end]).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(buffer) < end + 4 + length:
        buffer += stream.recv(65536)
    body = bytes(buffer[end + 4 : end + 4 + length])
    del buffer[: end + 4 + length]
    return body


def _client(port: int, requests: Sequence[bytes], measured: Measured, lock: threading.Lock) -> None:
    """Send each request, wait for its answer, remember how long it took."""
    latencies, refused, buffer = [], [], bytearray()
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            began = time.perf_counter()
            stream.sendall(request)
            answer = read_answer(stream, buffer)
            latencies.append(time.perf_counter() - began)
            if b'"infcode":0' not in answer:
                refused.append(answer[:300])
    with lock:
        measured.latencies += latencies
        measured.refused += refused


def run(port: int, shares: Sequence[Sequence[bytes]]) -> Measured:
    """Send each share by a client of its own, all at once."""
    measured, lock = Measured(), threading.Lock()
    clients = [threading.Thread(target=_client, args=(port, share, measured, lock)) for share in shares]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    measured.seconds = time.perf_counter() - began
    return measured
