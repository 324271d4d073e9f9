"""Writes and reads of transfers between regions: the application, each side's step once, and the relation that ends or begins."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Q

from yibao.core.errors import YibaoError
from yibao.domains.enrolment.models import Enrolment, Transfer, TransferStep
from yibao.domains.reference.models import Division


class UnknownTransferError(YibaoError):
    """There is no transfer of this number."""

    code: ClassVar[str] = "transfers.unknown_transfer"


def find_transfer(transfer_id: int) -> Transfer:
    """The transfer of a number, with its person.

    :raises UnknownTransferError: there is none.
    """
    found = Transfer.objects.select_related("person").filter(pk=transfer_id).first()
    if found is None:
        raise UnknownTransferError(transfer=transfer_id)
    return found


def step_of(transfer: Transfer, side: str) -> TransferStep | None:
    """What one side did, if it did."""
    return TransferStep.objects.filter(transfer=transfer, side=side).first()


def is_ours(region: str) -> bool:
    """Whether a pooling region is kept in this installation."""
    return Division.objects.filter(pooling_region=region).exists()


def running_enrolment(*, person_id: int, scheme: str, region: str, on: date) -> Enrolment | None:
    """The enrolment that runs in a region on a day or begins later, insured or suspended."""
    return (
        Enrolment.objects.filter(Q(valid_until=None) | Q(valid_until__gt=on), person_id=person_id, scheme=scheme)
        .filter(region_id=region)
        .exclude(state=Enrolment.State.ENDED)
        .order_by("valid_from")
        .first()
    )


@transaction.atomic
def end_enrolment(enrolment: Enrolment, *, on: date) -> Enrolment:
    """End an enrolment (终止参保) on a day; one that begins on that day or later is ended as if it had never insured."""
    state = Enrolment.State
    if enrolment.valid_from >= on:
        enrolment.state = state.ENDED
        enrolment.save(update_fields=["state"])
        return enrolment
    enrolment.valid_until = on
    if enrolment.covered_from is not None and enrolment.covered_from >= on:
        enrolment.covered_from = None
    enrolment.save(update_fields=["valid_until", "covered_from"])
    return enrolment


def write_step(
    *, transfer: Transfer, side: str, on: date, at: datetime, by: str, enrolment: Enrolment | None = None, months: int = 0,
    balance_fen: int = 0, reason: str = "",
) -> TransferStep:  # fmt: skip
    """Write a step; the database refuses a second one of a side."""
    return TransferStep.objects.create(
        transfer=transfer, side=side, enrolment=enrolment, months=months, balance_fen=balance_fen, reason=reason,
        done_on=on, done_at=at, done_by=by,
    )  # fmt: skip


def arrivals_from_outside(*, person_ids: Iterable[int], scheme: str) -> list[tuple[int, date, int]]:
    """Person, day of arrival and months on the paper of transfers from regions whose records are not here."""
    arrived = TransferStep.objects.filter(
        side=TransferStep.Side.IN, transfer__person_id__in=list(person_ids), transfer__scheme=scheme, months__gt=0
    ).exclude(transfer__steps__side=TransferStep.Side.OUT)
    return list(arrived.values_list("transfer__person_id", "done_on", "months"))


def months_from_outside(*, person_id: int, scheme: str) -> int:
    """Months of contribution that came with transfers from regions whose records are not here."""
    return sum(months for _, _, months in arrivals_from_outside(person_ids=[person_id], scheme=scheme))
