"""The start page: what the estimator does, and the regions and schemes it knows."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from yibao.domains.reference.queries import division_names
from yibao.interfaces.portal.words import own
from yibao.workflows.list_policies import policies_in_force


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the schemes of each region whose law is in force today."""
    return render(request, "portal/home.html", {"regions": schemes_by_region()})


def schemes_by_region() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Regions with their schemes: code and name of the region, and code and title of each scheme."""
    schemes = [law.scheme for _name, law in policies_in_force(timezone.localdate())]
    names = division_names({scheme.region for scheme in schemes})
    return [
        (region, names.get(region, region), [(scheme.scheme, own(scheme.title)) for scheme in held])
        for region, held in groupby(schemes, key=lambda scheme: scheme.region)
    ]
