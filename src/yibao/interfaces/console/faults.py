"""Faults of messages on demand: which strike, ordering them, calling them off."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from yibao.domains.sandbox.operations import end_fault, order_fault
from yibao.domains.sandbox.queries import faults_in, striking
from yibao.interfaces.console.access import EVERYBODY, ORDERERS, console_page
from yibao.interfaces.console.fault_forms import FaultForm
from yibao.interfaces.console.fault_page import FaultPage
from yibao.interfaces.office.access import StaffRequest

PAGE = FaultPage("faults", FaultForm, order_fault, end_fault, faults_in, striking)


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(*EVERYBODY)
def show(request: StaffRequest) -> HttpResponse:
    """The faults of messages and the form; a POST orders one."""
    return PAGE.show(request)


@require_POST
@console_page(*ORDERERS)
def end(request: StaffRequest, fault_id: int) -> HttpResponse:
    """Call a fault off."""
    return PAGE.call_off(request, fault_id)
