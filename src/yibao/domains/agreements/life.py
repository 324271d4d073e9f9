"""What happens to an agreement in force: suspended, resumed, ended before its term."""

from datetime import date
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.agreements.models import Agreement, AgreementSuspension, Party


class DayOutsideTermError(YibaoError):
    """The day does not lie within the agreement's term, or before today."""

    code: ClassVar[str] = "agreements.day_outside_term"


class SuspensionOverError(YibaoError):
    """The suspension was not lifted in time and has ended the agreement, or there is none to lift."""

    code: ClassVar[str] = "agreements.suspension_over"


def suspend_agreement(
    agreement: Agreement, *, begins_on: date, ends_by: date, asked_by: Party, article: str, reason: str
) -> AgreementSuspension:
    """Suspend an agreement from a day on, at most until another.

    :raises DayOutsideTermError: it does not hold on the day.
    """
    if not agreement.valid_from <= begins_on < (agreement.ended_on or agreement.valid_until):
        raise DayOutsideTermError(day=begins_on.isoformat())
    return AgreementSuspension.objects.create(
        agreement=agreement, asked_by=asked_by, begins_on=begins_on, ends_by=ends_by, article=article, reason=reason
    )


def lift_suspension(agreement: Agreement, *, on: date) -> AgreementSuspension:
    """Let an agreement hold again from a day on.

    :raises SuspensionOverError: the longest time of a suspension is over, or none stands.
    """
    standing = AgreementSuspension.objects.filter(agreement=agreement, lifted_on=None).first()
    if standing is None or on >= standing.ends_by:
        raise SuspensionOverError(number=agreement.number)
    standing.lifted_on = max(on, standing.begins_on)
    standing.save(update_fields=["lifted_on"])
    return standing


def end_agreement(agreement: Agreement, *, on: date) -> Agreement:
    """Let an agreement end on a day, the first on which it does not hold.

    :raises DayOutsideTermError: the day lies outside its term.
    """
    if agreement.ended_on is not None or not agreement.valid_from <= on < agreement.valid_until:
        raise DayOutsideTermError(day=on.isoformat())
    agreement.ended_on = on
    agreement.save(update_fields=["ended_on"])
    return agreement
