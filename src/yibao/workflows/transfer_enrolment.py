"""Transfer an insured relation between pooling regions (关系转移接续): years recognised, account moved, both sides posted, once.

Source: 基本医疗保险关系转移接续暂行办法 (医保办发〔2021〕43号): the place left answers within ten working days, the new one within five.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.working_days import add_working_days
from yibao.domains import storage
from yibao.domains.enrolment.account_movements import account_moved
from yibao.domains.enrolment.models import Employer, Enrolment, PersonalAccount, Transfer, TransferStep
from yibao.domains.enrolment.operations import NotEnrolledError, UnknownPersonError, enrol
from yibao.domains.enrolment.owing import standing_contributions, unpaid_assessments
from yibao.domains.enrolment.paying import lock_people
from yibao.domains.enrolment.queries import account_balance
from yibao.domains.enrolment.transferring import (
    end_enrolment,
    find_transfer,
    is_ours,
    months_from_outside,
    running_enrolment,
    step_of,
    write_step,
)
from yibao.domains.ledger.operations import posted
from yibao.domains.people.models import Person
from yibao.domains.reference.operations import act_as
from yibao.workflows.contribution_postings import balance_in, balance_out

OUT_WORKING_DAYS: Final = 10
IN_WORKING_DAYS: Final = 5
ACCOUNT_FUND: Final = "310200"
EMPLOYEES: Final = "310"
_Side = TransferStep.Side


class RetiredTransferError(YibaoError):
    """Who draws benefits in retirement stays where he or she retired (退休人员不转移)."""

    code: ClassVar[str] = "transfers.retired"


class ArrearsError(YibaoError):
    """Contributions are assessed and unpaid in the region that is left."""

    code: ClassVar[str] = "transfers.arrears"


class NotTransferredOutError(YibaoError):
    """The region that is left has not let the relation go yet."""

    code: ClassVar[str] = "transfers.not_out_yet"


class TransferRefusedError(YibaoError):
    """The transfer was refused."""

    code: ClassVar[str] = "transfers.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the new region enters: division, kind of person, employer; months and balance only from a region not kept here."""

    division: str
    person_type: str
    status_group: str
    employer_code: str | None = None
    months: int = 0
    balance_fen: int = 0


@transaction.atomic
def apply_transfer(
    *, person_number: str, scheme: str, from_region: str, to_region: str, on: date, actor: str
) -> Transfer:
    """Apply to move a relation; a second application of the same day is the first.

    :raises UnknownPersonError, NotEnrolledError, RetiredTransferError, ArrearsError: nothing changed.
    """
    act_as(actor)
    person = Person.objects.filter(number=person_number).first()
    if person is None:
        raise UnknownPersonError(person=person_number)
    lock_people([person.pk])
    known = Transfer.objects.filter(
        person=person, scheme=scheme, from_region=from_region, to_region=to_region, applied_on=on
    ).first()
    if known is not None:
        return known
    if is_ours(from_region):
        _leaving(person, scheme, from_region, on)
    out_due = add_working_days(on, OUT_WORKING_DAYS)
    return Transfer.objects.create(
        person=person, scheme=scheme, from_region=from_region, to_region=to_region, applied_on=on, applied_by=actor,
        out_due_on=out_due, in_due_on=add_working_days(out_due, IN_WORKING_DAYS),
    )  # fmt: skip


@transaction.atomic
def transfer_out(*, transfer_id: int, on: date, at: datetime, actor: str) -> TransferStep:
    """Let a relation go: end the enrolment, tell the months paid, send the account's balance away. A repeat gives the step that stands.

    :raises UnknownTransferError, TransferRefusedError, NotEnrolledError, RetiredTransferError, ArrearsError: nothing changed.
    """
    act_as(actor)
    transfer = _locked(transfer_id)
    done = step_of(transfer, _Side.OUT)
    if done is not None:
        return done
    _check_open(transfer)
    person, scheme = transfer.person, transfer.scheme
    enrolment = end_enrolment(_leaving(person, scheme, transfer.from_region, on), on=on)
    balance_fen = account_balance(person.pk) if scheme == EMPLOYEES else 0
    months = contributed_months(person_id=person.pk, scheme=scheme)
    step = write_step(
        transfer=transfer,
        side=_Side.OUT,
        on=on,
        at=at,
        by=actor,
        enrolment=enrolment,
        months=months,
        balance_fen=balance_fen,
    )
    if balance_fen:
        _move(step, -balance_fen, at=at)
    return step


