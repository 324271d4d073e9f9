"""Cutting a connection as a network does: the peer reads its end in the place of an answer (断开连接).

A server gives an application no way to do so, but the socket is one of this process: it is found by the address and port of the peer. Only a
sandbox loads this file.
"""

import os
import socket
import stat
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

_OPEN_FILES: Final = Path("/dev/fd")


def cut(address: str, port: str) -> bool:
    """Shut the connection of a peer down in both directions; false where this process holds none, or cannot know.

    What is written to it afterwards goes nowhere.
    """
    if not port.isdigit():
        return False
    for entry in list(_OPEN_FILES.iterdir()):
        with _socket_of(int(entry.name)) as found:
            if found.fileno() >= 0 and _is_peer(found, address, int(port)):
                found.shutdown(socket.SHUT_RDWR)
                return True
    return False


def _socket_of(number: int) -> socket.socket:
    """A second handle on an open socket, which may be closed; a closed one where the number is none's."""
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            return socket.socket(fileno=os.dup(number))
    except OSError:  # closed meanwhile
        pass
    closed = socket.socket()
    closed.close()
    return closed


def _is_peer(found: socket.socket, address: str, port: int) -> bool:
    """Whether the other end is at this address and port."""
    if found.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    try:
        host, other_port = found.getpeername()[:2]
    except OSError:  # a listening socket, or one that is gone
        return False
    return bool(other_port == port and _plain(host) == _plain(address))


def _plain(address: str) -> str:
    """An address in one spelling: without brackets and zone, version 4 in version 6 as version 4."""
    try:
        known = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return address
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return str(mapped or known)
