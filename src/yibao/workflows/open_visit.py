"""Register an outpatient or pharmacy visit (2201) or admit an inpatient (2401)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.utils.timezone import localdate
from psycopg import errors as database_errors

from yibao.core.divisions import is_within
from yibao.core.errors import YibaoError
from yibao.core.period import Period
from yibao.domains.enrolment.queries import Entitlement, ask_for_entitlements, entitlements_of
from yibao.domains.people.queries import LockedPerson, ask_for_voucher
from yibao.domains.storage import Raw, Rows, ask
from yibao.domains.visits.operations import NewDiagnosis, NewVisit, open_visit, replace_diagnoses
from yibao.workflows.exactly_once import Outcome, Step
from yibao.workflows.settle_visit import ForeignPersonError, NotInsuredError, VoucherDoesNotFitError
from yibao.workflows.show_voucher import with_voucher


class NumberInUseError(YibaoError):
    """The institution has an open visit of this number (住院/门诊号不可重复)."""

    code: ClassVar[str] = "visits.number_in_use"


class AlreadyInHospitalError(YibaoError):
    """The person lies in a hospital already (已在院)."""

    code: ClassVar[str] = "visits.already_in_hospital"


class FutureVisitError(YibaoError):
    """The visit would begin after now."""

    code: ClassVar[str] = "visits.begins_in_the_future"


class OutsideDesignationError(YibaoError):
    """The institution is not designated on that day (非定点)."""

    code: ClassVar[str] = "visits.outside_designation"


@dataclass(frozen=True, slots=True)
class VisitWish:
    """Who comes where, under which insurance, with what, told in which message by whom; `with_voucher` sets `voucher_refusal`."""

    institution_id: int
    institution_region: str
    designated_from: date
    designated_until: date | None
    person_number: str
    scheme: str
    division: str | None
    care: str
    medical_type: str
    number_at_institution: str
    voucher_kind: str
    voucher_number: str
    began_at: datetime
    department_code: str
    department_name: str
    physician_code: str
    physician_name: str
    details: dict[str, object]
    diagnoses: Sequence[NewDiagnosis]
    at: datetime
    infno: str = "2201"
    operator: str = ""
    voucher_refusal: YibaoError | None = None
    voucher_is_proven: bool = False
    agreement_gaps: Sequence[Period] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """The visit that was opened."""

    visit_id: int
    person: LockedPerson


def open_visit_step(wish: VisitWish) -> Step[None, Opened]:
    """The change that opens a visit, for `exactly_once.perform`.

    :raises NotInsuredError, ForeignPersonError, VoucherDoesNotFitError, NumberInUseError, AlreadyInHospitalError,
        FutureVisitError, OutsideDesignationError, and why a voucher's code is refused: nothing was changed.
    """
    wish = with_voucher(wish, infno=wish.infno, operator=wish.operator)
    day = localdate(wish.began_at)
    if wish.began_at > wish.at:
        raise FutureVisitError(field="begntime", begins=wish.began_at.strftime("%Y-%m-%d %H:%M:%S"))
    if day < wish.designated_from or (wish.designated_until is not None and day >= wish.designated_until):
        raise OutsideDesignationError(day=day)
    if any(day in gap for gap in wish.agreement_gaps):  # suspended, ended, or none where one must be
        raise OutsideDesignationError(day=day)

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[Opened]:
        assert person is not None
        entitlements = ask_for_entitlements(raw, person_id=person.id, on=day)
        voucher = ask_for_voucher(raw, person_id=person.id, kind=wish.voucher_kind, number=wish.voucher_number, on=day)
        taken = _ask_for_conflicts(raw, wish, person.id)
        entitlement = _entitlement(wish, entitlements_of(entitlements), day)
        if voucher.fetchone() is None:
            raise wish.voucher_refusal or VoucherDoesNotFitError(field="mdtrt_cert_no")
        _refuse_conflicts(wish, taken)
        visit_id = _open(raw, wish, person.id, entitlement)
        return Outcome(Opened(visit_id, person), visit_id)

    return Step(lambda _raw: None, act)


def _entitlement(wish: VisitWish, entitlements: list[Entitlement], day: date) -> Entitlement:
    """The enrolment under which the person comes."""
    of_scheme = [e for e in entitlements if e.scheme == wish.scheme]
    if not of_scheme:
        raise NotInsuredError(scheme=wish.scheme, day=day, state="0")
    entitlement = of_scheme[0]
    if entitlement.state != "1":
        raise NotInsuredError(scheme=wish.scheme, day=day, state=entitlement.state)
    if wish.division is not None and not (
        is_within(wish.division, entitlement.region) or wish.division == entitlement.region
    ):
        raise ForeignPersonError(field="insuplc_admdvs", sent=wish.division, insured_at=entitlement.region)
    return entitlement


def _ask_for_conflicts(raw: Raw, wish: VisitWish, person_id: int) -> Rows:
    """Ask whether the number is in use here, and whether the person lies in a bed."""
    return ask(
        raw,
        "SELECT EXISTS (SELECT FROM visits_visit WHERE institution_id = %s AND number_at_institution = %s"
        " AND state <> 'cancelled'), EXISTS (SELECT FROM visits_visit WHERE person_id = %s AND care = 'inpatient'"
        " AND state = 'open')",
        (wish.institution_id, wish.number_at_institution, person_id),
    )


def _refuse_conflicts(wish: VisitWish, conflicts: Rows) -> None:
    """Refuse a number in use, or a second bed."""
    row = conflicts.fetchone()
    assert row is not None
    number_is_taken, is_in_hospital = row
    if number_is_taken:
        raise NumberInUseError(number=wish.number_at_institution)
    if wish.care == "inpatient" and is_in_hospital:
        raise AlreadyInHospitalError(person=wish.person_number)


def _open(raw: Raw, wish: VisitWish, person_id: int, entitlement: Entitlement) -> int:
    """Write the visit and its diagnoses."""
    is_local = wish.institution_region == entitlement.region
    visit = NewVisit(
        institution_id=wish.institution_id,
        person_id=person_id,
        enrolment_id=entitlement.enrolment_id,
        care=wish.care,
        medical_type=wish.medical_type,
        number_at_institution=wish.number_at_institution,
        voucher_kind=wish.voucher_kind,
        place="local" if is_local else "unfiled",
        began_at=wish.began_at,
        department_code=wish.department_code,
        department_name=wish.department_name,
        physician_code=wish.physician_code,
        physician_name=wish.physician_name,
        details=wish.details,
    )
    try:
        row = open_visit(raw, visit).fetchone()
    except database_errors.UniqueViolation:  # the same number, at the same moment, for another person
        raise NumberInUseError(number=wish.number_at_institution) from None
    assert row is not None
    visit_id = int(row[0])
    if wish.diagnoses:
        replace_diagnoses(raw, visit_id=visit_id, stage="1", diagnoses=wish.diagnoses)
    return visit_id
