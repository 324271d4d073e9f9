"""A sandbox over the small town: its gateway, its recorder by hand, and staff who open the console."""

import json
from contextlib import contextmanager

from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.models import Exchange
from yibao.domains.sandbox.operations import mark_sandbox, order_fault
from yibao.interfaces.console import faulty
from yibao.interfaces.console.recorder import recorder

from .hospital import BEIJING, Hospital, datetime, post


def no_pages(environ, start_response):
    """Pages are not asked for at the gateway's door."""
    start_response("404 Not Found", [])
    return [b""]


@contextmanager
def open_sandbox(settings):
    """The gateway of a sandbox over the town that stands; what it writes down is written by hand."""
    settings.SANDBOX = True
    mark_sandbox(is_synthetic=True, actor="test")
    faulty.forget_mark()
    recorder.is_by_hand = True
    try:
        yield faulty.sandboxed(no_pages)
    finally:
        recorder._waiting.clear()
        recorder.is_by_hand = False
        faulty.forget_mark()


def vendor(application, **options):
    """A hospital's system that speaks to the sandbox."""
    return Hospital(send=lambda path, body, **more: post(path, body, application=application, **more), **options)


def written():
    """Everything that was written down so far, oldest first."""
    recorder.write_now()
    return list(Exchange.objects.order_by("pk"))


def order(kind, *, infno="", seconds=0, times=1, institution=None, prefix="/fsi"):
    """Order a fault for the messages of an access point."""
    return order_fault(
        access_point=AccessPoint.objects.get(path_prefix=prefix),
        institution=Institution.objects.get(code=institution) if institution else None,
        infno=infno, kind=kind, seconds=seconds, times=times, actor="test", at=datetime.now(BEIJING),
    )  # fmt: skip


def answer_of(exchange):
    """The answer of a message as JSON."""
    return json.loads(bytes(exchange.answer))
