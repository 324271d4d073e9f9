"""The recorder of a sandbox as it runs: a thread of its own, off the way of the messages."""

import time

from yibao.domains.sandbox.models import Exchange
from yibao.interfaces.console.recorder import recorder

from .sandbox_town import open_sandbox, vendor


def test_the_thread_writes_by_itself(lasting_town, settings):
    with open_sandbox(settings) as application:
        recorder.is_by_hand = False
        vendor(application).ask("1101", {})
        deadline = time.monotonic() + 10
        while not Exchange.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.02)

        assert Exchange.objects.get().infno == "1101"


def test_what_may_wait_is_bounded():
    assert recorder._waiting.maxlen == 5_000
