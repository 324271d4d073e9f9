"""Settlement lists in the office (结算清单): found by quality and state, opened with what the checks found, taken out."""

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.core.identity import mask
from yibao.domains.settlement_lists.checks import CHECKS, CHECKS_BY_ID, SOURCES
from yibao.domains.settlement_lists.models import ListFinding, SettlementList
from yibao.domains.settlement_lists.queries import ListSearch, found_lists
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_read
from yibao.domains.staff.queries import Scope, scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.registers import Column, Register, download_register, show_register
from yibao.interfaces.office.words import own_words

PURPOSE: Final = "settlement_list"
Role = StaffMember.Role
_READERS = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)
_ANY = ("", _("any"))
_LARGEST: Final = 2**63 - 1
TRUST = {
    "official": _("official"),
    "relayed": _("official, as others relay it"),
    "third_party": _("told by others"),
    "our_default": _("our own"),
}
QUALITIES = {"error": _("errors"), "warning": _("warnings only"), "clean": _("no finding")}
_TEXT = {"autocomplete": "off"}


class ListSearchForm(forms.Form):
    """What lists are searched by."""

    settlement = forms.IntegerField(
        label=_("Settlement number (setl_id)"), required=False, min_value=1, max_value=_LARGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", **_TEXT}),
        error_messages={name: _("A whole number is wanted.") for name in ("invalid", "min_value", "max_value")},
    )  # fmt: skip
    person = forms.CharField(
        label=_("Person number"), required=False, max_length=30, widget=forms.TextInput(attrs=_TEXT)
    )
    institution = forms.CharField(
        label=_("Institution code"), required=False, max_length=12, widget=forms.TextInput(attrs=_TEXT)
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ANY, *SettlementList.State.choices])
    quality = forms.ChoiceField(label=_("Quality"), required=False, choices=[_ANY, *QUALITIES.items()])
    check = forms.ChoiceField(label=_("Finding"), required=False)
    first = forms.DateField(
        label=_("Settled from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("A date is written like 2026-01-31.")},
    )  # fmt: skip
    last = forms.DateField(
        label=_("Settled until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("A date is written like 2026-01-31.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **named: Any) -> None:
        """Name the checks in the reader's language."""
        super().__init__(*args, **named)
        field: Any = self.fields["check"]
        field.choices = [_ANY, *((check.id, own_words(check)) for check in CHECKS)]

    def search(self) -> ListSearch:
        """What was asked for; both days count."""
        sent = self.cleaned_data
        zone = ZoneInfo(settings.TIME_ZONE)
        first, last = sent["first"], sent["last"]
        return ListSearch(
            settlement_id=sent["settlement"],
            person=sent["person"].strip(),
            institution=sent["institution"].strip().upper(),
            state=sent["state"],
            quality=sent["quality"],
            check=sent["check"],
            settled_from=datetime.combine(first, time.min, zone) if first else None,
            settled_until=datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
        )


def _found(scope: Scope, form: Any) -> "QuerySet[SettlementList]":
    """Lists within the scope that answer the form."""
    return found_lists(scope, form.search())


def _person(row: SettlementList, scope: Scope) -> str:
    """Whose list it is, masked as far as the role demands."""
    return row.person.name if scope.sees_names else mask_name(row.person.name)


LISTS = Register(
    section="settlement_lists",
    name="settlement_lists",
    title=_("Settlement lists"),
    lead=_(
        "What hospitals tell of each settled stay, and what the national checks find in it; groups and points stand on it."
    ),
    caption=_("The latest version of each list, newest first"),
    form=ListSearchForm,
    found=_found,
    columns=(
        Column(
            _("List (setl_list_id)"),
            lambda row, _s: row.pk,
            sub=lambda row, _s: f"v{row.version}",
            link=lambda row: reverse("office:settlement_list", args=[row.pk]),
        ),
        Column(_("Settlement"), lambda row, _s: row.settlement_id),
        Column(_("Settled at"), lambda row, _s: f"{timezone.localtime(row.settlement.settled_at):%Y-%m-%d %H:%M}"),
        Column(_("Institution"), lambda row, _s: row.institution.name, sub=lambda row, _s: row.institution.code),
        Column(_("Person"), _person, sub=lambda row, _s: mask(row.person.document_number)),
        Column(_("State"), lambda row, _s: str(row.get_state_display())),
        Column(_("Errors"), lambda row, _s: row.errors, is_number=True),
        Column(_("Warnings"), lambda row, _s: row.warnings, is_number=True),
        Column(_("Uploaded at"), lambda row, _s: f"{timezone.localtime(row.uploaded_at):%Y-%m-%d %H:%M}"),
    ),
    person_of=lambda row: row.person_id,
)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """The lists that were found."""
    return show_register(request, LISTS)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """The same as a file."""
    return download_register(request, LISTS, kind)


@require_safe
@staff_page(*_READERS)
def show_one(request: StaffRequest, list_id: int) -> HttpResponse:
    """One list with what the checks found; the reading is noted."""
    scope = scope_of(request.staff_member)
    found = _visible(scope, list_id)
    if found is None:
        return not_found(request)
    record_read(
        reader=request.staff_member, person_id=found.person_id, page=request.path, purpose=PURPOSE, at=timezone.now()
    )
    context = {
        "section": "settlement_lists",
        "list": found,
        "person": _person(found, scope),
        "document": mask(found.person.document_number),
        "findings": [_finding(finding) for finding in found.findings.all()],
        "versions": SettlementList.objects.filter(settlement_id=found.settlement_id).order_by("-version"),
        "steps": found.steps.all(),
    }
    return render(request, "office/settlement_list.html", context)


def _visible(scope: Scope, list_id: int) -> SettlementList | None:
    """A list, of whatever version, within the member's sight."""
    if list_id > _LARGEST or not scope.sees_records:
        return None
    lists = SettlementList.objects.filter(settlement__enrolment__region_id=scope.region)
    if scope.institution_id is not None:
        lists = lists.filter(institution_id=scope.institution_id)
    return lists.select_related("person", "institution", "settlement", "visit").filter(pk=list_id).first()


def _finding(finding: ListFinding) -> dict[str, Any]:
    """What a check found, in the reader's words, with where the check comes from."""
    check = CHECKS_BY_ID.get(finding.check_id)
    source = SOURCES[check.source] if check else None
    return {
        "finding": finding,
        "sentence": own_words(check) if check else finding.check_id,
        "source": own_words(source) if source else "",
        "trust": TRUST[source.trust] if source else "",
    }
