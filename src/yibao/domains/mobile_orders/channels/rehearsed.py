"""The built-in test channel (测试支付渠道): it keeps books of its own and fails, delays and repeats on demand.

It moves no money, so it serves sandboxes alone (see `choosing.channel_at`). Faults are ordered as those of messages are.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from yibao.domains.mobile_orders.channel_books import ChannelEntry, ChannelFault
from yibao.domains.mobile_orders.channels.base import (
    SILENCE,
    CashAnswer,
    CashWish,
    Channel,
    StatementLine,
    Word,
    register,
)

State = ChannelEntry.State
Kind = ChannelFault.Kind
NOTICES_OF_A_REPEAT = 2
"""How often a result is told once more when a repeat was ordered, or when it changed."""
_STATES: Final[Mapping[str, State]] = {
    Kind.DECLINE: State.DECLINED,
    Kind.PAID_LATE: State.DECLINED,
    Kind.PENDING: State.PENDING,
}
_DECIDED_LATER: Final = frozenset({Kind.PENDING, Kind.PAID_LATE})
_TOLD_AGAIN: Final = frozenset({Kind.REPEAT, Kind.PAID_LATE})


class TestChannel(Channel):
    """A bank in a table."""

    __test__ = False  # pytest collects classes of such a name
    code: ClassVar[str] = "test"

    def pay(self, wish: CashWish) -> CashAnswer:
        """Take cash; a number that was heard before is answered as it stands."""
        return self._carry_out("payment", wish)

    def refund(self, wish: CashWish) -> CashAnswer:
        """Give cash back, whole or in parts and never more than was paid."""
        return self._carry_out("refund", wish)

    def query(self, number: str, *, at: datetime) -> CashAnswer:
        """What the books say now."""
        entry = _decided(number, at)
        return _told(entry) if entry else CashAnswer(Word.UNKNOWN)

    def close(self, number: str, *, at: datetime) -> CashAnswer:
        """Close what was not paid; a number never heard is written down as closed, so that it is not paid later."""
        with transaction.atomic():
            entry = _decided(number, at, lock=True)
            if entry is None:
                closed = _Draft("payment", CashWish(number, 1, 0, at)).entry(State.CLOSED)
                _, is_new = ChannelEntry.objects.get_or_create(number=number, defaults=closed)
                return CashAnswer(Word.DECLINED, reason="closed") if is_new else self.query(number, at=at)
            if entry.state == State.PENDING:
                entry.state = State.CLOSED
                entry.save(update_fields=["state"])
        return _told(entry)

    def statement(self, day: date) -> Sequence[StatementLine]:
        """The day's entries that are done."""
        begins = timezone.make_aware(datetime.combine(day, datetime.min.time()))
        done = ChannelEntry.objects.filter(
            state=State.DONE, done_at__gte=begins, done_at__lt=begins + timedelta(days=1)
        )
        return [
            StatementLine(
                entry.number,
                entry.channel_number,
                -entry.amount_fen if entry.kind == "refund" else entry.amount_fen,
                entry.done_at,
            )
            for entry in done.order_by("id")
            if entry.done_at is not None
        ]

    def told(self, *, at: datetime) -> Sequence[tuple[str, CashAnswer]]:
        """Results that were to be told several times, and late ones; each call tells each once more."""
        _decide(ChannelEntry.objects.all(), at)
        waiting = ChannelEntry.objects.filter(notices_left__gt=0)
        entries = list(waiting.exclude(state=State.DECLINED, due_at__gt=at).order_by("id"))
        ChannelEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(notices_left=F("notices_left") - 1)
        return [(entry.number, _told(entry)) for entry in entries]

    def _carry_out(self, kind: str, wish: CashWish) -> CashAnswer:
        """Do what is asked, or what a fault makes of it; the books change in a transaction of their own."""
        fault = _take_fault(institution_id=wish.institution_id, operation=kind)
        struck, seconds = fault or ("", 0)
        if struck == Kind.LOST_BEFORE:
            return SILENCE
        if struck == Kind.LATE:
            time.sleep(seconds)
        entry = _enter(_Draft(kind, wish), struck, seconds)
        return SILENCE if struck == Kind.LOST_AFTER else _told(entry)


