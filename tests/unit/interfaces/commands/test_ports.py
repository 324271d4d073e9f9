"""The port of a server: a free one, or a refusal in words."""

import socket

import pytest

from yibao.interfaces.commands.ports import NoSuchPortError, PortTakenError, free_port
from yibao.interfaces.commands.refusals import told
from yibao.interfaces.server.settings import NoNumberError, _number


@pytest.fixture
def listener():
    """A socket that shares its port with its like, as the workers of a server do."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def test_a_free_one_is_found():
    assert free_port(0) > 0


def test_a_port_where_another_server_listens_is_refused(listener):
    port = listener.getsockname()[1]
    with pytest.raises(PortTakenError) as refused:
        free_port(port)
    assert told(refused.value) == [
        f"端口 {port} 已被占用，请用 YIBAO_PORT 换一个（yibao serve 也可用 --port）",
        f"port {port} is taken: choose another with YIBAO_PORT, or --port of yibao serve",
    ]


@pytest.mark.parametrize(("port", "address"), [(0, "192.0.2.1"), (65_536, "127.0.0.1")])
def test_where_nobody_can_listen(port, address):
    with pytest.raises(NoSuchPortError) as refused:
        free_port(port, address=address)
    assert all(f"{address}:{port}" in sentence for sentence in told(refused.value))


@pytest.mark.parametrize("value", ["two", "-1", "1.5", "２"])
def test_a_variable_that_takes_a_number(monkeypatch, value):
    monkeypatch.setenv("YIBAO_WORKERS", value)
    with pytest.raises(NoNumberError) as refused:
        _number("YIBAO_WORKERS")
    assert told(refused.value) == [
        f"环境变量 YIBAO_WORKERS 应为数字，现为“{value}”",
        f"the variable YIBAO_WORKERS takes a number, not {value}",
    ]
