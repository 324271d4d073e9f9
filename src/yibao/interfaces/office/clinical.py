"""Clinical records in the office (信息采集): found by visit, person or number, opened one visit at a time, masked, noted."""

from typing import Any, Final

import msgspec
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.core.identity import mask
from yibao.domains.clinical.models import ClinicalRecord
from yibao.domains.clinical.queries import versions_of, visible_records
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read, record_reads
from yibao.domains.staff.queries import Scope, scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.masking import mask_name, masked_message
from yibao.interfaces.office.registers import Column, Register, download_register, show_register
from yibao.interfaces.office.words import own_words
from yibao.workflows.clinical_kinds import CLINICAL_KINDS

PURPOSE: Final = "clinical"
RECORDS_MAX: Final = 200
_LARGEST: Final = 2**63 - 1
_TEXT = {"autocomplete": "off"}
Role = StaffMember.Role
_READERS = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)


class RecordSearchForm(forms.Form):
    """What records are searched by."""

    visit = forms.IntegerField(
        label=_("Visit number (mdtrt_id)"), required=False, min_value=1, max_value=_LARGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", **_TEXT}),
        error_messages={name: _("A whole number is wanted.") for name in ("invalid", "min_value", "max_value")},
    )  # fmt: skip
    person = forms.CharField(
        label=_("Person number"), required=False, max_length=30, widget=forms.TextInput(attrs=_TEXT)
    )
    number = forms.CharField(
        label=_("Number at the institution"), required=False, max_length=30, widget=forms.TextInput(attrs=_TEXT)
    )
    institution = forms.CharField(
        label=_("Institution code"), required=False, max_length=12, widget=forms.TextInput(attrs=_TEXT)
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        """Name the kinds in the reader's language."""
        super().__init__(*args, **named)
        field: Any = self.fields["kind"]
        field.choices = [("", _("any")), *((code, f"{code} {_kind_name(code)}") for code in CLINICAL_KINDS)]


def _kind_name(code: str) -> str:
    """A kind of record in the reader's words."""
    kind = CLINICAL_KINDS.get(code)
    return own_words(kind) if kind else code


def _found(scope: Scope, form: Any) -> "QuerySet[ClinicalRecord]":
    """Records within the scope that answer the form."""
    sent = form.cleaned_data
    exact = {
        "visit_id": sent["visit"],
        "person__number": sent["person"].strip(),
        "visit_number": sent["number"].strip(),
        "institution__code": sent["institution"].strip().upper(),
        "kind": sent["kind"],
    }
    wanted = Q(**{column: value for column, value in exact.items() if value})
    return visible_records(scope).filter(wanted).select_related("institution", "person").order_by("-pk")


def _person(row: ClinicalRecord, scope: Scope) -> str:
    """Whose record it is, masked as far as the role demands; of a self-payer nobody may be known."""
    if row.person is None:
        return ""
    return row.person.name if scope.sees_names else mask_name(row.person.name)


def _address(row: ClinicalRecord) -> str:
    """Where the record is read: with its visit, or alone."""
    if row.visit_id is not None:
        return f"{reverse('office:visit_records', args=[row.visit_id])}#r{row.pk}"
    return reverse("office:clinical_record", args=[row.pk])


RECORDS = Register(
    section="clinical",
    name="clinical",
    title=_("Clinical records"),
    lead=_(
        "Reports, orders, front pages and bills of self-payers as institutions uploaded them; what they say is opened by visit."
    ),
    caption=_("The latest version of each record, newest first"),
    form=RecordSearchForm,
    found=_found,
    columns=(
        Column(
            _("Kind"),
            lambda row, _s: _kind_name(row.kind),
            sub=lambda row, _s: f"{row.kind} v{row.version}",
            link=_address,
        ),
        Column(_("Institution"), lambda row, _s: row.institution.name, sub=lambda row, _s: row.institution.code),
        Column(_("Person"), _person, sub=lambda row, _s: mask(row.person.document_number) if row.person else ""),
        Column(_("Visit"), lambda row, _s: row.visit_id or "", sub=lambda row, _s: row.visit_number),
        Column(_("Report"), lambda row, _s: row.report_number, sub=lambda row, _s: row.item_name),
        Column(
            _("Occurred at"),
            lambda row, _s: f"{timezone.localtime(row.occurred_at):%Y-%m-%d %H:%M}" if row.occurred_at else "",
        ),
        Column(_("Valid"), lambda row, _s: str(_("yes")) if row.is_valid else str(_("no"))),
    ),
    person_of=lambda row: row.person_id,
)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """The records that were found, without what they say."""
    return show_register(request, RECORDS)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file."""
    return download_register(request, RECORDS, kind)


@require_safe
@staff_page(*_READERS)
def show_visit(request: StaffRequest, visit_id: int) -> HttpResponse:
    """All records of a visit within the member's sight, with what they say, masked; the reading is noted."""
    if visit_id > _LARGEST:
        return not_found(request)
    scope = scope_of(request.staff_member)
    records = list(
        visible_records(scope)
        .filter(visit_id=visit_id)
        .select_related("institution", "person", "visit")
        .order_by("occurred_at", "pk")[:RECORDS_MAX]
    )
    return _page(request, scope, records)


@require_safe
@staff_page(*_READERS)
def show_record(request: StaffRequest, record_id: int) -> HttpResponse:
    """One record that belongs to no visit here, with what it says, masked; the reading is noted."""
    if record_id > _LARGEST:
        return not_found(request)
    scope = scope_of(request.staff_member)
    found = visible_records(scope).filter(pk=record_id).select_related("institution", "person")
    return _page(request, scope, list(found))


def _page(request: StaffRequest, scope: Scope, records: list[ClinicalRecord]) -> HttpResponse:
    """The page of some records of one person."""
    if not records:
        return not_found(request)
    now = timezone.now()
    persons = {record.person_id for record in records if record.person_id is not None}
    if len(persons) == 1:
        record_read(reader=request.staff_member, person_id=persons.pop(), page=request.path, purpose=PURPOSE, at=now)
    elif persons:
        record_reads(reader=request.staff_member, person_ids=persons, page=request.path, purpose=PURPOSE, at=now)
    first = records[0]
    context = {
        "section": "clinical",
        "first": first,
        "person": _person(first, scope),
        "document": mask(first.person.document_number) if first.person else "",
        "records": [_told(record) for record in records],
    }
    return render(request, "office/clinical_records.html", context)


def _told(record: ClinicalRecord) -> dict[str, Any]:
    """A record with what it says, masked, and its earlier versions."""
    person = record.person
    hidden = (person.name, person.document_number, person.phone) if person else ()
    return {
        "record": record,
        "kind": _kind_name(record.kind),
        "content": masked_message(msgspec.json.encode(record.content), hidden=hidden),
        "versions": [
            (version, masked_message(msgspec.json.encode(version.content), hidden=hidden))
            for version in versions_of(record)[1:]
        ],
    }
