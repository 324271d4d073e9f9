"""Telling institutions what became of their orders (6302): the notices that wait are posted to where they want them.

The message has the shape of the interface, from the platform to the institution; whoever answers `success` has heard it. Others are
told again, less and less often (our default), and always find the same by 6301.
"""

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from yibao.domains.mobile_orders.models import Notice
from yibao.domains.mobile_orders.notices import keep_try, waiting_with_address
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.codec import encode_input

TIMEOUT_SECONDS: Final = 10
LONGEST_ANSWER: Final = 64 * 1024
AT_ONCE: Final = 50
WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 1800, 7200, 43_200))
"""How long a notice waits after each try that failed; the last for all that follow."""

Post = Callable[[str, bytes], bytes]
"""Posts a body to an address and gives the answer's bytes; whatever it raises is a failure."""

_LOG: Final = logging.getLogger(__name__)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An address is where the institution said it is."""

    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        """Follow nobody elsewhere."""
        return


def post_json(url: str, body: bytes) -> bytes:
    """Post a message to an institution."""
    if not url.startswith(("https://", "http://")):
        raise ValueError(url)
    request = urllib.request.Request(url, body, {"Content-Type": "application/json;charset=UTF-8"})  # noqa: S310  # checked above
    opener = urllib.request.build_opener(_NoRedirects)
    with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
        content: bytes = answer.read(LONGEST_ANSWER)
    return content


def tell_institutions(*, at: datetime, post: Post = post_json) -> int:
    """Post every notice whose time has come; how many were heard."""
    heard = 0
    for notice, url in waiting_with_address(at=at, limit=AT_ONCE):
        failure = _try(notice, url, post, at)
        keep_try(notice=notice, failure=failure, next_in=WAITS[min(notice.tries, len(WAITS) - 1)], at=at)
        heard += not failure
    return heard


def message_of(notice: Notice, *, at: datetime) -> bytes:
    """A notice as a message of the interface."""
    local = at.astimezone(BEIJING)
    members = {
        "infno": notice.infno,
        "msgid": f"{notice.institution.code}{local:%Y%m%d%H%M%S}{notice.pk % 10_000:04d}",
        "inf_time": f"{local:%Y-%m-%d %H:%M:%S}",
        "fixmedins_code": notice.institution.code,
        "input": json.loads(encode_input(notice.infno, {"data": notice.content}), parse_float=str),
    }
    return json.dumps(members, ensure_ascii=False).encode()


def _try(notice: Notice, url: str, post: Post, at: datetime) -> str:
    """Post once; empty when it was heard, else why not."""
    try:
        answer = json.loads(post(url, message_of(notice, at=at)))
    except (OSError, ValueError, urllib.error.URLError) as failure:
        _LOG.warning("notice %s to %s: %s", notice.pk, notice.institution.code, failure)
        return str(failure)[:200] or type(failure).__name__
    told = answer.get("output", answer) if isinstance(answer, dict) else {}
    if isinstance(told, dict) and str(told.get("success")).lower() == "true":
        return ""
    return str((told.get("message") if isinstance(told, dict) else None) or "not heard")[:200]
