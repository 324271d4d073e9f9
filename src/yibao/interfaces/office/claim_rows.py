"""Claims as rows of a queue and of a file: the most urgent first, persons as far as the role may see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from yibao.core.identity import mask
from yibao.domains.claims.models import Application
from yibao.domains.claims.queries import clock_of
from yibao.interfaces.office.export import Cell
from yibao.interfaces.office.masking import mask_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """One application in a queue; `left` are working days until it must be decided."""

    number: int
    person: str
    masked_person: str
    document: str
    about: str
    received_at: datetime
    state: str
    state_name: str
    due_on: date | None
    left: int
    late: bool
    is_unknown: bool


def claim_rows(applications: Iterable[Application], *, today: date) -> list[ClaimRow]:
    """Rows of applications that came with their person and case."""
    return [_row(application, today) for application in applications]


def _row(application: Application, today: date) -> ClaimRow:
    clock = clock_of(application, today=today)
    return ClaimRow(
        number=application.pk,
        person=application.person.name,
        masked_person=mask_name(application.person.name),
        document=mask(application.person.document_number),
        about=_about(application),
        received_at=application.received_at,
        state=application.state,
        state_name=application.get_state_display(),
        due_on=clock.due_on,
        left=clock.left,
        late=clock.late,
        is_unknown=clock.is_unknown,
    )


def _about(application: Application) -> str:
    """What it is about in a few words."""
    if application.kind == Application.Kind.BY_HAND:
        case = application.reimbursement
        return f"{case.get_care_display()} · {case.institution.name} · {case.get_reason_display()}"
    claim = application.maternity_claim
    return f"{claim.get_event_display()} · {claim.happened_on:%Y-%m-%d}"


def queue_table(rows: Sequence[ClaimRow]) -> tuple[list[str], list[list[Cell]]]:
    """The queue with persons masked as titles and rows."""
    titles = [
        _("Number"), _("Person"), _("Document number"), _("What it is about"), _("Received at"), _("State"),
        _("Decide by"), _("Working days left"), _("Overdue"),
    ]  # fmt: skip
    return titles, [_cells(row) for row in rows]


def _cells(row: ClaimRow) -> list[Cell]:
    """One application as the cells of a file."""
    received = timezone.localtime(row.received_at).strftime("%Y-%m-%d %H:%M")
    due = row.due_on.isoformat() if row.due_on else ""
    return [
        row.number, row.masked_person, row.document, row.about, received, row.state_name, due,
        row.left, _("yes") if row.late else _("no"),
    ]  # fmt: skip