@transaction.atomic
def transfer_in(*, transfer_id: int, arrival: Arrival, on: date, at: datetime, actor: str) -> TransferStep:
    """Take a relation in: enrol, recognise the months, credit the balance. A repeat gives the step that stands.

    Months and balance are those of the other side's step where that region is kept here.
    :raises UnknownTransferError, TransferRefusedError, NotTransferredOutError: nothing changed.
    :raises AlreadyEnrolledError: the person is enrolled under the scheme on that day or later.
    """
    act_as(actor)
    transfer = _locked(transfer_id)
    done = step_of(transfer, _Side.IN)
    if done is not None:
        return done
    _check_open(transfer)
    left = step_of(transfer, _Side.OUT)
    if left is None and is_ours(transfer.from_region):
        raise NotTransferredOutError(transfer=transfer_id)
    months, balance_fen = (left.months, left.balance_fen) if left else (arrival.months, arrival.balance_fen)
    employer = Employer.objects.get(code=arrival.employer_code) if arrival.employer_code else None
    enrolment = enrol(
        person_id=transfer.person_id, scheme=transfer.scheme, region=transfer.to_region, division=arrival.division,
        person_type=arrival.person_type, status_group=arrival.status_group, valid_from=on, actor=actor,
        employer_id=employer.pk if employer else None,
    )  # fmt: skip
    step = write_step(
        transfer=transfer,
        side=_Side.IN,
        on=on,
        at=at,
        by=actor,
        enrolment=enrolment,
        months=months,
        balance_fen=balance_fen,
    )
    if balance_fen:
        PersonalAccount.objects.get_or_create(person_id=transfer.person_id)
        _move(step, balance_fen, at=at)
    return step


@transaction.atomic
def refuse_transfer(*, transfer_id: int, reason: str, on: date, at: datetime, actor: str) -> TransferStep:
    """Refuse a transfer before either side acted; a repeat gives the refusal that stands.

    :raises UnknownTransferError: there is none.
    :raises NotTransferredOutError: a side has acted already, so that there is nothing to refuse.
    """
    act_as(actor)
    transfer = _locked(transfer_id)
    done = step_of(transfer, _Side.REFUSED)
    if done is not None:
        return done
    if transfer.steps.exists():
        raise NotTransferredOutError(transfer=transfer_id)
    return write_step(transfer=transfer, side=_Side.REFUSED, on=on, at=at, by=actor, reason=reason)


def contributed_months(*, person_id: int, scheme: str, region: str | None = None) -> int:
    """Months of contribution (缴费年限): all that stand here, in one region when it is named, else with those from outside."""
    paid = standing_contributions(person_ids=[person_id], scheme=scheme)
    if region is not None:
        paid = paid.filter(enrolment__region_id=region)
    starts = {(each.period_start, each.period_end) for each in paid}
    months = sum((end.year - start.year) * 12 + end.month - start.month for start, end in starts)
    return months if region is not None else months + months_from_outside(person_id=person_id, scheme=scheme)


def _locked(transfer_id: int) -> Transfer:
    """The transfer with its person held."""
    transfer = find_transfer(transfer_id)
    lock_people([transfer.person_id])
    return transfer


def _check_open(transfer: Transfer) -> None:
    if step_of(transfer, _Side.REFUSED) is not None:
        raise TransferRefusedError(transfer=transfer.pk)


def _leaving(person: Person, scheme: str, region: str, on: date) -> Enrolment:
    """The enrolment that a person may leave."""
    enrolment = running_enrolment(person_id=person.pk, scheme=scheme, region=region, on=on)
    if enrolment is None:
        raise NotEnrolledError(person=person.pk, scheme=scheme, on=on.isoformat())
    if enrolment.person_type.startswith("12"):
        raise RetiredTransferError(person=person.number)
    owing = unpaid_assessments().filter(person=person, scheme=scheme, enrolment__region_id=region).first()
    if owing is not None:
        raise ArrearsError(person=person.number, period=owing.period_start.isoformat())
    return enrolment


def _move(step: TransferStep, amount_fen: int, *, at: datetime) -> None:
    """Move the account and post it in the region that it leaves or comes to, as one statement."""
    person_id = step.transfer.person_id
    region = step.transfer.to_region if amount_fen > 0 else step.transfer.from_region
    postings = (
        balance_in(ACCOUNT_FUND, amount_fen, person_id=person_id)
        if amount_fen > 0
        else balance_out(ACCOUNT_FUND, -amount_fen, person_id=person_id)
    )
    with storage.transaction() as raw:
        storage.write_together(
            raw,
            [
                *account_moved(
                    person_id=person_id, amount_fen=amount_fen, cause="transfer", cause_id=step.pk, entered_at=at
                ),
                *posted(region=region, cause="transfer", cause_id=step.pk, entered_at=at, postings=postings),
            ],
        )
