"""Finding prescriptions: of a person, for whoever signs, reviews or dispenses, in the office's sight; and their timeline."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from django.db.models import Prefetch, Q, QuerySet

from yibao.domains.prescriptions.models import Authorisation, Dispensing, Event, Line, Notification, Prescription
from yibao.domains.prescriptions.states import AVAILABLE, ENDED, HELD, State, Step
from yibao.domains.staff.queries import Scope

Flow = Literal["information", "money", "goods"]
_READ: Final = ("institution", "person", "physician", "place", "holder", "visit")
_OWN: Final = (
    "number", "trace_code", "qr_code", "person", "diagnosis_name", "prescribed_at", "valid_until", "is_for_outside", "state",
    "institution__code", "institution__name", "institution__division", "physician__name", "place__name",
    "visit__began_at", "visit__physician_name",
)  # fmt: skip
"""What a person's pages show of a prescription: reading all of its parties whole takes a third of a page's time."""
_GOODS: Final = frozenset({Step.DELIVERY})
_MONEY: Final = frozenset({Step.PAYMENT})
_PAID: Final = ("fund_fen", "account_fen", "cash_fen")


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a prescription: when, in which flow, what, by whom, and its facts."""

    at: datetime
    flow: Flow
    what: str
    institution: str = ""
    practitioner: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def find(rx_trace_code: str) -> Prescription | None:
    """The prescription with this trace code (处方追溯码), or nothing."""
    return Prescription.objects.select_related(*_READ).filter(trace_code=rx_trace_code).first()


def with_number(number: str) -> Prescription | None:
    """The prescription of this number (医保处方编号), or nothing."""
    return Prescription.objects.select_related(*_READ).filter(number=number).first()


def of_person(person_id: int) -> QuerySet[Prescription]:
    """A person's prescriptions that were let into circulation, the newest first, as far as the person's pages show them."""
    hidden = (State.CHECKED, State.SIGNED)
    return (
        Prescription.objects.select_related("institution", "physician", "place", "visit")
        .only(*_OWN)
        .prefetch_related(Prefetch("lines", Line.objects.order_by("rank")))
        .filter(person_id=person_id)
        .exclude(state__in=hidden)
        .order_by("-id")
    )


def state_at(prescription: Prescription, at: datetime) -> State:
    """How it stands at a moment: one whose validity is over counts as expired before anybody has written so."""
    state = State(prescription.state)
    return State.EXPIRED if state not in ENDED and prescription.valid_until <= at else state


def visible(scope: Scope) -> QuerySet[Prescription]:
    """The prescriptions a member may open: of the region's hospitals; of a house those it wrote, holds, may claim or dispensed."""
    if not scope.sees_records:
        return Prescription.objects.none()
    found = Prescription.objects.select_related(*_READ)
    house = scope.institution_id
    if house is None:
        return found.filter(institution__division__pooling_region=scope.region)
    dispensed = Dispensing.objects.filter(institution_id=house).values("prescription_id")
    shown = Authorisation.objects.filter(institution_id=house).values("prescription_id")
    ours = Q(institution_id=house) | Q(holder_id=house) | Q(place_id=house) | Q(pk__in=dispensed) | Q(pk__in=shown)
    return found.filter(ours)


def to_sign(*, physician_id: int, at: datetime) -> QuerySet[Prescription]:
    """What waits for a physician's signature, the oldest first."""
    return _waiting(at).filter(physician_id=physician_id, state=State.CHECKED)


def to_review(*, institution_id: int, at: datetime) -> QuerySet[Prescription]:
    """What waits for a pharmacist of the hospital, the oldest first."""
    return _waiting(at).filter(institution_id=institution_id, state=State.SIGNED)


def to_dispense(*, institution_id: int, at: datetime) -> QuerySet[Prescription]:
    """What a dispenser holds, and what patients chose it for, the oldest first."""
    held = Q(holder_id=institution_id, state__in=HELD)
    chosen = Q(place_id=institution_id, state__in=AVAILABLE)
    return _waiting(at).filter(held | chosen)


def _waiting(at: datetime) -> QuerySet[Prescription]:
    """Prescriptions that are still valid, the oldest first."""
    return Prescription.objects.select_related(*_READ).filter(valid_until__gt=at).order_by("pk")


def leave(*, institution_id: int, code: str, at: datetime) -> Authorisation | None:
    """The dispenser's leave with this code, while it holds."""
    return (
        Authorisation.objects.select_related("prescription")
        .filter(institution_id=institution_id, code=code, valid_until__gt=at)
        .first()
    )


