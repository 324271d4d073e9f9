"""What `yibao serve` runs in each worker process: the porter before the WSGI application, with the manners of its doors."""

import contextlib
import os
import re
from collections.abc import Hashable
from datetime import datetime
from http import HTTPStatus
from typing import Final

from yibao.interfaces.server.wsgi import application  # makes Django ready, which all that follows needs

# isort: split
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from yibao.domains.messages.models import AccessPoint
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.directory import access_point_for, remembered_access_point
from yibao.interfaces.gateway.envelope import BodyTooLargeError
from yibao.interfaces.gateway.pace import keep_pace
from yibao.interfaces.gateway.parts import UPLOAD_LIMIT_BYTES, largest_body
from yibao.interfaces.gateway.service import TooBusyError, turned_away
from yibao.interfaces.server.cores import keep_to_a_core, keeps_to_cores
from yibao.interfaces.server.lanes import Lane
from yibao.interfaces.server.receiving import Head, Job, Manners, Porter, text
from yibao.interfaces.server.wsgi_call import Answered

PAGE_THREADS: Final = 2
PAGE_BODY_BYTES_MAX: Final = 32 * 1024 * 1024
"""The largest list or document that the office takes in: our default."""
WAIT_SECONDS: Final = 2
"""When to come back after "busy": our default."""
_INSTITUTION: Final = re.compile(rb'"fixmedins_code"\s*:\s*"([^"]{1,20})"').search
_ENVELOPE_BYTES: Final = 2048


def _client_of(head: Head) -> str:
    """The address that asks: the one that the proxy in front has added last, where there is a proxy."""
    if settings.IS_BEHIND_PROXY and head.forwarded:
        return head.forwarded.rpartition(",")[2].strip()
    return head.client


def _institution_of(head: Head, body: bytes) -> Hashable:
    """Whose line a message waits in: that of its address and of the institution it names, before its input or after."""
    named = _INSTITUTION(body, 0, _ENVELOPE_BYTES) or _INSTITUTION(body, max(0, len(body) - _ENVELOPE_BYTES))
    return _client_of(head), named[1] if named else b""


def _message_refusal(point: AccessPoint, error: BodyTooLargeError | TooBusyError) -> Answered:
    answer = turned_away(error, point, now=datetime.now(BEIJING))
    return Answered(HTTPStatus.OK, [("content-type", "application/json;charset=UTF-8")], answer)


def _gateway(point: AccessPoint, lane: Lane[Job]) -> Manners:
    """The manners of one access point."""
    return Manners(
        lane=lane,
        most=UPLOAD_LIMIT_BYTES,
        limit=lambda head, first: largest_body(first, path=head.path, content_type=head.content_type),
        sender=_institution_of,
        busy=lambda _head: _message_refusal(point, TooBusyError(wait_seconds=WAIT_SECONDS)),
        too_large=lambda _head, limit, size: _message_refusal(point, BodyTooLargeError(limit=limit, size=size)),
    )


def _pages(lane: Lane[Job]) -> Manners:
    """The manners of office, portal, registers and REST."""
    retry = ("retry-after", str(WAIT_SECONDS))
    return Manners(
        lane=lane,
        most=PAGE_BODY_BYTES_MAX,
        limit=lambda _head, _first: PAGE_BODY_BYTES_MAX,
        sender=lambda head, _body: _client_of(head),
        busy=lambda _head: text(
            HTTPStatus.SERVICE_UNAVAILABLE, "平台繁忙，请稍后再试。 Busy, please try again.", retry
        ),
        too_large=lambda _head, _limit, _size: text(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "提交的内容太大。 The request is too large."
        ),
    )


def _learn_access_points() -> None:
    """Know the access points before the first request; when the database is away they are learnt later."""
    with contextlib.suppress(OperationalError, InterfaceError):
        access_point_for("")
    connection.close()


def _porter() -> Porter:
    """The porter with its two lanes."""
    most = settings.IN_FLIGHT
    messages: Lane[Job] = Lane(most=most, most_of_one=max(1, most // 2))
    pages: Lane[Job] = Lane(most=most, most_of_one=max(1, most // 2))
    of_pages = _pages(pages)
    of_points: dict[tuple[int, str], Manners] = {}

    def manners_of(head: Head) -> Manners:
        point = remembered_access_point(head.path) if head.method == "POST" else None
        if point is None:
            return of_pages
        known = of_points.get((point.pk, point.infcode_type))
        if known is None:
            known = of_points[point.pk, point.infcode_type] = _gateway(point, messages)
        return known

    cores = os.sched_getaffinity(0)
    if keeps_to_cores(settings.KEEP_CORES, workers=settings.WORKERS, cores=len(cores)):
        keep_to_a_core(cores)
    _learn_access_points()
    keep_pace()
    return Porter(application, manners_of=manners_of, lanes={messages: settings.THREADS, pages: PAGE_THREADS})


porter: Final = _porter()
