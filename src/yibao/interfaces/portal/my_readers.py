"""Who looked at my records: institutions, the agency's staff, family members, I myself, and strangers who were refused."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.interfaces.portal.access import PersonRequest, Purpose, person_page
from yibao.interfaces.portal.words import LOOKS, ROLES, said
from yibao.workflows.who_read import Reading, readings_of

SHOWN: Final = 100


@require_safe
@person_page("readers", Purpose.VIEW)
def show(request: PersonRequest) -> HttpResponse:
    """Show the latest looks, newest first."""
    rows = [
        (row.read_at, _reader(row), said(LOOKS, row.purpose)) for row in readings_of(request.subject.pk, limit=SHOWN)
    ]
    return render(request, "portal/my_readers.html", {"section": "readers", "rows": rows, "shown": SHOWN})


def _reader(row: Reading) -> str:
    """Who looked, as far as the person may know it."""
    match row.reader:
        case "institution":
            return row.name
        case "staff":
            return said(ROLES, row.name)
        case "family":
            return _("%(name)s, acting for me") % {"name": row.name}
        case "refused":
            return _("a stranger, who was refused")
        case _:
            return _("myself")
