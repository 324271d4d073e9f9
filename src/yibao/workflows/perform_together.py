"""Changes of several persons in one transaction: what arrives while the database works is carried out as one group.

A process lets one group into the database at a time. Who comes meanwhile waits in a line; the first of the line then
leads all that wait, one message of a person, through one reading and one writing (`domains.together`), so that the
server starts each statement once and flushes one commit for all of them.

A message is never bound to the fate of another. One that is refused has written nothing; one whose person is held by
someone else, or whose number was used, leaves the group before it writes; and when the writing of a group fails,
everything was undone and each of them is carried out by itself.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final, TypeVar, cast

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.messages.queries import ask_for_message
from yibao.domains.people.queries import LockedPerson, ask_for_free_locks, locked_persons
from yibao.domains.storage import Questions, Raw, Rows, Write
from yibao.domains.together import ask_together, can_join, write_for_all
from yibao.workflows import exactly_once
from yibao.workflows.exactly_once import OthersInvolved, Request, Step, all_writes

Asked = TypeVar("Asked")
Made = TypeVar("Made")

GROUP_MAX: Final = 16
"""The most messages of one transaction: our default."""
LINGER_SECONDS: Final = 0.008
"""How long a leader waits for as many as were there a moment ago, our default: they were just answered, and who sends
message after message is back within this time. Without it groups of one and of all the others take turns."""


class _Member:
    """A message that waits for its turn, and what became of it."""

    __slots__ = ("answer", "encode", "leads", "person_number", "refusal", "request", "step", "turn")

    def __init__(
        self, request: Request, person_number: str, step: Step[Any, Any], encode: Callable[[Any], bytes]
    ) -> None:
        self.request, self.person_number, self.step, self.encode = request, person_number, step, encode
        self.answer: bytes | None = None
        self.refusal: Exception | None = None
        self.leads = False
        self.turn = Lock()
        self.turn.acquire()


class _Line:
    """Who waits in this process; one at a time leads, and lingers while fewer came than lately."""

    __slots__ = ("_expected", "_is_led", "_lingers", "_lock", "_waiting")

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[_Member] = deque()
        self._is_led = False
        self._expected = 1
        self._lingers: _Member | None = None

    def join(self, member: _Member) -> None:
        """Wait until this message was carried out by others, or leads."""
        with self._lock:
            self._waiting.append(member)
            if not self._is_led:
                self._is_led = member.leads = True
                return
            if self._lingers is not None and len(self._waiting) >= self._expected:
                self._lingers.turn.release()
                self._lingers = None
        member.turn.acquire()

    def group_of(self, leader: _Member) -> list[_Member]:
        """The leader with those who wait, one message of a person; they leave the line."""
        self._linger(leader)
        with self._lock:
            self._expected = len(self._waiting)
            group, left = {leader.person_number: leader}, deque[_Member]()
            for member in self._waiting:
                if member is leader:
                    continue
                if len(group) < GROUP_MAX and member.person_number not in group:
                    group[member.person_number] = member
                else:
                    left.append(member)
            self._waiting = left
        return list(group.values())

    def _linger(self, leader: _Member) -> None:
        """Wait for as many as were there lately, for a moment at most; who is alone lately does not wait."""
        with self._lock:
            if len(self._waiting) >= self._expected:
                return
            self._lingers = leader
        leader.turn.acquire(timeout=LINGER_SECONDS)
        with self._lock:
            self._lingers = None

    def pass_on(self) -> None:
        """Let the first who waits lead, if anybody does; those who were just answered are expected back."""
        with self._lock:
            self._expected = min(self._expected + len(self._waiting), GROUP_MAX)
            if not self._waiting:
                self._is_led = False
                return
            first = self._waiting[0]
            first.leads = True
        first.turn.release()


_line: Final = _Line()


def perform(
    request: Request, *, person_number: str | None, step: Step[Asked, Made], encode: Callable[[Made], bytes]
) -> bytes:
    """Carry out a message once and give its answer, as `exactly_once.perform` does, with others where that is possible."""
    if person_number is not None and step.is_joint:
        member = _Member(request, person_number, step, encode)
        _line.join(member)
        if member.leads:
            try:
                _lead(_line.group_of(member))
            finally:
                _line.pass_on()
        if member.answer is not None:
            return member.answer
        if member.refusal is not None:
            raise member.refusal
    return exactly_once.perform(request, person_number=person_number, step=step, encode=encode)


def _lead(group: list[_Member]) -> None:
    """Carry a group out, and tell the others; who got neither answer nor refusal is carried out by itself."""
    try:
        _carry(group)
    except Exception:  # noqa: BLE001  # everything was undone; whoever is to blame will hear of it when alone
        for member in group:
            member.answer = None
    finally:
        for member in group[1:]:
            member.turn.release()


def _carry(group: Sequence[_Member]) -> None:
    """One transaction for all of them: two round trips, as for one."""
    with storage.transaction() as raw:
        locks = ask_for_free_locks(raw, numbers=[member.person_number for member in group])
        questions = [Questions() for _ in group]
        asked = [_ask(member, own) for member, own in zip(group, questions, strict=True)]
        ask_together(raw, questions)
        persons, writes = locked_persons(locks), []
        for member, (earlier, own_asked) in zip(group, asked, strict=True):
            person = persons.get(member.person_number)
            if person is not None and earlier.fetchone() is None:
                writes.append(_act(raw, member, person, own_asked))
        if any(writes):
            write_for_all(raw, writes)


def _ask(member: _Member, questions: Questions) -> tuple[Rows, Any]:
    """Whether the member's number was used, and what its step asks: noted in the place of a connection."""
    raw = cast("Raw", questions)
    earlier = ask_for_message(raw, institution_id=member.request.institution_id, msgid=member.request.msgid)
    return earlier, member.step.ask(raw)


def _act(raw: Raw, member: _Member, person: LockedPerson, asked: Any) -> list[Write]:
    """What one member writes, with its answer; nothing when it is refused or must go alone."""
    try:
        outcome = member.step.act(raw, person, asked)
        answer = member.encode(outcome.made)
    except OthersInvolved:
        return []
    except YibaoError as refused:
        member.refusal = refused
        return []
    writes = all_writes(member.request, outcome, answer=answer, person=person)
    if not can_join(writes):
        return []
    member.answer = answer
    return writes
