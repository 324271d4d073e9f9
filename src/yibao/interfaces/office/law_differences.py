"""Two laws side by side in words: what differs, for whom, by which clauses. No record of a person is read."""

from datetime import date
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.policies import NoPolicyError, PolicyError, schemes
from yibao.policies.comparison import compare
from yibao.policies.difference_sentences import sentences_of
from yibao.policies.references import Chosen, choose

Role = StaffMember.Role
READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.ANALYST)


def _laws() -> list[tuple[str, str]]:
    """The laws that are shipped, by region and scheme."""
    return [(name, name) for name in (f"{region}/{scheme}" for region, scheme in schemes())]


class DifferenceForm(forms.Form):
    """Two laws, each with its day."""

    before = forms.ChoiceField(label=_("First law (region/scheme)"), choices=_laws)
    before_on = forms.DateField(
        label=_("on the day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("This is no day.")},
    )
    after = forms.ChoiceField(label=_("Second law (region/scheme)"), choices=_laws)
    after_on = forms.DateField(
        label=_("on the day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("This is no day.")},
    )

    def clean(self) -> dict[str, Any]:
        """Find both laws; one that is not in force on its day is said beside the day."""
        cleaned: dict[str, Any] = super().clean() or {}
        for side in ("before", "after"):
            if side in cleaned and f"{side}_on" in cleaned:
                cleaned[f"{side}_law"] = self._found(side, cleaned[side], cleaned[f"{side}_on"])
        return cleaned

    def _found(self, side: str, name: str, day: date) -> Chosen | None:
        """The law of a day."""
        try:
            return choose(name, day)
        except (NoPolicyError, PolicyError):
            self.add_error(f"{side}_on", _("No such law is in force on this day."))
            return None


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
        "sentences": sentences_of(comparison, "en" if (get_language() or "").startswith("en") else "zh"),
        "differs": bool(comparison.differences),
    }
    return render(request, "office/law_differences.html", context)
