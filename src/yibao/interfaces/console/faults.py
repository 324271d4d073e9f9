"""Faults on demand: which strike, ordering them, calling them off."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.models import LONGEST_DELAY_SECONDS, Fault
from yibao.domains.sandbox.operations import MOST_TIMES, end_fault, order_fault
from yibao.domains.sandbox.queries import Sight, faults_in, points_in, striking
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.console.access import EVERYBODY, ORDERERS, console_page, sight_of
from yibao.interfaces.console.texts import text_of
from yibao.interfaces.office.access import StaffRequest

ENDED_ROWS = 30


class FaultForm(forms.Form):
    """A fault to be ordered; it looks for access points and institutions within the member's sight only."""

    access_point = forms.ModelChoiceField(label=_("Access point"), queryset=AccessPoint.objects.none())
    institution = forms.CharField(label=_("Institution code (empty: all)"), required=False, max_length=12)
    infno = forms.CharField(label=_("Transaction (empty: all)"), required=False, max_length=10)
    kind = forms.ChoiceField(label=_("What goes wrong"), choices=Fault.Kind.choices)
    seconds = forms.IntegerField(
        label=_("Seconds (late answers only)"), required=False, min_value=1, max_value=LONGEST_DELAY_SECONDS
    )
    times = forms.IntegerField(
        label=_("How often (empty: always)"), required=False, min_value=1, max_value=MOST_TIMES, initial=1
    )

    def __init__(self, *args: Any, sight: Sight, **named: Any) -> None:
        super().__init__(*args, **named)
        self._sight = sight
        points = self.fields["access_point"]
        assert isinstance(points, forms.ModelChoiceField)
        points.queryset = points_in(sight)
        if sight.institution_code:
            self.fields["institution"].initial = sight.institution_code

    def clean_institution(self) -> Institution | None:
        """Find the institution; institution staff order faults for their own only."""
        code = str(self.cleaned_data["institution"]).strip().upper()
        own = self._sight.institution_code
        if own and code != own:
            raise forms.ValidationError(_("You may order faults for your own institution only."))
        if not code:
            return None
        found = Institution.objects.filter(code=code, division__pooling_region=self._sight.region).first()
        if found is None:
            raise forms.ValidationError(_("There is no such institution in the region."))
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(*EVERYBODY)
def show(request: StaffRequest) -> HttpResponse:
    """Show the faults and the form; a POST orders one."""
    sight = sight_of(request.staff_member)
    may_order = request.staff_member.role in ORDERERS
    form = FaultForm(request.POST or None, sight=sight)
    refusal, status = "", HTTPStatus.OK
    if request.method == "POST":
        if not may_order:
            return HttpResponse(status=HTTPStatus.FORBIDDEN)
        if form.is_valid():
            refusal = _order(form.cleaned_data, request.staff_member)
            if not refusal:
                return redirect("console:faults")
        status = HTTPStatus.BAD_REQUEST
    faults = faults_in(sight)
    context = {
        "section": "faults",
        "form": form,
        "refusal": refusal,
        "may_order": may_order,
        "striking": striking(faults),
        "ended": faults.exclude(pk__in=striking(faults).values("pk"))[:ENDED_ROWS],
    }
    return render(request, "console/faults.html", context, status=status)


@require_POST
@console_page(*ORDERERS)
def end(request: StaffRequest, fault_id: int) -> HttpResponse:
    """Call a fault off; one that is used up or out of sight is left as it is."""
    if faults_in(sight_of(request.staff_member)).filter(pk=fault_id).exists():
        _try(end_fault, fault_id=fault_id, actor=request.user.get_username(), at=timezone.now())
    return redirect("console:faults")


def _order(asked: dict[str, Any], member: StaffMember) -> str:
    """Order a fault, and give the refusal when it cannot be."""
    return _try(
        order_fault,
        access_point=asked["access_point"],
        institution=asked["institution"],
        infno=str(asked["infno"]).strip().upper(),
        kind=asked["kind"],
        seconds=asked["seconds"] or 0,
        times=asked["times"],
        actor=member.user.get_username(),
        at=timezone.now(),
    )


def _try(operation: Any, **named: Any) -> str:
    try:
        operation(**named)
    except YibaoError as refused:
        return text_of(refused)
    return ""
