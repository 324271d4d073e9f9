"""What the gateway reads before it lets a message in: access points, credentials, earlier messages."""

from dataclasses import dataclass

from yibao.domains.messages.models import AccessPoint, Credential
from yibao.domains.storage import Raw, Rows, ask


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """An earlier message of the same number: its digest, its answer, and whether its effect still stands."""

    id: int
    infno: str
    state: str
    digest: bytes
    answer: bytes
    person_id: int | None
    subject_id: int | None


def ask_for_message(raw: Raw, *, institution_id: int, msgid: str) -> Rows:
    """Ask for the message that an institution sent earlier under this number; read it with `message_of`."""
    return ask(
        raw,
        "SELECT id, infno, state, digest, answer, person_id, subject_id FROM message_store_message"
        " WHERE institution_id = %s AND msgid = %s",
        (institution_id, msgid),
    )


def message_of(rows: Rows) -> KnownMessage | None:
    """The message that was asked for, or nothing."""
    row = rows.fetchone()
    return KnownMessage(row[0], row[1], row[2], bytes(row[3]), bytes(row[4]), row[5], row[6]) if row else None


def open_access_points() -> list[AccessPoint]:
    """All access points that are open, longest prefix first."""
    return sorted(AccessPoint.objects.filter(is_open=True), key=lambda point: -len(point.path_prefix))


def credentials_of(access_point_id: int) -> list[tuple[str, str, str]]:
    """The institution codes, access keys and secrets that an access point accepts."""
    return list(
        Credential.objects.filter(access_point_id=access_point_id)
        .order_by("id")
        .values_list("institution__code", "access_key", "secret")
    )
