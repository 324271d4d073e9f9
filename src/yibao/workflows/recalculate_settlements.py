"""Recalculate settlements (追溯重算): list what a law that took effect in the past changes, have it approved, correct it.

Nothing is overwritten: a correction is a reversal and a new settlement, both entered in the ledger, one transaction for each
person. Every step may be repeated or go on after a crash: what is done is not done again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import ClassVar, Final

from django.db import connection, transaction

from yibao import policies
from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.corrections.models import RecalculationDifference, RecalculationRun
from yibao.domains.corrections.operations import (
    NewDifference,
    Reason,
    list_differences,
    note_corrections,
    note_progress,
    set_aside,
)
from yibao.domains.corrections.queries import persons_to_compute, persons_to_correct, standing_of
from yibao.domains.emergencies.operations import settled_under
from yibao.domains.interregional.queries import claim_is_corrected
from yibao.domains.people.models import Person
from yibao.domains.people.queries import ask_for_lock, locked_person
from yibao.domains.reference.operations import act_as
from yibao.domains.settlement.models import SettledBatch, Settlement
from yibao.domains.settlement.operations import (
    BY_HAND,
    MOBILE_PAYMENT,
    NewSettlement,
    batches_settled,
    circumstances_kept,
    settlement_kept,
)
from yibao.domains.storage import Raw, write_together
from yibao.workflows.exactly_once import Request
from yibao.workflows.replay_settlements import Replayed, outcome_of, replay, to_make_anew
from yibao.workflows.reverse_settlement import CorrectedClaimError, reverse
from yibao.workflows.settle_visit import money_entered
from yibao.workflows.share_account import shares_of

PAGE: Final = 200
"""Persons computed in one transaction."""
_COLUMNS: Final = (
    "visit_id", "person_id", "institution_id", "enrolment_id", "benefit_year", "invoice", "uses_account", "is_midway",
    "voucher_kind", "total_fen",
)  # fmt: skip
"""What a new settlement takes over from the one it corrects."""


class NotApprovedError(YibaoError):
    """The recalculation was not approved, so nothing is corrected."""

    code: ClassVar[str] = "corrections.not_approved"


def compute(run_id: int, *, at: datetime, tell: Callable[[int], None] = lambda _persons: None) -> RecalculationRun:
    """List what the law now in force would have made otherwise, a page of persons in each transaction.

    Goes on where it stopped; a finished list stays as it is. `tell` hears how many persons were looked at.
    """
    while True:
        with transaction.atomic():
            run = RecalculationRun.objects.select_for_update().get(pk=run_id)
            if run.is_computed:
                return run
            act_as(str(run.requested_by.user))
            persons = persons_to_compute(run, limit=PAGE)
            for person_id, rows in groupby(standing_of(persons, since=run.benefit_from), lambda row: row.person_id):
                _compute_person(run, person_id, list(rows), at)
            done = len(persons) < PAGE
            up_to = persons[-1] if persons else run.computed_up_to
            note_progress(run, up_to=up_to, persons=len(persons), is_computed=done)
        tell(len(persons))


def _compute_person(run: RecalculationRun, person_id: int, rows: Sequence[Settlement], at: datetime) -> None:
    """List one person's differences, or set the person aside when the law cannot settle a visit."""
    try:
        anew = list(to_make_anew(_within(run, replay(rows, run))))
    except YibaoError as error:
        set_aside(run, person_id=person_id, reason=Reason.NOT_SETTLEABLE, detail=str(error), at=at)
        return
    list_differences(run, [NewDifference(each.settlement, each.result.policy_id, outcome_of(each)) for each in anew])
    if any(each.settlement.infno in (BY_HAND, MOBILE_PAYMENT) for each in anew):  # an order is given back and paid anew
        set_aside(run, person_id=person_id, reason=Reason.BY_HAND, detail="", at=at)


def _within(run: RecalculationRun, replayed: list[Replayed]) -> list[Replayed]:
    """The benefit years that the period touches: later ones begin anew."""
    if run.benefit_until is None:
        return replayed
    last_year = run.benefit_until.year
    return [each for each in replayed if each.settlement.benefit_year <= last_year]


def correct(run_id: int, *, at: datetime, tell: Callable[[int], None] = lambda _persons: None) -> int:
    """Correct every person of an approved recalculation who is not corrected yet; gives how many were.

    A person whose settlements are no longer those of the list is set aside.
    :raises NotApprovedError: the recalculation was not approved.
    """
    run = RecalculationRun.objects.select_related("decision__decided_by__user").get(pk=run_id)
    if not hasattr(run, "decision") or not run.decision.is_approved:
        raise NotApprovedError(run=run_id)
    corrected = 0
    for person_id in persons_to_correct(run):
        corrected += _correct_person(run, person_id, at)
        tell(1)
    return corrected


