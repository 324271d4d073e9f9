"""A month is cleared only when its visits over the internet were audited and what was found is decided (第十八至二十条)."""

from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.internet_care.supervision import undecided_in
from yibao.domains.reconciliation.models import ClearingApplication
from yibao.domains.reconciliation.queries import months_days
from yibao.policies.internet_care import marked_types


class AuditPendingError(YibaoError):
    """Visits over the internet of the month were not audited, or findings wait for a decision (互联网费用尚未审核)."""

    code: ClassVar[str] = "internet_care.audit_pending"


def refuse_unaudited(application_id: int) -> None:
    """Refuse to accept an application for clearing while visits over the internet of its month are undecided.

    :raises AuditPendingError: how many no audit looked at, and how many wait.
    """
    application = ClearingApplication.objects.select_related("institution").get(pk=application_id)
    first_day, last_day = months_days(application.month)
    unaudited, waiting = undecided_in(
        institution_id=application.institution_id, first_day=first_day, last_day=last_day,
        medical_types=marked_types(),
    )  # fmt: skip
    if unaudited or waiting:
        raise AuditPendingError(month=f"{application.month:%Y-%m}", unaudited=unaudited, waiting=waiting)
