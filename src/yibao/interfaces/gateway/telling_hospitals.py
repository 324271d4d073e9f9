"""Telling hospitals of their prescriptions: reviews (7108) and what was handed over (7109), posted until they are taken.

They go where the institution wants its notices, as those of mobile payment do; without an address they wait, and the hospital finds
the same by 7106 and 7107.
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Final

from yibao.domains.mobile_orders.models import NoticeAddress
from yibao.domains.prescriptions.models import Notification
from yibao.domains.prescriptions.queries import to_tell
from yibao.domains.prescriptions.states import State
from yibao.domains.prescriptions.telling import keep_attempt
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.codec import encode_input
from yibao.interfaces.gateway.handlers.prescription_words import words_of_state
from yibao.interfaces.gateway.notifying import WAITS, Post, post_json

AT_ONCE: Final = 50
_TAKEN: Final = frozenset({"0", 0})
_LOG: Final = logging.getLogger(__name__)


def tell_hospitals(*, at: datetime, post: Post = post_json) -> int:
    """Post every notification whose time has come and whose hospital has an address; how many were taken."""
    addresses = dict(NoticeAddress.objects.filter(is_open=True).values_list("institution_id", "url"))
    taken = 0
    for told in to_tell(institution_ids=set(addresses), at=at, limit=AT_ONCE):
        trouble = _try(told, addresses[told.institution_id], post, at)
        wait = WAITS[min(told.attempts, len(WAITS) - 1)] if trouble else timedelta()
        keep_attempt(notification=told, trouble=trouble, next_at=at + wait, at=at)
        taken += not trouble
    return taken


def message_of(told: Notification, *, at: datetime) -> bytes:
    """A notification as a message of the interface, from the platform to the hospital."""
    local, content = at.astimezone(BEIJING), dict(told.content)
    code, name = words_of_state(State(content.pop("state")))
    data = {**content, "rxStasCodg": code, "rxStasName": name}
    members = {
        "infno": told.infno,
        "msgid": f"{told.institution.code}{local:%Y%m%d%H%M%S}{told.pk % 10_000:04d}",
        "inf_time": f"{local:%Y-%m-%d %H:%M:%S}",
        "fixmedins_code": told.institution.code,
        "input": json.loads(encode_input(told.infno, {"data": data})),
    }
    return json.dumps(members, ensure_ascii=False).encode()


def _try(told: Notification, url: str, post: Post, at: datetime) -> str:
    """Post once; empty when the hospital took it (infcode 0), else why not."""
    try:
        answer = json.loads(post(url, message_of(told, at=at)))
    except (OSError, ValueError) as trouble:
        _LOG.warning("notification %s to %s: %s", told.pk, told.institution.code, trouble)
        return str(trouble)[:200] or type(trouble).__name__
    if isinstance(answer, dict) and answer.get("infcode") in _TAKEN:
        return ""
    return str((answer.get("err_msg") if isinstance(answer, dict) else None) or "not taken")[:200]
