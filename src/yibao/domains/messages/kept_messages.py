"""Messages as they came and were answered."""

from collections.abc import Collection, Sequence

from yibao.domains.messages.models import Message


def kept_messages(*, institution_id: int, msgids: Collection[str]) -> Sequence[Message]:
    """An institution's messages of these numbers, in the order of their coming; archived ones are left out."""
    numbered = Message.objects.filter(number__institution_id=institution_id, number__msgid__in=msgids)
    return list(numbered.order_by("received_at", "pk"))
