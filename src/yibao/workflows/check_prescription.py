"""Check an electronic prescription before it is uploaded (电子处方上传预核验, 7101 and D001) and write it down.

The patient is insured, the visit is the patient's, the physician is of the hospital, the drugs stand in the catalogue. What
is written never changes; a draft may be replaced until its physician has signed. Source: Measures of Tianjin for
Internet+ care, article 11 (signature, review, upload); how long a prescription may be valid is a choice of the region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from django.db.models import Q
from django.utils.timezone import localdate

from yibao.core.divisions import is_within
from yibao.core.errors import YibaoError
from yibao.domains.agreements.queries import is_designated_on
from yibao.domains.catalogue.models import Item
from yibao.domains.enrolment.queries import Entitlement, ask_for_entitlements, entitlements_of
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.people.models import Person
from yibao.domains.people.queries import LockedPerson
from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.operations import (
    By,
    NewLine,
    NewPrescription,
    NumberUsedError,
    hold,
    take_step,
    write_prescription,
)
from yibao.domains.prescriptions.signatures import canonical, moment_text, quantity_text
from yibao.domains.prescriptions.states import State, Step
from yibao.domains.reference.queries import choice
from yibao.domains.storage import Raw
from yibao.domains.visits.models import Visit
from yibao.workflows.exactly_once import Outcome, Request, UnknownPersonNumberError
from yibao.workflows.exactly_once import Step as Change
from yibao.workflows.open_visit import OutsideDesignationError
from yibao.workflows.settle_visit import ForeignPersonError, NotInsuredError, UnknownVisitError

VALIDITY_KEY: Final = "prescriptions.validity_days"
VALIDITY: Final = {"ordinary": 3, "long": 84}
"""Setting and default: the most days that a prescription is valid, and one of repeated or long use (our default)."""
_SLACK: Final = timedelta(minutes=10)
_DRUGS: Final = (Item.Kind.DRUG, Item.Kind.DECOCTION_PIECE)


class PatientDiffersError(YibaoError):
    """Name or document of the patient are not those of the person (患者信息与参保人员不符)."""

    code: ClassVar[str] = "prescriptions.patient_differs"


class UnknownPractitionerError(YibaoError):
    """Nobody of this code and name is a physician or pharmacist of the institution on that day (医师、药师未备案)."""

    code: ClassVar[str] = "prescriptions.unknown_practitioner"


class UnknownDrugError(YibaoError):
    """The code is no drug that the catalogue has on that day (药品不在目录内或已失效)."""

    code: ClassVar[str] = "prescriptions.unknown_drug"


class NoDrugsError(YibaoError):
    """A prescription names at least one drug, each with a quantity."""

    code: ClassVar[str] = "prescriptions.no_drugs"


class ValidityRefusedError(YibaoError):
    """The validity is over, begins in the future, or is longer than the region lets it be (处方有效期不符合规定)."""

    code: ClassVar[str] = "prescriptions.validity_refused"


class RepetitionRefusedError(YibaoError):
    """A prescription that may be used several times says how often; one that may not has one use."""

    code: ClassVar[str] = "prescriptions.repetition_refused"


@dataclass(frozen=True, slots=True)
class House:
    """The institution that acts."""

    id: int
    code: str
    name: str
    region: str
    designated_from: date | None
    designated_until: date | None


def house_with_id(institution_id: int) -> House:
    """The institution of a page's reader, as workflows take it."""
    found = Institution.objects.select_related("division").get(pk=institution_id)
    return House(
        found.pk, found.code, found.name, found.division.pooling_region, found.designated_from, found.designated_until
    )


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug as it is prescribed; the quantity counts ten-thousandths; `where` is its place in the message."""

    item_code: str
    item_name: str
    specification: str
    quantity_e4: int
    unit: str
    where: str
    signed: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PrescriptionWish:
    """What a hospital prescribes to whom; `physician_code` may be unknown to the sender, `visit_id` and `scheme` too."""

    house: House
    number_at_institution: str
    person_number: str
    document_number: str
    patient_name: str
    scheme: str | None
    visit_id: int | None
    physician_code: str | None
    physician_name: str
    department_code: str
    department_name: str
    diagnosis_code: str
    diagnosis_name: str
    prescribed_at: datetime
    valid_days: int
    valid_until: datetime
    is_long: bool
    may_repeat: bool
    most_uses: int | None
    interval_days: int | None
    is_for_outside: bool
    renews: str
    drugs: Sequence[Drug]
    details: Mapping[str, Any]
    at: datetime


def number_of_patient(*, document_type: str | None, number: str | None) -> str:
    """The person number of whoever has this document, where a message names no person number.

    :raises UnknownPersonNumberError: nobody has it.
    """
    known = Person.objects.filter(document_type=document_type or "01", document_number=number or "")
    found = known.values_list("number", flat=True).first()
    if found is None:
        raise UnknownPersonNumberError(number="")
    return found


def checking_step(wish: PrescriptionWish, request: Request) -> Change[None, Prescription]:
    """The change that checks a prescription and writes it, for `exactly_once.perform`.

    :raises PatientDiffersError, NotInsuredError, ForeignPersonError, UnknownVisitError, UnknownPractitionerError,
        UnknownDrugError, NoDrugsError, ValidityRefusedError, RepetitionRefusedError, OutsideDesignationError,
        NumberUsedError: nothing changed.
    """

    def act(raw: Raw, person: LockedPerson | None, _asked: None) -> Outcome[Prescription]:
        assert person is not None
        day = localdate(wish.prescribed_at)
        _check_validity(wish)
        _check_patient(wish, person)
        entitlement = _entitlement(raw, wish, person, day)
        _check_visit(wish, person.id)
        physician = practitioner_of(
            institution_id=wish.house.id, kind=Practitioner.Kind.PHYSICIAN, code=wish.physician_code,
            name=wish.physician_name, on=day, field="prsc_dr_name",
        )  # fmt: skip
        _check_drugs(wish, day)
        by = By(request.operator, wish.at, wish.house.id, physician.pk, wish.prescribed_at)
        _replace_draft(raw, wish, by)
        written = write_prescription(raw, _new(wish, request, person.id, entitlement.scheme, physician), by)
        return Outcome(written, written.pk)

    return Change(lambda _raw: None, act)


def practitioner_of(
    *, institution_id: int, kind: str, code: str | None, name: str, on: date, field: str
) -> Practitioner:
    """The practitioner of an institution by code, or by a name that only one of them has.

    :raises UnknownPractitionerError: there is none, several have the name, or the name is not that of the code.
    """
    in_force = Q(valid_until=None) | Q(valid_until__gt=on)
    found = Practitioner.objects.filter(
        in_force, institution_id=institution_id, kind=kind, valid_from__lte=on, name=name
    )
    matching = list(found.filter(code=code) if code else found[:2])
    if len(matching) != 1:
        raise UnknownPractitionerError(field=field, name=name, practitioner=code or "-")
    return matching[0]


def _check_validity(wish: PrescriptionWish) -> None:
    """A prescription begins now or before, ends after now, and not later than the region allows."""
    most: dict[str, int] = choice(VALIDITY_KEY, VALIDITY)
    days = most["long" if wish.is_long or wish.may_repeat else "ordinary"]
    house, day = wish.house, localdate(wish.prescribed_at)
    if not is_designated_on(house.id, day):
        raise OutsideDesignationError(day=day)
    longest = wish.prescribed_at + timedelta(days=days + 1)
    if wish.prescribed_at > wish.at + _SLACK or wish.valid_until <= wish.at or not 1 <= wish.valid_days <= days:
        raise ValidityRefusedError(field="valid_days", days=days)
    if not wish.prescribed_at < wish.valid_until <= longest:
        raise ValidityRefusedError(field="valid_end_time", days=days)
    uses = wish.most_uses or 1
    if uses < 2 if wish.may_repeat else uses != 1:
        raise RepetitionRefusedError(field="max_rept_cnt")


def _check_patient(wish: PrescriptionWish, person: LockedPerson) -> None:
    """Name and document are the person's own."""
    for name, sent, known in (
        ("patn_name", wish.patient_name, person.name),
        ("certno", wish.document_number.upper(), person.document_number.upper()),
    ):
        if sent != known:
            raise PatientDiffersError(field=name)


