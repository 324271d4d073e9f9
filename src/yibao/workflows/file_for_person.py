"""File something for a person (备案), decide on it, withdraw it: from a hospital's message, the office's page or the command.

Whether an institution's filing waits for an officer is a choice of the region; what an officer enters is in force at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from django.db.models import QuerySet
from django.utils.timezone import localdate

from yibao.core.divisions import is_within, parse_division
from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.enrolment.queries import Entitlement, ask_for_entitlements, entitlements_of
from yibao.domains.filings.models import Filing
from yibao.domains.filings.operations import FilingNotOpenError, NewFiling, decide, file
from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.people.queries import LockedPerson, ask_for_lock, locked_person
from yibao.domains.reference.models import Division
from yibao.domains.reference.queries import choice
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Step, UnknownPersonNumberError
from yibao.workflows.settle_visit import ForeignPersonError, NotInsuredError

APPROVAL_KEY: Final = "filings.need_approval"
"""Setting: kinds of filings of institutions that wait for an officer; none without it (our default)."""
TRANSFER_DAYS_KEY: Final = "filings.transfer_days"
TRANSFER_DAYS: Final = 30
"""Setting and default: how many days a referral holds that names no end (our default)."""
Kind = Filing.Kind


class UnknownFilingError(YibaoError):
    """No filing of this number was made for this person, by this institution or in this region (备案不存在)."""

    code: ClassVar[str] = "filings.unknown"


class SeveralFilingsError(YibaoError):
    """The number was left out, and more than one filing is open (备案不唯一)."""

    code: ClassVar[str] = "filings.several"


class UnknownHospitalError(YibaoError):
    """The institution is not in the register, so it can be no point of care (定点医药机构不存在)."""

    code: ClassVar[str] = "filings.unknown_institution"


class NoSuchDestinationError(YibaoError):
    """The division of care is not in the register, or lies in the region of insurance itself (就医地不符)."""

    code: ClassVar[str] = "filings.no_destination"


class SameHospitalError(YibaoError):
    """A hospital refers to itself (转出与转入机构相同)."""

    code: ClassVar[str] = "filings.same_institution"


@dataclass(frozen=True, slots=True)
class FilingWish:
    """What shall be filed: by whom is told apart from it. `last_day` is included; `scheme` and `division` may be left open.

    A transfer names the receiving hospital and its division, a recognition the disease and who identified it, a point of
    care the institution with business type and rank in `details`, care elsewhere division and reason. `from_institution`
    is the referring hospital where an officer files.
    """

    kind: str
    person_number: str
    valid_from: date
    last_day: date | None
    scheme: str | None = None
    division: str | None = None
    disease_code: str = ""
    disease_name: str = ""
    institution_code: str = ""
    institution_name: str = ""
    destination: str | None = None
    reason: str = ""
    details: dict[str, object] = field(default_factory=dict)
    from_institution: str = ""


@dataclass(frozen=True, slots=True)
class Filer:
    """Who files: an institution with its code, or an officer (no institution) in a region; and when."""

    actor: str
    at: datetime
    institution_id: int | None = None
    institution_code: str = ""
    region: str | None = None


def filing_step(wish: FilingWish, filer: Filer) -> Step[None, int]:
    """The change that enters a filing, for `exactly_once.perform`; gives its number.

    :raises NotInsuredError, ForeignPersonError, UnknownHospitalError, NoSuchDestinationError, SameHospitalError,
        FilingHeldError, yibao.core.period.EmptyPeriodError: nothing was changed.
    """

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[int]:
        assert person is not None
        number = _file(raw, wish, filer, person.id)
        return Outcome(number, number)

    return Step(lambda _raw: None, act)


def enter_filing(wish: FilingWish, filer: Filer) -> int:
    """Enter a filing for the office or the command; gives its number.

    :raises UnknownPersonNumberError: nobody has the number, or the person is not insured in the officer's region.
    :raises NotInsuredError, UnknownHospitalError, NoSuchDestinationError, SameHospitalError, FilingHeldError,
        yibao.core.period.EmptyPeriodError: nothing was changed.
    """
    with storage.transaction() as raw:
        person = locked_person(ask_for_lock(raw, number=wish.person_number))
        if person is None:
            raise UnknownPersonNumberError(number=wish.person_number)
        return _file(raw, wish, filer, person.id)


def _file(raw: Raw, wish: FilingWish, filer: Filer, person_id: int) -> int:
    """Check the wish against enrolment and registers, and enter it."""
    entitlements = entitlements_of(ask_for_entitlements(raw, person_id=person_id, on=wish.valid_from))
    held = _entitlement(wish, filer, entitlements)
    wish = _CHECKS[wish.kind](wish, filer, held.region)
    waits = filer.institution_id is not None and wish.kind in choice(APPROVAL_KEY, [])
    return file(
        raw,
        NewFiling(
            kind=wish.kind,
            person_id=person_id,
            region=held.region,
            scheme=held.scheme,
            subject=_SUBJECTS[wish.kind](wish),
            valid_from=wish.valid_from,
            valid_until=None if wish.last_day is None else wish.last_day + timedelta(days=1),
            filed_by=filer.actor,
            filed_at=filer.at,
            filed_at_institution_id=filer.institution_id or _referring(wish),
            disease_code=wish.disease_code,
            disease_name=wish.disease_name,
            institution_code=wish.institution_code,
            institution_name=wish.institution_name,
            destination=wish.destination,
            reason=wish.reason,
            details=wish.details,
            is_pending=waits,
        ),
    )


def _entitlement(wish: FilingWish, filer: Filer, held: list[Entitlement]) -> Entitlement:
    """The enrolment that the filing belongs to: of the scheme named, else the first that is in force."""
    here = sorted(
        (each for each in held if filer.region is None or each.region == filer.region), key=lambda each: each.scheme
    )
    fitting = [each for each in here if each.state == "1" and wish.scheme in {None, each.scheme}]
    if not fitting:
        raise NotInsuredError(scheme=wish.scheme or "", day=wish.valid_from, state=here[0].state if here else "0")
    first = fitting[0]
    if wish.division is not None and wish.division != first.region and not is_within(wish.division, first.region):
        raise ForeignPersonError(field="insu_optins", sent=wish.division, insured_at=first.region)
    return first


def _referring(wish: FilingWish) -> int | None:
    """The hospital that refers a patient, where an officer files it."""
    if not wish.from_institution:
        return None
    house = Institution.objects.filter(code=wish.from_institution).first()
    if house is None:
        raise UnknownHospitalError(field="from_institution", institution=wish.from_institution)
    return house.pk


def _checked_transfer(wish: FilingWish, filer: Filer, _region: str) -> FilingWish:
    """A referral goes to another hospital; without an end it holds for the days that the region sets."""
    if wish.institution_code in {filer.institution_code, wish.from_institution}:
        raise SameHospitalError(field="reflin_medins_no", institution=wish.institution_code)
    destination = parse_division(wish.destination or wish.institution_code[1:7]).code
    known = destination if Division.objects.filter(pk=destination).exists() else None
    days = int(choice(TRANSFER_DAYS_KEY, TRANSFER_DAYS))
    return replace(wish, destination=known, last_day=wish.last_day or wish.valid_from + timedelta(days=days - 1))


def _checked_point(wish: FilingWish, _filer: Filer, _region: str) -> FilingWish:
    """A point of care is an institution of the register."""
    house = Institution.objects.filter(code=wish.institution_code).first()
    if house is None:
        raise UnknownHospitalError(field="fixmedins_code", institution=wish.institution_code)
    return replace(wish, institution_name=house.name)


def _checked_elsewhere(wish: FilingWish, _filer: Filer, region: str) -> FilingWish:
    """Care elsewhere is in a division of the register outside the region of insurance, perhaps told by an institution's code."""
    destination = wish.destination or wish.institution_code[1:7]
    known = Division.objects.filter(pk=destination).first()
    if known is None or known.pooling_region == region or is_within(destination, region):
        raise NoSuchDestinationError(
            field="fixmedins_code" if wish.destination is None else "destination", division=destination
        )
    return replace(wish, destination=wish.destination or known.pooling_region)


