"""Messages as they came and were answered."""

from collections.abc import Collection, Sequence

from yibao.domains.messages.models import Message


def kept_messages(*, institution_id: int, msgids: Collection[str]) -> Sequence[Message]:
    """An institution's messages of these numbers, in the order of their coming."""
    return list(Message.objects.filter(institution_id=institution_id, msgid__in=msgids).order_by("received_at", "pk"))
