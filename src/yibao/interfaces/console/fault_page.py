"""A page on which faults of one kind are ordered, seen and called off: of messages, or of the payment channel."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from yibao.core.errors import YibaoError
from yibao.domains.sandbox.queries import Sight
from yibao.interfaces.console.access import ORDERERS, sight_of
from yibao.interfaces.console.fault_forms import OfInstitutionForm
from yibao.interfaces.console.texts import text_of
from yibao.interfaces.office.access import StaffRequest

ENDED_ROWS: Final = 30


@dataclass(frozen=True, slots=True)
class FaultPage:
    """What tells the pages apart; `order` takes the form's values, and both operations say who asks and when."""

    name: str
    form: type[OfInstitutionForm]
    order: Callable[..., object]
    end: Callable[..., object]
    faults: Callable[[Sight], QuerySet[Any]]
    striking: Callable[[QuerySet[Any]], QuerySet[Any]]

    def show(self, request: StaffRequest) -> HttpResponse:
        """Show the faults and the form; a POST orders one."""
        sight = sight_of(request.staff_member)
        may_order = request.staff_member.role in ORDERERS
        form = self.form(request.POST or None, sight=sight)
        refusal, status = "", HTTPStatus.OK
        if request.method == "POST":
            if not may_order:
                return HttpResponse(status=HTTPStatus.FORBIDDEN)
            if form.is_valid():
                refusal = _refusal_of(self.order, request, **form.terms())
                if not refusal:
                    return redirect(f"console:{self.name}")
            status = HTTPStatus.BAD_REQUEST
        faults = self.faults(sight)
        strikes = self.striking(faults)
        context = {
            "section": "faults",
            "tab": self.name,
            "form": form,
            "refusal": refusal,
            "may_order": may_order,
            "striking": strikes,
            "ended": faults.exclude(pk__in=strikes.values("pk"))[:ENDED_ROWS],
        }
        return render(request, f"console/{self.name}.html", context, status=status)

    def call_off(self, request: StaffRequest, fault_id: int) -> HttpResponse:
        """Call a fault off; one that is used up or out of sight is left as it is."""
        if self.faults(sight_of(request.staff_member)).filter(pk=fault_id).exists():
            _refusal_of(self.end, request, fault_id=fault_id)
        return redirect(f"console:{self.name}")


def _refusal_of(operation: Callable[..., object], request: StaffRequest, /, **named: Any) -> str:
    """Do it, and give the sentence of its refusal; empty when it was done."""
    try:
        operation(**named, actor=request.user.get_username(), at=timezone.now())
    except YibaoError as refused:
        return text_of(refused)
    return ""
