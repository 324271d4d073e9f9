"""A connection is cut by the address of its peer, and no other with it."""

import socket

import pytest

from yibao.interfaces.console.cutting import cut


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["v4", "v6"])
def pair(request):
    """A client, and the server's end of its connection."""
    family, address = request.param
    with socket.socket(family) as listening:
        try:
            listening.bind((address, 0))
        except OSError:
            pytest.skip("this machine has no such addresses")
        listening.listen()
        with socket.create_connection(listening.getsockname()[:2]) as client, listening.accept()[0] as served:
            client.settimeout(5)
            yield client, served


def test_the_client_reads_the_end_and_no_answer(pair):
    client, served = pair
    address, port = client.getsockname()[:2]
    assert cut(f"[{address}]" if ":" in address else address, str(port))
    assert client.recv(10) == b""
    with pytest.raises(OSError):
        served.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def test_others_stay(pair):
    client, served = pair
    address, port = client.getsockname()[:2]
    assert not cut(address, str(port + 1 if port < 65_535 else port - 1))
    assert not cut("192.0.2.1", str(port))
    assert not cut(address, "")
    served.sendall(b"here")
    assert client.recv(10) == b"here"
