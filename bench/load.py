"""A bounded load of prepared requests over HTTP/1.1 keep-alive, on loopback only, and the database that it is put on.

Raw sockets, one thread per client.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

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


@dataclass(frozen=True)
class PgbenchRun:
    """Transactions per second of pgbench, and its latencies in seconds."""

    per_second: float
    p50: float
    p99: float


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
    return read_whole_answer(stream, buffer)[1]


def read_whole_answer(stream: socket.socket, buffer: bytearray) -> tuple[bytes, bytes]:
    """One answer's head and body; what follows it stays in the buffer.

    :raises ConnectionError: the connection ended within it.
    """
    while (end := buffer.find(_SPLIT)) < 0:
        _receive(stream, buffer)
    head = bytes(buffer[:end])
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    while len(buffer) < end + 4 + length:
        _receive(stream, buffer)
    body = bytes(buffer[end + 4 : end + 4 + length])
    del buffer[: end + 4 + length]
    return head, body


def _receive(stream: socket.socket, buffer: bytearray) -> None:
    """Some more bytes."""
    more = stream.recv(65536)
    if not more:
        raise ConnectionError
    buffer += more


def await_server(port: int) -> None:
    """Wait until a server answers on loopback."""
    for _ in range(900):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


@contextmanager
def served(port: int) -> Iterator[None]:
    """`yibao serve` over the database of this home, as a process of its own."""
    server = subprocess.Popen([sys.executable, "-m", "yibao", "serve", "--port", str(port)])
    try:
        await_server(port)
        yield
    finally:
        server.terminate()
        server.wait()


def pgbench(clients: int, *, rate: int = 0) -> "PgbenchRun":
    """TPC-B at scale 50 on the same database server for four seconds, at full speed or, timed, at so many a second."""
    from yibao.interfaces.server import database

    program, url = str(database.embedded_binaries() / "pgbench"), database.url()
    if not getattr(pgbench, "ready", False):
        subprocess.run([program, "-i", "-q", "-s", "50", url], check=True, capture_output=True)
        pgbench.ready = True  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        timed = ["-R", str(rate), "-l", "--log-prefix", f"{folder}/each"] if rate else []
        done = subprocess.run(
            [program, "-c", str(clients), "-j", "2", "-T", "4", "-n", *timed, url],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        lines = [line for path in Path(folder).iterdir() for line in path.read_text().splitlines()]
    each = sorted(int(line.split()[2]) for line in lines)
    tps = float(next(line for line in done.stdout.splitlines() if line.startswith("tps")).split()[2])
    return PgbenchRun(tps, *(each[len(each) * share // 100] / 1e6 if each else 0.0 for share in (50, 99)))


def _client(port: int, requests: SimpleQueue[bytes], measured: Measured, lock: threading.Lock) -> None:
    """Take a request, send it, wait for its answer, remember how long it took; until none is left."""
    latencies, refused, buffer = [], [], bytearray()
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                request = requests.get_nowait()
            except Empty:
                break
            began = time.perf_counter()
            stream.sendall(request)
            answer = read_answer(stream, buffer)
            latencies.append(time.perf_counter() - began)
            if b'"infcode":0' not in answer:
                refused.append(answer[:300])
    with lock:
        measured.latencies += latencies
        measured.refused += refused


def run(port: int, requests: Iterable[bytes], *, clients: int) -> Measured:
    """Send the requests by so many clients at once, each taking the next that nobody has taken.

    All of them work until the end, as pgbench's do. With a share for each the last to finish, and not the server,
    would say how long it took: connections fall to the server's processes by chance, seldom as many to each.
    """
    stock: SimpleQueue[bytes] = SimpleQueue()
    for request in requests:
        stock.put(request)
    measured, lock = Measured(), threading.Lock()
    threads = [threading.Thread(target=_client, args=(port, stock, measured, lock)) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.seconds = time.perf_counter() - began
    return measured