class _Draft:
    """What is about to be entered in the books."""

    def __init__(self, kind: str, wish: CashWish) -> None:
        self.kind, self.wish = kind, wish

    def entry(self, state: State, *, due_at: datetime | None = None, notices: int = 0) -> dict[str, object]:
        """The columns of the entry."""
        return {
            "kind": self.kind,
            "number": self.wish.number,
            "refunds_number": self.wish.refunds_number,
            "channel_number": f"T{self.wish.at:%Y%m%d%H%M%S}{secrets.token_hex(8)}",
            "amount_fen": self.wish.amount_fen,
            "state": state,
            "taken_at": self.wish.at,
            "due_at": due_at,
            "done_at": self.wish.at if state == State.DONE else None,
            "notices_left": notices,
        }


def _enter(draft: _Draft, struck: str, seconds: int) -> ChannelEntry:
    """Enter it, or find that it was entered; a refund without a payment that is done is declined."""
    known = _decided(draft.wish.number, draft.wish.at)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            is_unfounded = draft.kind == "refund" and not _may_give_back(draft.wish)
            state = State.DECLINED if is_unfounded else _STATES.get(struck, State.DONE)
            comes_later = struck in _DECIDED_LATER and not is_unfounded
            due_at = draft.wish.at + timedelta(seconds=seconds) if comes_later else None
            notices = NOTICES_OF_A_REPEAT if struck in _TOLD_AGAIN else 0
            return ChannelEntry.objects.create(**draft.entry(state, due_at=due_at, notices=notices))
    except IntegrityError:  # the same number at the same moment
        twin = _decided(draft.wish.number, draft.wish.at)
        assert twin is not None
        return twin


def _may_give_back(wish: CashWish) -> bool:
    """Whether the payment was done and this much of it is left; its row is held, so that refunds wait for each other."""
    paid = ChannelEntry.objects.filter(number=wish.refunds_number, kind="payment")
    _decide(paid, wish.at)
    entry = paid.filter(state=State.DONE).select_for_update().first()
    back = ChannelEntry.objects.filter(refunds_number=wish.refunds_number, state__in=[State.PENDING, State.DONE])
    returned_fen = sum(back.values_list("amount_fen", flat=True))
    return entry is not None and returned_fen + wish.amount_fen <= entry.amount_fen


def _decided(number: str, at: datetime, *, lock: bool = False) -> ChannelEntry | None:
    """The entry of a number; one whose time has come is decided by looking at it."""
    found = ChannelEntry.objects.filter(number=number)
    _decide(found, at)
    return (found.select_for_update() if lock else found).first()


def _decide(entries: "QuerySet[ChannelEntry]", at: datetime) -> None:
    """Do what was under way, and what was declined to be paid after all, where its time has come."""
    entries.filter(state__in=[State.PENDING, State.DECLINED], due_at__lte=at).update(state=State.DONE, done_at=at)


def _told(entry: ChannelEntry) -> CashAnswer:
    """What the channel says of an entry."""
    match State(entry.state):
        case State.DONE:
            return CashAnswer(Word.DONE, entry.channel_number, entry.done_at)
        case State.PENDING:
            return CashAnswer(Word.PENDING, entry.channel_number)
        case _:
            return CashAnswer(Word.DECLINED, entry.channel_number, reason=entry.state)


def _take_fault(*, institution_id: int, operation: str) -> tuple[str, int] | None:
    """The fault that strikes: its kind and seconds, counted down at once whatever comes of it; None for none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mobile_orders_channelfault SET remaining = remaining - 1 WHERE id = ("
            " SELECT id FROM mobile_orders_channelfault WHERE ended_at IS NULL AND (remaining IS NULL OR remaining > 0)"
            " AND (institution_id IS NULL OR institution_id = %s) AND (operation = '' OR operation = %s)"
            " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING kind, seconds",
            [institution_id, operation],
        )
        row = cursor.fetchone()
    return (str(row[0]), int(row[1])) if row else None


register(TestChannel())
