"""Keeping messages: in the transaction of what they did, under a number that is used once."""

from datetime import datetime

from yibao.domains.messages.models import SignIn
from yibao.domains.storage import Raw, Write, ask, write_together


def message_kept(
    *,
    institution_id: int,
    msgid: str,
    infno: str,
    digest: bytes,
    body: bytes,
    answer: bytes,
    person_id: int | None,
    subject_id: int | None,
    received_at: datetime,
) -> tuple[Write, Write]:
    """The writes that keep a message with the answer it gets; a second one of its number fails the transaction."""
    return (
        _number_used(institution_id, person_id, received_at, msgid),
        Write(
            "message",
            "INSERT INTO message_store_message"
            " (id, institution_id, msgid, infno, state, digest, body, answer, person_id, subject_id, received_at)"
            " SELECT number.message_id, number.institution_id, number.msgid, %s, 'answered', %s, %s, %s, number.person_id,"
            " %s::bigint, number.received_at FROM /*each,*/ number"
            " WHERE number.institution_id = %s AND number.msgid = %s",
            (infno, digest, body, answer, subject_id, institution_id, msgid),
        ),
    )


def forestall_message(
    raw: Raw, *, institution_id: int, msgid: str, infno: str, person_id: int, received_at: datetime
) -> None:
    """Keep the number of a message that never arrived as reversed, so that a late original is refused (2601)."""
    message = Write(
        "message",
        "INSERT INTO message_store_message"
        " (id, institution_id, msgid, infno, state, digest, body, answer, person_id, subject_id, received_at)"
        " SELECT message_id, institution_id, msgid, %s, 'reversed', '', '', '', person_id, NULL, received_at FROM number",
        (infno,),
    )
    write_together(raw, [_number_used(institution_id, person_id, received_at, msgid), message])


def _number_used(institution_id: int, person_id: int | None, received_at: datetime, msgid: str) -> Write:
    """The write that uses a number up, once over all months; the message's own write reads from it."""
    return Write(
        "number",
        "INSERT INTO message_store_messagenumber (message_id, institution_id, person_id, received_at, msgid)"
        " SELECT nextval('message_store_message_id_seq'), (SELECT id FROM institutions_institution WHERE id = %s),"
        " %s::bigint, %s, %s /*from each*/ RETURNING *",
        (institution_id, person_id, received_at, msgid),
    )


def mark_message_reversed(raw: Raw, *, message_id: int, received_at: datetime) -> None:
    """Say that 2601 undid what this message had done; when it came leads to its month."""
    ask(
        raw,
        "UPDATE message_store_message SET state = 'reversed' WHERE id = %s AND received_at = %s",
        (message_id, received_at),
    )


def record_read(raw: Raw, *, institution_id: int, person_id: int, infno: str, operator: str, read_at: datetime) -> None:
    """Log that an institution read a person's records."""
    ask(
        raw,
        "INSERT INTO message_store_recordread (institution_id, person_id, infno, operator, read_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        (institution_id, person_id, infno, operator, read_at),
    )


def sign_in(*, institution_id: int, operator: str, sign_no: str, at: datetime) -> None:
    """Record that an operator signed in at an institution."""
    SignIn.objects.create(institution_id=institution_id, operator=operator, sign_no=sign_no, signed_in_at=at)


def sign_out(raw: Raw, *, institution_id: int, sign_no: str, at: datetime) -> bool:
    """Record that an operator signed out; false when no such sign-in is open."""
    signed_out = ask(
        raw,
        "UPDATE message_store_signin SET signed_out_at = %s"
        " WHERE institution_id = %s AND sign_no = %s AND signed_out_at IS NULL RETURNING id",
        (at, institution_id, sign_no),
    )
    return signed_out.fetchone() is not None
