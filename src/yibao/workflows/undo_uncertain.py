"""Undo a message whose answer the institution never got (2601 冲正), or forestall it if it never arrived."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from yibao.core.errors import YibaoError
from yibao.domains.messages.operations import forestall_message, mark_message_reversed
from yibao.domains.messages.queries import KnownMessage, ask_for_message, message_of
from yibao.domains.people.queries import LockedPerson
from yibao.domains.reconciliation.practices import practice_at
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.queries import standing_settlement
from yibao.domains.storage import Raw, Rows
from yibao.workflows.apply_for_clearing import refuse_cleared
from yibao.workflows.cancel_visit import cancel_admission
from yibao.workflows.exactly_once import Outcome, Request, Step, hold
from yibao.workflows.reverse_settlement import reinstate, reverse

SETTLEMENTS = frozenset(("2207", "2304", "2102"))
REVERSALS = frozenset(("2208", "2305", "2103"))
ADMISSIONS = frozenset(("2401",))

Undone = Literal["done", "refused"]
"""What 2601 says: certainty, or, where the region wants it so, that no such message is known."""


class NotReversibleError(YibaoError):
    """Transactions of this number cannot be undone by 2601."""

    code: ClassVar[str] = "messages.not_reversible"


class OriginalDoesNotFitError(YibaoError):
    """The message found under the number is another person's or another transaction's (人员或交易编号不符)."""

    code: ClassVar[str] = "messages.original_does_not_fit"


class UnknownOriginalError(YibaoError):
    """No message of this institution has the number; it is remembered all the same, so that a late one is refused (原交易不存在)."""

    code: ClassVar[str] = "messages.unknown_original"


class AlreadyRefundedError(YibaoError):
    """The settlement to be undone was already reversed by 2208 or 2305 (退费结算标志不为未退费)."""

    code: ClassVar[str] = "messages.already_refunded"


@dataclass(frozen=True, slots=True)
class UndoWish:
    """Which message of this institution is uncertain."""

    institution_id: int
    person_number: str
    msgid: str
    infno: str
    at: datetime


def base_infno(infno: str) -> str:
    """The transaction without its version letter: 2207A and 2207 are the same thing."""
    return infno.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def undo_step(wish: UndoWish, request: Request) -> Step[Rows, Undone]:
    """The change that undoes an uncertain message, for `exactly_once.perform`.

    Nothing found: its number is remembered, so that a late original is refused, and the institution has certainty; whether
    it is told so with a success or a refusal is the practice of its region.
    Undone before: nothing happens and the answer is success again.
    :raises NotReversibleError, OriginalDoesNotFitError, AlreadyRefundedError, CannotReinstateError, MonthClearedError: nothing
        changed.
    """
    kind = base_infno(wish.infno)
    if kind not in SETTLEMENTS | REVERSALS | ADMISSIONS:
        raise NotReversibleError(infno=wish.infno)

    def act(raw: Raw, person: LockedPerson | None, asked: Rows) -> Outcome[Undone]:
        assert person is not None
        original = message_of(raw, asked)
        if original is None:
            forestall_message(
                raw,
                institution_id=wish.institution_id,
                msgid=wish.msgid,
                infno=wish.infno,
                person_id=person.id,
                received_at=wish.at,
            )
        elif original.person_id != person.id or base_infno(original.infno) != kind:
            raise OriginalDoesNotFitError(msgid=wish.msgid, infno=wish.infno)
        elif original.state == "answered":
            _undo(raw, person, original, request, wish)
            mark_message_reversed(raw, message_id=original.id, received_at=original.received_at)
        never_came = original is None or (original.state == "reversed" and not original.digest)
        is_refused = never_came and practice_at(wish.institution_id).refuses_unknown_undo
        return Outcome("refused" if is_refused else "done")

    return Step(lambda raw: ask_for_message(raw, institution_id=wish.institution_id, msgid=wish.msgid), act)


def _undo(raw: Raw, person: LockedPerson, original: KnownMessage, request: Request, wish: UndoWish) -> None:
    """Undo what the message had done, if that still stands."""
    assert original.subject_id is not None
    kind = base_infno(wish.infno)
    if kind in ADMISSIONS:
        cancel_admission(raw, visit_id=original.subject_id)
        return
    found = standing_settlement(settlement_id=original.subject_id)
    assert found is not None
    row, latest = found
    hold(person, latest.shared_owner_ids)
    if kind in REVERSALS:
        if latest.pk != row.pk:
            raise AlreadyRefundedError(settlement_id=row.pk)
        refuse_cleared(row, at=wish.at)
        reinstate(raw, row, request, at=wish.at)
        return
    if latest.kind == Settlement.Kind.REVERSAL:
        raise AlreadyRefundedError(settlement_id=row.pk)
    refuse_cleared(row, at=wish.at)
    reverse(raw, latest, request, at=wish.at)
