"""Writes of assessments, receipts, contributions and what they bring the accounts; corrections are reversals."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.enrolment.account_movements import account_moved
from yibao.domains.enrolment.models import Assessment, Contribution, Employer, PersonalAccount, Receipt
from yibao.domains.people.models import Person

_AMOUNTS = (
    "base_fen", "employer_fen", "person_fen", "subsidy_fen", "assistance_fen", "to_pool_fen", "to_large_fen",
    "to_account_fen",
)  # fmt: skip


class ReceiptNumberUsedError(YibaoError):
    """The voucher number stands for another payment already (缴费凭证号重复)."""

    code: ClassVar[str] = "contributions.number_used"


class PaidAssessmentError(YibaoError):
    """The assessment was paid; the payment is taken back first."""

    code: ClassVar[str] = "contributions.assessment_paid"


def lock_people(person_ids: Iterable[int]) -> None:
    """Hold persons until the transaction ends, in one fixed order; needs a transaction."""
    wanted = sorted(set(person_ids))
    list(
        Person.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    )


def write_assessments(assessments: Sequence[Assessment]) -> list[Assessment]:
    """Write assessments; the database refuses a second standing one of a person and period."""
    return Assessment.objects.bulk_create(assessments, batch_size=500)


def write_receipt(
    *,
    number: str,
    region: str,
    amount_fen: int,
    paid_on: date,
    at: datetime,
    employer: Employer | None = None,
    person: Person | None = None,
    reverses: Receipt | None = None,
) -> Receipt:
    """Write what came in; the number stands once, a reversal carries the number of what it takes back."""
    return Receipt.objects.create(
        number=number, region_id=region, employer=employer, person=person, amount_fen=amount_fen, paid_on=paid_on,
        entered_at=at, reverses=reverses,
    )  # fmt: skip


def write_contributions(
    assessments: Sequence[Assessment], *, receipt: Receipt | None, paid_on: date, at: datetime
) -> list[Contribution]:
    """Pay assessments: a contribution each, and what it credits to the person's account. Persons are locked by the caller."""
    attempts = _attempts(assessments)
    rows = Contribution.objects.bulk_create(
        Contribution(
            enrolment_id=each.enrolment_id,
            assessment=each,
            receipt=receipt,
            period_start=each.period_start,
            period_end=each.period_end,
            paid_on=paid_on,
            is_repair=each.is_repair,
            attempt=attempts.get((each.enrolment_id, each.period_start), 0) + 1,
            **_amounts_of(each),
        )
        for each in assessments
    )
    _credit([(each.person_id, each.to_account_fen + each.from_pool_fen) for each in assessments], rows, at=at)
    return rows


def reverse_contribution(
    contribution: Contribution, *, receipt: Receipt | None, on: date, at: datetime
) -> Contribution:
    """Take a payment back: every amount turned round, the account's credit with it; an account that spent it refuses."""
    assert contribution.assessment is not None
    assessment = contribution.assessment
    row = Contribution.objects.create(
        enrolment_id=contribution.enrolment_id,
        assessment=assessment,
        receipt=receipt,
        period_start=contribution.period_start,
        period_end=contribution.period_end,
        paid_on=on,
        is_repair=contribution.is_repair,
        kind=Contribution.Kind.REVERSAL,
        attempt=contribution.attempt,
        reverses=contribution,
        **{name: -getattr(contribution, name) for name in _AMOUNTS},
    )
    _credit([(assessment.person_id, -(assessment.to_account_fen + assessment.from_pool_fen))], [row], at=at)
    return row


def reverse_assessment(assessment: Assessment, *, at: datetime) -> Assessment:
    """Take an assessment back, so that the period can be assessed anew.

    :raises PaidAssessmentError: a payment of it stands.
    """
    if assessment.contributions.filter(kind=Contribution.Kind.PAYMENT, reversal=None).exists():
        raise PaidAssessmentError(person=assessment.person_id, period=assessment.period_start.isoformat())
    return Assessment.objects.create(
        person_id=assessment.person_id,
        enrolment_id=assessment.enrolment_id,
        scheme=assessment.scheme,
        period_start=assessment.period_start,
        period_end=assessment.period_end,
        category=assessment.category,
        kind=Assessment.Kind.REVERSAL,
        attempt=assessment.attempt,
        reverses=assessment,
        is_repair=assessment.is_repair,
        law=assessment.law,
        lines=assessment.lines,
        assessed_at=at,
        from_pool_fen=-assessment.from_pool_fen,
        **{name: -value for name, value in _amounts_of(assessment).items()},
    )


def _amounts_of(record: Assessment) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _AMOUNTS}


def _attempts(assessments: Sequence[Assessment]) -> dict[tuple[int, date], int]:
    """How often each period was paid and taken back already."""
    found: dict[tuple[int, date], int] = {}
    taken_back = Contribution.objects.filter(
        enrolment_id__in=[each.enrolment_id for each in assessments], kind=Contribution.Kind.REVERSAL
    )
    for enrolment, start in taken_back.values_list("enrolment_id", "period_start"):
        found[enrolment, start] = found.get((enrolment, start), 0) + 1
    return found


def _credit(credits_fen: Sequence[tuple[int, int]], rows: Sequence[Contribution], *, at: datetime) -> None:
    """Move the accounts of the persons; one that has none yet gets one."""
    moving = [(person, fen, row.pk) for (person, fen), row in zip(credits_fen, rows, strict=True) if fen]
    PersonalAccount.objects.bulk_create(
        [PersonalAccount(person_id=person) for person, _, _ in moving], ignore_conflicts=True
    )
    with storage.transaction() as raw:
        for person, fen, number in moving:
            writes = account_moved(person_id=person, amount_fen=fen, cause="credit", cause_id=number, entered_at=at)
            storage.write_together(raw, writes)
