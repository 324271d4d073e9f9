"""The home page: what was settled today and lately, what flowed out of each fund, how far the chain reaches."""

from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.domains.ledger.chain_state import chain_state
from yibao.domains.ledger.flows import fund_flows
from yibao.domains.prescriptions.counts import under_way
from yibao.domains.settlement.daily_totals import daily_totals
from yibao.domains.settlement.found_settlements import SettlementSearch, found_settlements
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import Scope, scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.charts import chart_of_days, chart_of_funds
from yibao.interfaces.office.rows import settlement_rows
from yibao.interfaces.office.words import own_name

DAYS: Final = 14
LATEST: Final = 8
Role = StaffMember.Role


@require_safe
@staff_page(Role.SYSTEM, Role.AGENCY, Role.INSTITUTION, Role.AUDITOR, Role.ANALYST)
def show(request: StaffRequest) -> HttpResponse:
    """Show the home page of the member's scope, by the clock of the office."""
    scope = scope_of(request.staff_member)
    now = timezone.localtime()
    zone = ZoneInfo(settings.TIME_ZONE)
    days = daily_totals(scope, last_day=now.date(), days=DAYS, zone=zone)
    context = {
        "section": "home",
        "scope": scope,
        "now": now,
        "today": days[-1],
        "days": days,
        "chart_of_days": chart_of_days(
            days, fund=_("Funds"), account=_("Personal accounts"), cash=_("Cash of the persons")
        ),
        "latest": settlement_rows(found_settlements(scope, SettlementSearch())[:LATEST], scope)
        if scope.sees_records
        else [],
        "prescriptions": under_way(scope, at=now) if scope.sees_records else {},
        **_of_funds(scope, now, zone),
    }
    return render(request, "office/home.html", context)


def _of_funds(scope: Scope, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The funds' flows and the chain, where the role sees them."""
    if not scope.sees_funds:
        return {}
    today_from = datetime.combine(now.date(), time.min, zone)
    flows = fund_flows(region=scope.region, month_from=today_from.replace(day=1), today_from=today_from, until=now)
    names = [own_name(flow) for flow in flows]
    return {
        "flows": list(zip(names, flows, strict=True)),
        "chart_of_funds": chart_of_funds(flows, names=names, today=_("today"), month=_("this month")),
        "chain": chain_state(),
    }
