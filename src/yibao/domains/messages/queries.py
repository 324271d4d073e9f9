"""What the gateway reads before it lets a message in: access points, credentials, earlier messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.messages.models import AccessPoint
from yibao.domains.storage import Raw, Rows, ask


class MessageArchivedError(YibaoError):
    """The message was carried out so long ago that it was moved away (报文已归档); `month` says when it came."""

    code: ClassVar[str] = "messages.archived"


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """An earlier message of the same number: its digest, its answer, and whether its effect still stands."""

    id: int
    received_at: datetime
    infno: str
    state: str
    digest: bytes
    answer: bytes
    person_id: int | None
    subject_id: int | None


def ask_for_message(raw: Raw, *, institution_id: int, msgid: str) -> Rows:
    """Ask whether an institution used this number earlier, in whatever month; read it with `message_of`."""
    return ask(
        raw,
        "SELECT message_id, received_at, msgid FROM message_store_messagenumber"
        " WHERE msgid = %s AND institution_id = %s",
        (msgid, institution_id),
    )


def message_of(raw: Raw, rows: Rows) -> KnownMessage | None:
    """The message that was asked for, or nothing; one that exists costs a round trip more, into its own month.

    :raises MessageArchivedError: there was one, and its month was archived.
    """
    number = rows.fetchone()
    if number is None:
        return None
    message_id, received_at, msgid = number
    row = ask(
        raw,
        "SELECT infno, state, digest, answer, person_id, subject_id FROM message_store_message"
        " WHERE id = %s AND received_at = %s",
        (message_id, received_at),
    ).fetchone()
    if row is None:
        raise MessageArchivedError(msgid=msgid, month=f"{received_at:%Y-%m}")
    infno, state, digest, answer, person_id, subject_id = row
    return KnownMessage(message_id, received_at, infno, state, bytes(digest), bytes(answer), person_id, subject_id)


def open_access_points() -> list[AccessPoint]:
    """All access points that are open, longest prefix first."""
    return sorted(AccessPoint.objects.filter(is_open=True), key=lambda point: -len(point.path_prefix))
