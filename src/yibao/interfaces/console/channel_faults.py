"""Faults of the test payment channel on demand: which strike, ordering them, calling them off."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from yibao.domains.mobile_orders.models import ChannelFault
from yibao.domains.mobile_orders.rehearsing import (
    channel_faults_in,
    end_channel_fault,
    order_channel_fault,
    striking_channel_faults,
)
from yibao.domains.sandbox.queries import Sight
from yibao.interfaces.console.access import EVERYBODY, ORDERERS, console_page
from yibao.interfaces.console.fault_forms import ChannelFaultForm
from yibao.interfaces.console.fault_page import FaultPage
from yibao.interfaces.office.access import StaffRequest


def faults_within(sight: Sight) -> QuerySet[ChannelFault]:
    """The channel's faults that may be seen."""
    return channel_faults_in(region=sight.region, institution_code=sight.institution_code)


PAGE = FaultPage(
    "channel_faults", ChannelFaultForm, order_channel_fault, end_channel_fault, faults_within, striking_channel_faults
)


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(*EVERYBODY)
def show(request: StaffRequest) -> HttpResponse:
    """The channel's faults and the form; a POST orders one."""
    return PAGE.show(request)


@require_POST
@console_page(*ORDERERS)
def end(request: StaffRequest, fault_id: int) -> HttpResponse:
    """Call a fault off."""
    return PAGE.call_off(request, fault_id)
