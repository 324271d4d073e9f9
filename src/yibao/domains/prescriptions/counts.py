"""How many prescriptions stand where: those under way for the office's first page, all of a region for a report."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When

from yibao.domains.prescriptions.models import Dispensing, Event, Prescription, Signature
from yibao.domains.prescriptions.states import ENDED, State, Step
from yibao.domains.staff.queries import Scope


def under_way(scope: Scope, *, at: datetime) -> dict[State, int]:
    """Valid prescriptions that nothing has ended, by state, in the order of their life; of a house those it wrote, holds or was chosen for.

    Looks at no prescription whose validity is over, however many there are.
    """
    found = Prescription.objects.filter(valid_until__gt=at).exclude(state__in=sorted(ENDED))
    house = scope.institution_id
    if house is None:
        found = found.filter(institution__division__pooling_region=scope.region)
    else:
        found = found.filter(Q(institution_id=house) | Q(holder_id=house) | Q(place_id=house))
    return _by_state(found, "state")


@dataclass(frozen=True, slots=True)
class Circulated:
    """What became of the prescriptions of a region's hospitals: by state, and signatures, packs scanned, deliveries told."""

    states: dict[State, int]
    signatures: int
    sales: int
    settled_sales: int
    returns: int
    packs: int
    deliveries: int


def circulated(*, region: str, at: datetime) -> Circulated:
    """Count everything; one whose validity is over counts as expired before anybody has written so."""
    own = Prescription.objects.filter(institution__division__pooling_region=region)
    ours = Q(prescription__in=own)
    is_over = Q(valid_until__lte=at) & ~Q(state__in=sorted(ENDED))
    stands = Case(When(is_over, then=Value(State.EXPIRED.value)), default=F("state"), output_field=CharField())
    handed = Dispensing.objects.filter(ours, kind=Dispensing.Kind.SALE)
    return Circulated(
        states=_by_state(own.annotate(stands=stands), "stands"),
        signatures=Signature.objects.filter(ours).count(),
        sales=handed.count(),
        settled_sales=handed.exclude(settlement=None).count(),
        returns=Dispensing.objects.filter(ours, kind=Dispensing.Kind.RETURN).count(),
        packs=sum(len(codes) for codes in handed.values_list("lines__trace_codes", flat=True) if codes),
        deliveries=Event.objects.filter(ours, step=Step.DELIVERY).count(),
    )


def _by_state(found: QuerySet[Prescription], name: str) -> dict[State, int]:
    """Counts by a column of states, in the order of their life."""
    counts = dict(found.order_by().values_list(name).annotate(Count("pk")))
    return {state: counts[state.value] for state in State if state.value in counts}