_CHECKS: Final[dict[str, Callable[[FilingWish, Filer, str], FilingWish]]] = {
    Kind.TRANSFER: _checked_transfer,
    Kind.RECOGNITION: lambda wish, _filer, _region: wish,
    Kind.POINT: _checked_point,
    Kind.ELSEWHERE: _checked_elsewhere,
}
_SUBJECTS: Final[dict[str, Callable[[FilingWish], str]]] = {
    Kind.TRANSFER: lambda wish: wish.institution_code,
    Kind.RECOGNITION: lambda wish: wish.disease_code,
    Kind.POINT: lambda wish: f"{wish.details['biz_appy_type']} {wish.details['fix_srt_no']}",
    Kind.ELSEWHERE: lambda wish: wish.destination or "",
}
"""What may not be filed twice for the same days, by kind."""


def withdrawal_step(
    *, kinds: tuple[str, ...], filing_id: int | None, reason: str, institution_id: int, actor: str, at: datetime
) -> Step[None, int]:
    """The change by which an institution withdraws a filing that it made for the person, from today on.

    Real clients leave the number out: meant is then the only one that is open.
    :raises UnknownFilingError, SeveralFilingsError, FilingNotOpenError: nothing was changed.
    """

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[int]:
        assert person is not None
        made = Filing.objects.filter(person_id=person.id, kind__in=kinds, filed_at_institution_id=institution_id)
        wanted = filing_id if filing_id is not None else _only_open(made)
        if wanted is None or not made.filter(pk=wanted).exists():
            raise UnknownFilingError(field="trt_dcla_detl_sn", filing="" if wanted is None else wanted)
        decide(
            raw, filing_id=wanted, kind="withdrawn", on=localdate(at), reason=reason, decided_by=actor, decided_at=at
        )
        return Outcome(wanted, wanted)

    return Step(lambda _raw: None, act)


