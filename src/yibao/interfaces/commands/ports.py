"""The port at which a server is to listen: free, or a refusal that says what to do."""

import errno
import os
import socket
from typing import ClassVar

from yibao.core.errors import YibaoError


class PortTakenError(YibaoError):
    """Something listens at the port already."""

    code: ClassVar[str] = "city.port_taken"


class NoSuchPortError(YibaoError):
    """Nobody can listen there: no address of this machine, no number of a port, or one that needs a right."""

    code: ClassVar[str] = "city.no_such_port"


def free_port(chosen: int, *, address: str = "127.0.0.1") -> int:
    """The chosen port, or any free one for 0, as nobody listens there.

    A server's own workers share its port, so the system would let a second server share it unnoticed, and each would
    answer half of all messages.

    :raises PortTakenError: somebody listens there.
    :raises NoSuchPortError: nobody can.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, chosen))
        except OSError as refused:
            if refused.errno == errno.EADDRINUSE:
                raise PortTakenError(port=chosen) from None
            raise NoSuchPortError(place=f"{address}:{chosen}", reason=refused.strerror or str(refused)) from None
        except OverflowError:
            raise NoSuchPortError(place=f"{address}:{chosen}", reason=os.strerror(errno.EINVAL)) from None
        return int(probe.getsockname()[1])
