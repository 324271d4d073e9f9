"""Two laws side by side in words: what differs, for whom, by which clauses. No record of a person is read."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.two_laws import TwoLawsForm, day_field, law_names
from yibao.interfaces.office.words import reader_language
from yibao.policies.comparison import compare
from yibao.policies.difference_sentences import sentences_of

Role = StaffMember.Role
READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.ANALYST)


class DifferenceForm(TwoLawsForm):
    """Two laws, each with its day."""

    sides = ("before", "after")

    before = forms.ChoiceField(label=_("First law (region/scheme)"), choices=law_names)
    before_on = day_field(_("on the day"))
    after = forms.ChoiceField(label=_("Second law (region/scheme)"), choices=law_names)
    after_on = day_field(_("on the day"))


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Ask for two laws, and say what differs between them."""
    own = f"{request.staff_member.region_id}/310"
    today = timezone.localdate()
    first = {"before": own, "after": own, "before_on": today.replace(year=today.year - 1, day=1), "after_on": today}
    form = DifferenceForm(request.GET) if request.GET else DifferenceForm(initial=first)
    context: dict[str, Any] = {"section": "law", "form": form}
    if not form.is_bound:
        return render(request, "office/law_differences.html", context)
    if not form.is_valid():
        return render(request, "office/law_differences.html", context, status=HTTPStatus.BAD_REQUEST)
    comparison = compare(form.cleaned_data["before_law"], form.cleaned_data["after_law"])
    context |= {
        "before": comparison.before.policy.policy_id,
        "after": comparison.after.policy.policy_id,
        "sentences": sentences_of(comparison, reader_language()),
        "differs": bool(comparison.differences),
    }
    return render(request, "office/law_differences.html", context)
