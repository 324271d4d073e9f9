"""A bounded load of prepared requests over HTTP/1.1 keep-alive, on loopback only: raw sockets, one thread per client."""

import socket
import threading
import time
from collections.abc import Sequence
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


def http_request(path: str, body: bytes) -> bytes:
    """The bytes of one POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


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