def _entitlement(raw: Raw, wish: PrescriptionWish, person: LockedPerson, day: date) -> Entitlement:
    """The enrolment in force under which it is prescribed: of the scheme that was named, else any."""
    held = entitlements_of(ask_for_entitlements(raw, person_id=person.id, on=day))
    fitting = [each for each in held if wish.scheme in (None, each.scheme)]
    state = fitting[0].state if fitting else "0"
    in_force = [each for each in fitting if each.state == "1"]
    if not in_force:
        raise NotInsuredError(scheme=wish.scheme or "-", day=day, state=state)
    sent = wish.details.get("insuplc_admdvs")
    region = in_force[0].region
    if sent and sent != region and not is_within(sent, region):
        raise ForeignPersonError(field="insuplc_admdvs", sent=sent, insured_at=region)
    return in_force[0]


def _check_visit(wish: PrescriptionWish, person_id: int) -> None:
    """The visit that is named is the patient's, here, and not cancelled."""
    if wish.visit_id is None:
        return
    visits = Visit.objects.filter(pk=wish.visit_id, institution_id=wish.house.id, person_id=person_id)
    if not visits.exclude(state=Visit.State.CANCELLED).exists():
        raise UnknownVisitError(visit_id=wish.visit_id)


def _check_drugs(wish: PrescriptionWish, day: date) -> None:
    """Each drug stands in the catalogue on the day, and has a quantity."""
    if not wish.drugs:
        raise NoDrugsError(field="rxdrugdetail")
    in_force = Q(valid_until=None) | Q(valid_until__gt=day)
    codes = [drug.item_code for drug in wish.drugs]
    listed = Item.objects.filter(in_force, code__in=codes, kind__in=_DRUGS, valid_from__lte=day)
    known = set(listed.values_list("code", flat=True))
    for drug in wish.drugs:
        if drug.item_code not in known:
            raise UnknownDrugError(field=drug.where, drug=drug.item_code)
        if drug.quantity_e4 <= 0:
            raise NoDrugsError(field=drug.where)


