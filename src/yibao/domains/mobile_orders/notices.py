"""The outbox of notices: which wait and have an address, and what became of a try."""

from datetime import datetime, timedelta

from django.db.models import F

from yibao.domains.mobile_orders.models import Notice, NoticeAddress


def waiting_with_address(*, at: datetime, limit: int) -> list[tuple[Notice, str]]:
    """Notices whose next try is due and whose institution has an open address, oldest first, with the address."""
    addresses = dict(NoticeAddress.objects.filter(is_open=True).values_list("institution_id", "url"))
    found = Notice.objects.select_related("institution").filter(
        delivered_at=None, next_try_at__lte=at, institution_id__in=addresses
    )
    return [(notice, addresses[notice.institution_id]) for notice in found.order_by("id")[:limit]]


def keep_try(*, notice: Notice, failure: str, next_in: timedelta, at: datetime) -> None:
    """Keep what became of a try: heard, or why not and when it is tried again; one heard meanwhile stays so."""
    waiting = Notice.objects.filter(pk=notice.pk, delivered_at=None)
    if failure:
        waiting.update(tries=F("tries") + 1, last_failure=failure[:200], next_try_at=at + next_in)
    else:
        waiting.update(tries=F("tries") + 1, last_failure="", delivered_at=at)