def _only_open(made: "QuerySet[Filing]") -> int | None:
    """The number of the one filing that is neither refused nor withdrawn; none where there is none.

    :raises SeveralFilingsError: there are more, and which one is meant was not said.
    """
    over = (Filing.Standing.REFUSED, Filing.Standing.WITHDRAWN)
    numbers = list(made.exclude(standing__in=over).order_by("pk").values_list("pk", flat=True)[:2])
    if len(numbers) > 1:
        raise SeveralFilingsError(field="trt_dcla_detl_sn")
    return numbers[0] if numbers else None


def decide_filing(*, filing_id: int, region: str, decision: str, on: date, reason: str, filer: Filer) -> None:
    """An officer approves, refuses or withdraws a filing of the region.

    :raises UnknownFilingError, FilingNotOpenError: nothing was changed.
    """
    if not Filing.objects.filter(pk=filing_id, region_id=region).exists():
        raise UnknownFilingError(filing=filing_id)
    with storage.transaction() as raw:
        decide(
            raw, filing_id=filing_id, kind=decision, on=on, reason=reason, decided_by=filer.actor, decided_at=filer.at
        )


def person_number_of(text: str) -> str:
    """The person number behind a person or document number; the text itself where nobody has it."""
    known = Person.objects.filter(document_number=text.upper()).values_list("number", flat=True).first()
    return known or text


__all__ = [
    "Filer",
    "FilingNotOpenError",
    "FilingWish",
    "decide_filing",
    "enter_filing",
    "filing_step",
    "person_number_of",
    "withdrawal_step",
]
