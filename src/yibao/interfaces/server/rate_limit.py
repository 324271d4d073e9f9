"""How often one address may ask the public doors for a calculation, and how much at once.

Addresses are kept in this process's memory for a minute and never written.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from http import HTTPStatus
from threading import Lock
from time import monotonic
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

LIMITED: Final = ("/portal/estimate/", "/portal/sign-in", "/portal/activate", "/api/v1/estimates")
"""Beginnings of the paths whose POSTs are counted."""
MOST: Final = 30
WINDOW_SECONDS: Final = 60
ADDRESSES_MAX: Final = 20_000
BODY_BYTES_MAX: Final = 400_000
"""A longer body is refused unread: the longest list that is priced fits several times."""


class AddressLimit:
    """Counts what each address asked within the last minute; the address that was silent longest is forgotten first."""

    def __init__(
        self, *, most: int = MOST, window_seconds: int = WINDOW_SECONDS, addresses_max: int = ADDRESSES_MAX
    ) -> None:
        self._most, self._window, self._addresses_max = most, window_seconds, addresses_max
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()  # float: seconds of the clock, no money
        self._lock = Lock()

    def wait_seconds(self, address: str, *, at: float) -> int:
        """Count a question at a moment and give 0, or the whole seconds after which the address may ask again."""
        with self._lock:
            asked = self._asked.setdefault(address, deque())
            self._asked.move_to_end(address)
            while asked and asked[0] <= at - self._window:
                asked.popleft()
            if len(asked) >= self._most:
                return max(1, -int(-(asked[0] + self._window - at) // 1))
            asked.append(at)
            while len(self._asked) > self._addresses_max:
                self._asked.popitem(last=False)
            return 0

    def forget(self) -> None:
        """Forget all addresses."""
        with self._lock:
            self._asked.clear()


limit: Final = AddressLimit()
"""The count of this process; with several processes an address may ask so often in each."""


class RateLimitMiddleware:
    """Tell the public doors by `request.wait_seconds` whether this address asked too often; each says it in its own way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Count a POST to one of the limited paths."""
        if request.method == "POST" and request.path.startswith(LIMITED):
            if _length(request) > BODY_BYTES_MAX:
                return HttpResponse(
                    "提交的内容太大。 The request is too large.\n",
                    content_type="text/plain; charset=utf-8",
                    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                )
            request.wait_seconds = limit.wait_seconds(address_of(request), at=monotonic())  # type: ignore[attr-defined]  # read by the doors
        return self.get_response(request)


def _length(request: HttpRequest) -> int:
    """The length that the request announces; the server reads no further than that."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return int(announced) if str(announced).isdigit() else 0


def address_of(request: HttpRequest) -> str:
    """The address that asks: the one that the proxy in front has added last, where there is a proxy."""
    if settings.IS_BEHIND_PROXY and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
