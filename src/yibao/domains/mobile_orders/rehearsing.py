"""Ordering faults of the test channel, and calling them off: in a sandbox alone."""

from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Q, QuerySet

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Institution
from yibao.domains.mobile_orders.channel_books import LONGEST_SECONDS, ChannelFault
from yibao.domains.reference.operations import act_as
from yibao.domains.sandbox.operations import MOST_TIMES, NotASandboxError
from yibao.domains.sandbox.queries import is_marked

WITH_SECONDS = frozenset({ChannelFault.Kind.LATE, ChannelFault.Kind.PENDING, ChannelFault.Kind.PAID_LATE})
"""Faults that take some time."""


class ChannelFaultTermsError(YibaoError):
    """A delay takes 1 to 120 seconds and belongs to what comes late or is under way; a fault comes at least once."""

    code: ClassVar[str] = "mobile_orders.fault_terms"


class UnknownChannelFaultError(YibaoError):
    """No such fault of the test channel is in force."""

    code: ClassVar[str] = "mobile_orders.unknown_fault"


@transaction.atomic
def order_channel_fault(
    *,
    institution: Institution | None,
    operation: str,
    kind: str,
    seconds: int,
    times: int | None,
    actor: str,
    at: datetime,
) -> ChannelFault:
    """Order a fault for payments or refunds (or both, with an empty operation), perhaps of one institution only.

    `times` is None for always. Faults of the same payments strike one after the other, the oldest first.
    :raises NotASandboxError: the database is no sandbox's.
    :raises ChannelFaultTermsError: kind, seconds, times or operation make no sense.
    """
    if not is_marked():
        raise NotASandboxError
    fits = 1 <= seconds <= LONGEST_SECONDS if kind in WITH_SECONDS else seconds == 0
    is_known = kind in ChannelFault.Kind.values and operation in ("", "payment", "refund")
    if not is_known or not fits or (times is not None and not 1 <= times <= MOST_TIMES):
        raise ChannelFaultTermsError(kind=kind, seconds=seconds, times=times)
    act_as(actor)
    return ChannelFault.objects.create(
        institution=institution, operation=operation, kind=kind, seconds=seconds, times=times, remaining=times,
        ordered_by=actor, ordered_at=at,
    )  # fmt: skip


def channel_faults_in(*, region: str, institution_code: str = "") -> QuerySet[ChannelFault]:
    """The faults of the test channel for a region, newest first: those of all institutions too, or of one institution only."""
    faults = ChannelFault.objects.select_related("institution").order_by("-id")
    if institution_code:
        return faults.filter(institution__code=institution_code)
    return faults.filter(Q(institution=None) | Q(institution__division__pooling_region=region))


def striking_channel_faults(faults: QuerySet[ChannelFault]) -> QuerySet[ChannelFault]:
    """Those of the faults that still strike."""
    return faults.filter(ended_at=None).exclude(remaining=0)


@transaction.atomic
def end_channel_fault(*, fault_id: int, actor: str, at: datetime) -> None:
    """Call a fault off.

    :raises UnknownChannelFaultError: there is none of this number that still strikes.
    """
    act_as(actor)
    ended = striking_channel_faults(ChannelFault.objects.filter(pk=fault_id))
    if not ended.update(ended_at=at, ended_by=actor):
        raise UnknownChannelFaultError(fault=fault_id)
