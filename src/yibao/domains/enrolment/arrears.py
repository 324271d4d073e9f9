"""What employers owe late: fees that stand, enrolments that wait for what is unpaid, and writing both."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db.models import Count, Exists, OuterRef, QuerySet

from yibao.domains.enrolment.late_fees import LateFee, LateFeePayment, LateFeeWaiverDecision
from yibao.domains.enrolment.models import Assessment, Employer, Enrolment, Receipt
from yibao.domains.enrolment.owing import unpaid_assessments

_paid = LateFeePayment.objects.filter(late_fee=OuterRef("pk"), receipt__reversal=None)
_waived = LateFeeWaiverDecision.objects.filter(waiver__late_fee=OuterRef("pk"), is_approved=True)


def unpaid_late_fees(*, region: str, scheme: str, employer: Employer) -> QuerySet[LateFee]:
    """Late fees that stand, that no standing receipt has paid and nobody waived, oldest first."""
    fees = LateFee.objects.filter(employer=employer, scheme=scheme, receipt__region_id=region, receipt__reversal=None)
    return fees.filter(~Exists(_paid), ~Exists(_waived)).order_by("pk")


def has_paid_late_fees(receipt: Receipt) -> bool:
    """Whether a standing receipt has paid a late fee that came of this one."""
    return LateFeePayment.objects.filter(late_fee__receipt=receipt, receipt__reversal=None).exists()


def write_late_fee_payments(fees: Sequence[LateFee], receipt: Receipt) -> None:
    """Pay late fees; a fee whose payment was taken back is paid by a further attempt."""
    counted = LateFeePayment.objects.filter(late_fee__in=fees).values_list("late_fee").annotate(found=Count("pk"))
    attempts = dict(counted)
    LateFeePayment.objects.bulk_create(
        LateFeePayment(late_fee=fee, receipt=receipt, attempt=attempts.get(fee.pk, 0) + 1) for fee in fees
    )


def employers_unpaid(*, region: str, scheme: str, until: date) -> list[Assessment]:
    """What employers have not paid of periods that ended by a day, person by person and oldest first."""
    owing = unpaid_assessments().filter(
        scheme=scheme, enrolment__region_id=region, enrolment__employer__isnull=False, period_end__lte=until
    )
    return list(owing.select_related("enrolment__employer"))


def running_enrolments(*, person_ids: Iterable[int], region: str, scheme: str) -> list[Enrolment]:
    """The enrolments of persons by an employer in the region that run on, in the state of insured."""
    return list(
        Enrolment.objects.filter(
            person_id__in=list(person_ids), scheme=scheme, region_id=region, state=Enrolment.State.NORMAL,
            valid_until=None, employer__isnull=False,
        )
    )  # fmt: skip


def suspend(enrolment: Enrolment, day: date) -> bool:
    """Suspend an enrolment for arrears from a day on; whether that is news."""
    day = max(day, enrolment.valid_from)
    if enrolment.suspended_from is not None and enrolment.suspended_from <= day:
        return False
    enrolment.suspended_from = day
    enrolment.save(update_fields=["suspended_from"])
    return True


def lift(*, person_ids: Collection[int], region: str, scheme: str) -> int:
    """Lift the suspension of everybody among these persons for whom no period by an employer is unpaid any more; how many."""
    still = unpaid_assessments().filter(
        person_id__in=person_ids, scheme=scheme, enrolment__region_id=region, enrolment__employer__isnull=False
    )
    free = set(person_ids) - set(still.values_list("person_id", flat=True))
    rows = Enrolment.objects.filter(person_id__in=free, scheme=scheme, region_id=region, suspended_from__isnull=False)
    return rows.update(suspended_from=None)