def _correct_person(run: RecalculationRun, person_id: int, at: datetime) -> bool:
    """Reverse and settle anew all listed settlements of one person, or nothing at all."""
    number = Person.objects.values_list("number", flat=True).get(pk=person_id)
    with (
        transaction.atomic(),
        storage.transaction() as raw,
    ):  # what is noted beside goes through Django's own operations
        assert locked_person(ask_for_lock(raw, number=number, others=_relatives(person_id)), number=number) is not None
        open_rows = run.differences.filter(person_id=person_id, correction=None)
        listed = {row.settlement_id: row for row in open_rows}
        if not listed:
            return False  # another process has corrected the person meanwhile
        replayed = _within(run, replay(standing_of([person_id], since=run.benefit_from), run))
        anew = list(to_make_anew(replayed))
        if not _as_listed(anew, listed):
            set_aside(run, person_id=person_id, reason=Reason.CHANGED, detail="", at=at)
            return False
        if any(claim_is_corrected(settlement_id=each.settlement.pk) for each in anew):
            set_aside(run, person_id=person_id, reason=Reason.CHANGED, detail=CorrectedClaimError.code, at=at)
            return False
        reversals = {
            each.settlement.pk: reverse(raw, each.settlement, _request(run, each.settlement, at), at=at).id
            for each in reversed(anew)
        }
        made = [(each, _settle_anew(raw, run, each, at)) for each in anew]
        note_corrections(
            [(listed[each.settlement.pk], reversals[each.settlement.pk], new) for each, new in made], at=at
        )
    return True


def _relatives(person_id: int) -> set[int]:
    """Relatives whose accounts paid for the person: they are held with the person, for their accounts move too."""
    paid = Settlement.objects.filter(person_id=person_id).exclude(shared_account_fen=0)
    return {owner for owners in paid.values_list("shared_owner_ids", flat=True) for owner in owners}


def _as_listed(anew: Sequence[Replayed], listed: dict[int, RecalculationDifference]) -> bool:
    """Whether what would be corrected now is exactly what was approved."""
    return {each.settlement.pk: outcome_of(each) for each in anew} == {
        number: row.result for number, row in listed.items()
    }


def _request(run: RecalculationRun, settlement: Settlement, at: datetime) -> Request:
    """Who changes the settlement and by what: no message of an institution, so the run and the settlement stand for it."""
    operator = str(run.decision.decided_by.user)[:30]
    msgid = f"RECALC{run.pk}-{settlement.pk}"
    return Request(settlement.institution_id, msgid, settlement.infno, operator, b"", b"", at)


def _settle_anew(raw: Raw, run: RecalculationRun, each: Replayed, at: datetime) -> int:
    """Write the new settlement with accumulators, fee lines, account and ledger; gives its number."""
    old, result = each.settlement, each.result
    request = _request(run, old, at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('settlement_settlement_id_seq')")
        number = int(cursor.fetchone()[0])
        cursor.execute("SELECT balance_fen FROM enrolment_personalaccount WHERE person_id = %s", [old.person_id])
        balance = cursor.fetchone()
    # No account gives more than it gave before: the person's own first, then the relatives' in their order.
    gave = list(zip(old.shared_owner_ids, old.shared_amounts_fen, strict=True))
    shares = shares_of(result.account_fen, own_fen=old.account_fen - old.shared_account_fen, others=gave)
    new = NewSettlement(
        id=number,
        kind="settlement",
        reverses_id=None,
        settled_at=at,
        msgid=request.msgid,
        infno=request.infno,
        operator=request.operator,
        balance_after_fen=(int(balance[0]) if balance else 0) - result.account_fen + shares.total_fen,
        policy=result.policy_id,
        trace=policies.steps_to_plain(result.steps),
        shared_account_fen=shares.total_fen,
        shared_owner_ids=shares.owner_ids,
        shared_amounts_fen=shares.amounts_fen,
        **{name: getattr(old, name) for name in _COLUMNS},
        **outcome_of(each),
    )
    batches = list(SettledBatch.objects.filter(settlement_id=old.pk).values_list("batch_id", flat=True))
    writes = [
        *settlement_kept(new, scheme=old.enrolment.scheme),
        batches_settled(settlement_id=number, batch_ids=batches),
        *money_entered(
            new,
            scheme=old.enrolment.scheme,
            region=old.enrolment.region_id,
            care_region=old.institution.division.pooling_region,
        ),
        *(() if each.decision_id is None else (settled_under(settlement_id=number, decision_id=each.decision_id),)),
        *((circumstances_kept(settlement_id=number, facts=each.facts),) if each.facts else ()),
    ]
    write_together(raw, writes)
    return number