def _replace_draft(raw: Raw, wish: PrescriptionWish, by: By) -> None:
    """Withdraw a draft of the same number that its physician has not signed."""
    standing = Prescription.objects.filter(
        institution_id=wish.house.id, number_at_institution=wish.number_at_institution
    ).exclude(state__in=[State.WITHDRAWN, State.REFUSED])
    number = standing.values_list("number", flat=True).first()
    if number is None:
        return
    draft = hold(raw, number)
    if draft.state != State.CHECKED:
        raise NumberUsedError(number=wish.number_at_institution)
    take_step(raw, draft, Step.REPLACE, by)


def _new(
    wish: PrescriptionWish, request: Request, person_id: int, scheme: str, physician: Practitioner
) -> NewPrescription:
    """The prescription as it is written."""
    lines = [
        NewLine(drug.item_code, drug.item_name, drug.specification, drug.quantity_e4, drug.unit, drug.details)
        for drug in wish.drugs
    ]
    return NewPrescription(
        institution_id=wish.house.id, region=wish.house.region, number_at_institution=wish.number_at_institution,
        visit_id=wish.visit_id, person_id=person_id, scheme=scheme, physician_id=physician.pk,
        department_code=wish.department_code, department_name=wish.department_name,
        diagnosis_code=wish.diagnosis_code, diagnosis_name=wish.diagnosis_name, prescribed_at=wish.prescribed_at,
        valid_until=wish.valid_until, is_for_outside=wish.is_for_outside, most_uses=wish.most_uses or 1,
        interval_days=wish.interval_days or 0, renews=wish.renews, details=wish.details, text=text_of(wish),
        lines=lines, infno=request.infno, msgid=request.msgid, entered_at=wish.at,
    )  # fmt: skip


def text_of(wish: PrescriptionWish) -> str:
    """The text that practitioners sign (处方签名原文); `docs/prescriptions.md` tells every system how to write it."""
    return canonical(
        {
            "fixmedins_code": wish.house.code,
            "hosp_rxno": wish.number_at_institution,
            "prsc_dr_name": wish.physician_name,
            "patn_name": wish.patient_name,
            "certno": wish.document_number,
            "diag_code": wish.diagnosis_code,
            "prsc_time": moment_text(wish.prescribed_at),
            "valid_end_time": moment_text(wish.valid_until),
            "max_rept_cnt": str(wish.most_uses) if wish.may_repeat else "",
            "min_inrv_days": str(wish.interval_days) if wish.may_repeat and wish.interval_days else "",
            "drugs": [
                {
                    "med_list_codg": drug.item_code,
                    "drug_genname": drug.item_name,
                    "drug_spec": drug.specification,
                    "drug_cnt": quantity_text(drug.quantity_e4),
                    "drug_cnt_unit": drug.unit,
                    **drug.signed,
                }
                for drug in wish.drugs
            ],
        }
    )
