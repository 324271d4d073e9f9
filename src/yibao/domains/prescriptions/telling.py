"""How the telling of hospitals fares: what became of an attempt."""

from datetime import datetime

from django.db.models import F

from yibao.domains.prescriptions.models import Notification


def keep_attempt(*, notification: Notification, trouble: str, next_at: datetime, at: datetime) -> None:
    """Keep what became of an attempt: taken, or why not and when it is tried again; one that was taken meanwhile stays so."""
    waiting = Notification.objects.filter(pk=notification.pk, sent_at=None)
    if trouble:
        waiting.update(attempts=F("attempts") + 1, trouble=trouble[:200], next_at=next_at)
    else:
        waiting.update(attempts=F("attempts") + 1, trouble="", sent_at=at)
