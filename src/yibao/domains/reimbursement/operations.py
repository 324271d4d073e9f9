"""Writes of reimbursements by hand: the case, the lines of the bill, calculations, the settlement that came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.domains.claims.models import Application
from yibao.domains.claims.operations import Act
from yibao.domains.claims.states import State, Step, WrongStateError
from yibao.domains.reimbursement.models import BillLine, Calculation, Reimbursement


class UnknownLineError(YibaoError):
    """The bill has no such line, or it was withdrawn."""

    code: ClassVar[str] = "reimbursement.unknown_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Why, which care, where and when; `place` is one of the six that visits know, both days count."""

    reason: str
    scheme: str
    institution_id: int
    care: str
    place: str
    began_on: date
    ended_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLine:
    """A line of the bill as it was typed; no code when no catalogue lists the item."""

    item_code: str
    item_name: str
    quantity_e4: int
    price_e6: int
    amount_fen: int
    occurred_on: date


def open_case(application: Application, circumstances: Circumstances) -> Reimbursement:
    """Open the case of an application that was received in this transaction."""
    return Reimbursement.objects.create(
        application=application,
        reason=circumstances.reason,
        scheme=circumstances.scheme,
        institution_id=circumstances.institution_id,
        care=circumstances.care,
        place=circumstances.place,
        began_on=circumstances.began_on,
        ended_on=circumstances.ended_on,
    )


def _require_open_bill(case: Reimbursement, step: str) -> None:
    """The bill is worked on while the application is accepted and not checked."""
    if case.application.state != State.ACCEPTED:
        raise WrongStateError(state=case.application.state, step=step)


@transaction.atomic
def enter_lines(case: Reimbursement, lines: Sequence[TypedLine], act: Act) -> list[BillLine]:
    """Enter lines of the bill, in their order.

    :raises WrongStateError: the application is not being worked on.
    """
    _require_open_bill(case, "bill")
    return BillLine.objects.bulk_create(
        BillLine(
            reimbursement=case,
            item_code=line.item_code,
            item_name=line.item_name,
            quantity_e4=line.quantity_e4,
            price_e6=line.price_e6,
            amount_fen=line.amount_fen,
            occurred_on=line.occurred_on,
            entered_at=act.at,
            entered_by=act.member,
        )
        for line in lines
    )


def _standing_line(case: Reimbursement, line_id: int) -> BillLine:
    line = BillLine.objects.filter(reimbursement=case, pk=line_id, withdrawn_at=None).first()
    if line is None:
        raise UnknownLineError(line=line_id)
    return line


def withdraw_line(case: Reimbursement, line_id: int, act: Act) -> None:
    """Withdraw a line that was typed wrong; it stays in the records.

    :raises WrongStateError: the application is not being worked on.
    :raises UnknownLineError: the bill has no such standing line.
    """
    _require_open_bill(case, "bill")
    line = _standing_line(case, line_id)
    line.withdrawn_at = act.at
    line.save(update_fields=["withdrawn_at"])


def refuse_line(case: Reimbursement, line_id: int, *, article: str) -> None:
    """Refuse a line by an article, or, with no article, let it count again; a refused line is the person's to pay.

    :raises WrongStateError: the application is not being worked on.
    :raises UnknownLineError: the bill has no such standing line.
    """
    _require_open_bill(case, "bill")
    line = _standing_line(case, line_id)
    line.refused_article = article.strip()
    line.save(update_fields=["refused_article"])


def keep_calculation(
    case: Reimbursement, *, bill_digest: str, checks: Sequence[Any], columns: Mapping[str, Any], act: Act
) -> Calculation:
    """Keep what a calculation gave.

    :raises WrongStateError: the application is not being worked on.
    """
    _require_open_bill(case, str(Step.CHECK.value))
    return Calculation.objects.create(
        reimbursement=case, made_at=act.at, made_by=act.member, bill_digest=bill_digest, checks=list(checks), **columns
    )


def settle_case(case: Reimbursement, *, settlement_id: int) -> None:
    """Note which settlement the approval wrote."""
    case.settlement_id = settlement_id
    case.save(update_fields=["settlement"])
