"""Keeping the ring of messages, ordering and using faults, marking a database as a sandbox's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from django.db import connection, transaction

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import AccessPoint
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Setting
from yibao.domains.reference.operations import act_as
from yibao.domains.sandbox.models import LONGEST_DELAY_SECONDS, Exchange, Fault, SandboxPerson
from yibao.domains.sandbox.queries import MARK, is_marked

MOST_TIMES: Final = 10_000


class HoldsPeopleError(YibaoError):
    """The database holds persons that no synthetic city made: it never becomes a sandbox."""

    code: ClassVar[str] = "sandbox.holds_people"


class NotASandboxError(YibaoError):
    """Faults can be ordered in the database of a sandbox only."""

    code: ClassVar[str] = "sandbox.not_a_sandbox"


class FaultTermsError(YibaoError):
    """A late answer takes 1 to 120 seconds, a fault comes at least once; other kinds have no seconds."""

    code: ClassVar[str] = "sandbox.fault_terms"


class UnknownFaultError(YibaoError):
    """No such fault is in force."""

    code: ClassVar[str] = "sandbox.unknown_fault"


class UnknownFaultPlaceError(YibaoError):
    """There is no such access point, or no such institution, for which a fault could be ordered."""

    code: ClassVar[str] = "sandbox.unknown_fault_place"


@dataclass(frozen=True, slots=True)
class TakenFault:
    """A fault that strikes the message at hand; `seconds` of a late answer."""

    kind: str
    seconds: int


@transaction.atomic
def mark_sandbox(*, is_synthetic: bool, actor: str) -> None:
    """Mark the database as a sandbox's; once marked, it stays one.

    :raises HoldsPeopleError: it holds persons, and the caller does not vouch that they are all synthetic.
    """
    if is_marked():
        return
    if not is_synthetic and Person.objects.exists():
        raise HoldsPeopleError
    act_as(actor)
    Setting.objects.create(
        key=MARK,
        value=True,
        reason="This database is a sandbox's: synthetic people only, faults may be ordered.",
        trust="our_default",
    )


def keep_exchanges(exchanges: Sequence[Exchange], *, most: int) -> None:
    """Add messages to the ring and drop what is beyond the latest `most` of each access point."""
    with transaction.atomic():
        Exchange.objects.bulk_create(exchanges)
        with connection.cursor() as cursor:
            for point in sorted({exchange.access_point_id for exchange in exchanges}):
                cursor.execute(
                    "DELETE FROM sandbox_exchange WHERE access_point_id = %s AND id <= (SELECT id FROM sandbox_exchange"
                    " WHERE access_point_id = %s ORDER BY id DESC OFFSET %s LIMIT 1)",
                    [point, point, most],
                )


@transaction.atomic
def order_fault(
    *,
    access_point: AccessPoint,
    institution: Institution | None,
    infno: str,
    kind: str,
    seconds: int,
    times: int | None,
    actor: str,
    at: datetime,
) -> Fault:
    """Order a fault for the messages of an access point, perhaps of one institution and one transaction only.

    `times` is None for always. Faults of the same messages strike one after the other, the oldest first.
    :raises NotASandboxError: the database is no sandbox's.
    :raises FaultTermsError: seconds or times make no sense.
    """
    if not is_marked():
        raise NotASandboxError
    is_late = kind == Fault.Kind.LATE
    fits = 1 <= seconds <= LONGEST_DELAY_SECONDS if is_late else seconds == 0
    if kind not in Fault.Kind.values or not fits or (times is not None and not 1 <= times <= MOST_TIMES):
        raise FaultTermsError(kind=kind, seconds=seconds, times=times)
    act_as(actor)
    return Fault.objects.create(
        access_point=access_point, institution=institution, infno=infno, kind=kind, seconds=seconds, times=times,
        remaining=times, ordered_by=actor, ordered_at=at,
    )  # fmt: skip


@transaction.atomic
def end_fault(*, fault_id: int, actor: str, at: datetime) -> None:
    """Call a fault off.

    :raises UnknownFaultError: there is none of this number that still strikes.
    """
    act_as(actor)
    ended = Fault.objects.filter(pk=fault_id, ended_at=None).exclude(remaining=0)
    if not ended.update(ended_at=at, ended_by=actor):
        raise UnknownFaultError(fault=fault_id)


def take_fault(*, access_point_id: int, institution_code: str, infno: str) -> TakenFault | None:
    """The fault that strikes a message, counted down at once whatever becomes of the message; None for none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sandbox_fault SET remaining = remaining - 1 WHERE id = ("
            " SELECT fault.id FROM sandbox_fault fault"
            " LEFT JOIN institutions_institution institution ON institution.id = fault.institution_id"
            " WHERE fault.access_point_id = %s AND fault.ended_at IS NULL"
            " AND (fault.remaining IS NULL OR fault.remaining > 0)"
            " AND (fault.institution_id IS NULL OR institution.code = %s) AND (fault.infno = '' OR fault.infno = %s)"
            " ORDER BY fault.id LIMIT 1 FOR UPDATE OF fault SKIP LOCKED) RETURNING kind, seconds",
            [access_point_id, institution_code, infno],
        )
        row = cursor.fetchone()
    return TakenFault(*row) if row else None


def list_persons(persons: Sequence[SandboxPerson]) -> None:
    """Put test persons on the list."""
    SandboxPerson.objects.bulk_create(persons)
