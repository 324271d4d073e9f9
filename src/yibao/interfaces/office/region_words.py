"""What the pages of care in other regions call things, and who may do what on them."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yibao.domains.interregional.models import ClearingStatement
from yibao.domains.interregional.queries import Standing, receiving_region, standing_of
from yibao.domains.staff.models import StaffMember

SECTION: Final = "regions"
STANDINGS: Final[dict[Standing, Promise]] = {
    "drawn": _("drawn up"),
    "issued": _("issued, to be confirmed"),
    "confirmed": _("confirmed, to be paid"),
    "paid": _("paid, to be received"),
    "received": _("received"),
}
LEVELS: Final[dict[str, Promise]] = {
    "none": _("nothing prepaid"),
    "fine": _("fine"),
    "warning": _("warning"),
    "alarm": _("alarm"),
}
_NEXT: Final[dict[Standing, str]] = {
    "drawn": "issue", "issued": "confirm", "confirmed": "pay", "paid": "receive", "received": "",
}  # fmt: skip


def next_step(statement: ClearingStatement, member: StaffMember) -> str:
    """The step that this officer may take now; empty where it is another region's or another officer's turn."""
    step = _NEXT[standing_of(statement)]
    steps = list(statement.steps.all())
    region = statement.care_region_id if step == "issue" else statement.enrolment_region_id
    if step == "receive":
        region = receiving_region(statement, steps[-1].amount_fen)
    if not step or member.role != StaffMember.Role.AGENCY or member.region_id != region:
        return ""
    before = {"issue": statement.drawn_by_id, "pay": steps[-1].taken_by_id if steps else None}.get(step)
    return "" if before == member.pk else step
