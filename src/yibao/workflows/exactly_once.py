"""Do what a message asks once, whatever happens to the network: the answer is kept in the transaction it reports.

The key is (institution, msgid). A repeat with the same body gets the same bytes and does nothing; another body under
the number is refused; a number that 2601 reversed before is refused. Source: the interface's texts do not spell this
out; clients force it (knowledge of gateway settlement, section 4: our default).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, TypeVar

from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.messages.operations import message_kept
from yibao.domains.messages.queries import KnownMessage, ask_for_message, message_of
from yibao.domains.people.queries import LockedPerson, ask_for_lock, locked_person
from yibao.domains.storage import Raw, Write, write_together

Asked = TypeVar("Asked")
Made = TypeVar("Made")

ATTEMPTS: Final = 6
"""How often a message is tried: anew when its twin was faster, when others must be held too, when the database met a deadlock."""


class UnknownPersonNumberError(YibaoError):
    """Nobody has this person number (人员编号)."""

    code: ClassVar[str] = "people.unknown_person"


class MessageNumberReusedError(YibaoError):
    """The message number was used for another message (报文ID重复)."""

    code: ClassVar[str] = "messages.number_reused"


class MessageReversedError(YibaoError):
    """The message was reversed by 2601, perhaps before it arrived (已冲正)."""

    code: ClassVar[str] = "messages.reversed"


class OthersInvolved(Exception):  # noqa: N818  # no error: the change begins anew with these persons held too
    """Accounts of other persons are moved, who must be held from the beginning, in the one order that knows no deadlock."""

    def __init__(self, person_ids: Collection[int]) -> None:
        self.person_ids = frozenset(person_ids)
        super().__init__()


def hold(person: LockedPerson, others: Collection[int]) -> None:
    """Go on only while these others are held with the person.

    :raises OthersInvolved: `perform` then begins anew and holds them first.
    """
    if not person.others.issuperset(others):
        raise OthersInvolved(others)


@dataclass(frozen=True, slots=True)
class Request:
    """A message that wants to change something: who sent it, under which number, and its bytes."""

    institution_id: int
    msgid: str
    infno: str
    operator: str
    digest: bytes
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Made]):
    """What a workflow made: the value that the door turns into the answer, and the record it is about.

    `writes` are what it left to be written; they travel together with the message.
    """

    made: Made
    subject_id: int | None = None
    writes: list[Write] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step(Generic[Asked, Made]):
    """A change in two halves: `ask` queues the reads that travel with the lock, `act` decides and writes.

    A step whose `act` writes nothing itself and leaves all to its outcome may be carried out together with those of
    other persons (`perform_together`), and says so.
    """

    ask: Callable[[Raw], Asked]
    act: Callable[[Raw, LockedPerson | None, Asked], Outcome[Made]]
    is_joint: bool = False


def perform(
    request: Request, *, person_number: str | None, step: Step[Asked, Made], encode: Callable[[Made], bytes]
) -> bytes:
    """Carry out a message once and give its answer; the same bytes again when it is sent again.

    The person is locked first, then everything is read, then everything is written: two round trips. A change that moves
    other persons' accounts too says so, and begins anew with all of them locked in one order.
    :raises UnknownPersonNumberError: nobody has the number.
    :raises MessageNumberReusedError: another message was sent under this number.
    :raises MessageReversedError: 2601 reversed this number.
    """
    others: frozenset[int] = frozenset()
    for _ in range(ATTEMPTS - 1):
        try:
            return _attempt(request, person_number, others, step, encode)
        except OthersInvolved as found:
            others |= found.person_ids
        except database_errors.DeadlockDetected:
            continue  # everything was undone, and whoever was in the way has gone on
        except database_errors.UniqueViolation as violation:
            if violation.diag.constraint_name != "message_number_is_used_once":
                raise  # else its twin has committed: answer as the twin was
    return _attempt(request, person_number, others, step, encode)


def _attempt(
    request: Request,
    person_number: str | None,
    others: frozenset[int],
    step: Step[Asked, Made],
    encode: Callable[[Made], bytes],
) -> bytes:
    """One try at the whole."""
    with storage.transaction() as raw:
        lock = ask_for_lock(raw, number=person_number, others=others) if person_number is not None else None
        earlier = ask_for_message(raw, institution_id=request.institution_id, msgid=request.msgid)
        asked = step.ask(raw)
        person = locked_person(lock, number=person_number) if lock else None
        known = message_of(raw, earlier)
        if known is not None:
            return _answer_again(request, known)
        if lock and person is None:
            raise UnknownPersonNumberError(number=person_number)
        outcome = step.act(raw, person, asked)
        answer = encode(outcome.made)
        write_together(raw, all_writes(request, outcome, answer=answer, person=person))
    return answer


def all_writes(request: Request, outcome: Outcome[Any], *, answer: bytes, person: LockedPerson | None) -> list[Write]:
    """What a message did, and the message with its answer: written together or not at all."""
    kept = message_kept(
        institution_id=request.institution_id,
        msgid=request.msgid,
        infno=request.infno,
        digest=request.digest,
        body=request.body,
        answer=answer,
        person_id=person.id if person else None,
        subject_id=outcome.subject_id,
        received_at=request.received_at,
    )
    return [*outcome.writes, *kept]


def _answer_again(request: Request, known: KnownMessage) -> bytes:
    """The answer that was given, when this is the same message and its effect still stands."""
    if known.state == "reversed":
        raise MessageReversedError(msgid=request.msgid)
    if known.digest != request.digest:
        raise MessageNumberReusedError(msgid=request.msgid, infno=known.infno)
    return known.answer