def event_of(prescription: Prescription, *steps: Step) -> Event | None:
    """The latest of these steps of a prescription."""
    return (
        Event.objects.select_related("institution", "practitioner")
        .filter(prescription=prescription, step__in=steps)
        .order_by("-number")
        .first()
    )


def dispensed_of_all(prescription: Prescription) -> dict[int, int]:
    """What stands dispensed of each drug over all uses, in ten-thousandths."""
    return dict(Line.objects.filter(prescription=prescription).values_list("pk", "dispensed_e4"))


def to_expire(*, at: datetime, limit: int) -> list[str]:
    """Numbers of prescriptions whose validity is over and who do not say so yet, the oldest first."""
    over = Prescription.objects.filter(valid_until__lte=at).exclude(state__in=ENDED).order_by("valid_until")
    return list(over.values_list("number", flat=True)[:limit])


def to_tell(*, institution_ids: Collection[int], at: datetime, limit: int) -> list[Notification]:
    """Notifications of these hospitals whose time has come, the oldest first."""
    due = Notification.objects.select_related("institution__division").filter(
        sent_at=None, next_at__lte=at, institution_id__in=institution_ids
    )
    return list(due.order_by("id")[:limit])


def timeline(prescription: Prescription) -> list[Moment]:
    """What happened to a prescription, in order: visit, steps and signatures as information, settlements as money, packs as goods.

    Orders and payments of mobile payment are not known here: `workflows/trace_prescription.py` adds them.
    """
    moments = [*_of_visit(prescription), *_of_events(prescription), *_of_dispensings(prescription)]
    return sorted(moments, key=lambda moment: moment.at)


def was_handed_over_by(prescription: Prescription, institution_id: int) -> bool:
    """Whether an institution handed something of it over."""
    return prescription.dispensings.filter(institution_id=institution_id, kind=Dispensing.Kind.SALE).exists()


def dispensers_of(prescription: Prescription) -> list[str]:
    """The names of the houses that handed something of it over, in the order in which they did."""
    sold = prescription.dispensings.filter(kind=Dispensing.Kind.SALE).order_by("pk")
    return list(dict.fromkeys(sold.values_list("institution__name", flat=True)))


def waits_for_receipt(prescription: Prescription) -> bool:
    """Whether something was handed over since the patient last said that it came, and not all was given back."""
    if prescription.state == State.RETURNED:
        return False
    sold = prescription.dispensings.filter(kind=Dispensing.Kind.SALE).order_by("-pk").first()
    if sold is None:
        return False
    told = Event.objects.filter(prescription=prescription, step=Step.DELIVERY, details__has_key="receipt")
    return not told.filter(entered_at__gte=sold.entered_at).exists()


def _of_visit(prescription: Prescription) -> Iterator[Moment]:
    visit = prescription.visit
    if visit is not None:
        yield Moment(visit.began_at, "information", "visit", prescription.institution.name, visit.physician_name)


def _of_events(prescription: Prescription) -> Iterator[Moment]:
    told = Event.objects.filter(prescription=prescription).order_by("number")
    names = ("step", "entered_at", "details", "institution__name", "practitioner__name")
    for code, at, details, house, who in told.values_list(*names):
        step = Step(code)
        flow: Flow = "goods" if step in _GOODS else "money" if step in _MONEY else "information"
        what = "received" if "receipt" in details else step.value
        yield Moment(at, flow, what, house or "", who or "", {"label": step.label, **details})


def _of_dispensings(prescription: Prescription) -> Iterator[Moment]:
    rows = (
        Dispensing.objects.select_related("institution", "settlement")
        .prefetch_related("lines__line")
        .filter(prescription=prescription)
        .only("kind", "entered_at", "institution__name", *(f"settlement__{name}" for name in _PAID))
        .order_by("pk")
    )
    for row in rows:
        packs = [
            {
                "drug": each.line.item_name,
                "quantity_e4": each.quantity_e4,
                "unit": each.line.unit,
                "codes": each.trace_codes,
            }
            for each in row.lines.all()
        ]
        house = row.institution.name
        what = "handed_over" if row.kind == Dispensing.Kind.SALE else "given_back"
        yield Moment(row.entered_at, "goods", what, house, "", {"packs": packs})
        if row.settlement is not None:
            settled = row.settlement
            paid = {"fund_fen": settled.fund_fen, "account_fen": settled.account_fen, "cash_fen": settled.cash_fen}
            yield Moment(row.entered_at, "money", "settled", house, "", {"settlement": settled.pk, **paid})
