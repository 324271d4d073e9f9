"""The test persons: who they are, what they show at the counter, what to expect; as a page, CSV and JSON."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.domains.sandbox.models import SandboxPerson
from yibao.domains.sandbox.queries import listed_persons
from yibao.interfaces.console.access import READERS, console_page
from yibao.interfaces.console.texts import is_english
from yibao.interfaces.office.access import StaffRequest
from yibao.interfaces.office.export import attached

TOKEN, CARD, HEALTH_CARD = "01", "02", "03"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A test person with vouchers; synthetic, so that nothing is masked."""

    kind: str
    title: str
    psn_no: str
    psn_name: str
    certno: str
    card_no: str
    token: str
    insutype: str
    insuplc_admdvs: str
    birth_date: str
    expects: str


COLUMNS: Final = tuple(PersonRow.__dataclass_fields__)


@require_safe
@console_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show the test persons."""
    return render(request, "console/persons.html", {"section": "persons", "rows": person_rows(listed_persons())})


@require_safe
@console_page(*READERS)
def download_csv(request: StaffRequest) -> HttpResponse:  # noqa: ARG001  # the guard asks for it
    """Send the test persons as CSV: titles in words, then a row each."""
    titles = [
        _("Kind"), _("Test person"), "psn_no", _("Name"), "certno", _("Card number"), _("Token of the e-credential"),
        "insutype", "insuplc_admdvs", _("Date of birth"), _("What to expect"),
    ]  # fmt: skip
    rows = [list(asdict(row).values()) for row in person_rows(listed_persons())]
    return attached("csv", name="test-persons", titles=titles, rows=rows)


@require_safe
@console_page(*READERS)
def download_json(request: StaffRequest) -> HttpResponse:  # noqa: ARG001  # as above
    """Send the test persons as JSON."""
    rows = [asdict(row) for row in person_rows(listed_persons())]
    return JsonResponse({"persons": rows}, json_dumps_params={"ensure_ascii": False, "indent": 2})


def person_rows(listed: Iterable[SandboxPerson]) -> list[PersonRow]:
    """Rows of test persons that came with their vouchers and enrolments."""
    return [_row(one) for one in listed]


def _row(listed: SandboxPerson) -> PersonRow:
    person, english = listed.person, is_english()
    shown = {voucher.kind: voucher.number for voucher in person.vouchers.all()}
    enrolments = sorted(person.enrolments.all(), key=lambda enrolment: (enrolment.valid_from, enrolment.pk))
    last = enrolments[-1] if enrolments else None
    return PersonRow(
        kind=listed.kind,
        title=listed.title_en if english else listed.title_zh,
        psn_no=person.number,
        psn_name=person.name,
        certno=person.document_number,
        card_no=shown.get(HEALTH_CARD, ""),
        token=shown.get(TOKEN, ""),
        insutype=last.scheme if last else "",
        insuplc_admdvs=last.division_id if last else "",
        birth_date=person.birth_date.isoformat(),
        expects=listed.expects_en if english else listed.expects_zh,
    )
