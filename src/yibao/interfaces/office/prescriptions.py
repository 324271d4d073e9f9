"""Electronic prescriptions in the office: searched, listed, taken out."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.queries import state_at, visible
from yibao.domains.prescriptions.states import State
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import Scope
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.form_fields import day_field, text_field
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.registers import Column, Register, download_register, show_register

Role = StaffMember.Role
READERS = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)
_ANY = ("", _("any"))


class PrescriptionSearchForm(forms.Form):
    """What prescriptions are searched by."""

    number = text_field(_("Prescription number"), 30)
    own_number = text_field(_("Number at the hospital"), 40)
    institution = text_field(_("Institution code"), 12)
    person = text_field(_("Person number"), 30)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ANY, *State.choices])
    first = day_field(_("Prescribed from"), required=False)
    last = day_field(_("Prescribed until"), required=False)


def _found(scope: Scope, form: Any) -> "QuerySet[Prescription]":
    """Prescriptions within the scope that answer the form."""
    sent = form.cleaned_data
    house = sent["institution"].strip().upper()
    columns = {
        "number": sent["number"],
        "number_at_institution": sent["own_number"],
        "person__number": sent["person"],
        "state": sent["state"],
    }
    wanted = Q(**{column: value.strip() for column, value in columns.items() if value.strip()})
    if house:
        wanted &= Q(institution__code=house) | Q(place__code=house) | Q(holder__code=house)
    if sent["first"]:
        wanted &= Q(prescribed_at__date__gte=sent["first"])
    if sent["last"]:
        wanted &= Q(prescribed_at__date__lte=sent["last"])
    return visible(scope).filter(wanted).order_by("-pk")


def patient_name(prescription: Prescription, scope: Scope) -> str:
    """The patient, masked as far as the role demands."""
    name = prescription.person.name
    return name if scope.sees_names else mask_name(name)


def state_name(prescription: Prescription) -> str:
    """How it stands now, in words."""
    return str(state_at(prescription, timezone.now()).label)


PRESCRIPTIONS = Register(
    section="prescriptions",
    name="prescriptions",
    title=_("Electronic prescriptions"),
    lead=_("From the physician's signature to the packs over the counter, in every institution they pass."),
    caption=_("Prescriptions, newest first"),
    form=PrescriptionSearchForm,
    found=_found,
    columns=(
        Column(
            _("Prescription number"),
            lambda row, _s: row.number,
            sub=lambda row, _s: row.number_at_institution,
            link=lambda row: f"/prescriptions/{row.pk}",
        ),
        Column(_("Prescribed at"), lambda row, _s: f"{timezone.localtime(row.prescribed_at):%Y-%m-%d %H:%M}"),
        Column(_("Hospital"), lambda row, _s: row.institution.name, sub=lambda row, _s: row.institution.code),
        Column(_("Physician"), lambda row, _s: row.physician.name, sub=lambda row, _s: row.department_name),
        Column(_("Patient"), patient_name, sub=lambda row, _s: row.person.number),
        Column(_("State"), lambda row, _s: state_name(row)),
        Column(
            _("Held by or chosen"), lambda row, _s: (row.holder or row.place).name if row.holder or row.place else ""
        ),
        Column(_("Valid until"), lambda row, _s: f"{timezone.localtime(row.valid_until):%Y-%m-%d %H:%M}"),
    ),
    person_of=lambda row: row.person_id,
)


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """The list of prescriptions."""
    return show_register(request, PRESCRIPTIONS)


@require_safe
@staff_page(*READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file."""
    return download_register(request, PRESCRIPTIONS, kind)
