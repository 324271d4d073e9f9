"""Cancel a registration (2202) or an admission (2404), as long as nothing was charged or settled."""

from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.queries import ask_whether_settled
from yibao.domains.storage import Raw
from yibao.domains.visits.operations import cancel_visit
from yibao.domains.visits.queries import VisitToChange, ask_for_visit, visit_of
from yibao.workflows.change_visit import AskedVisit, VisitChange, VisitSettledError, ask_visit, visit_to_change
from yibao.workflows.exactly_once import Outcome, Step


class VisitHasFeesError(YibaoError):
    """Fee lines were uploaded for the visit and must be withdrawn first (存在费用明细)."""

    code: ClassVar[str] = "visits.has_fees"


def cancel_step(change: VisitChange) -> Step[AskedVisit, None]:
    """The change that cancels a visit, for `exactly_once.perform`.

    :raises VisitSettledError, VisitHasFeesError: nothing was changed.
    """

    def act(raw: Raw, person: LockedPerson | None, asked: AskedVisit) -> Outcome[None]:
        assert person is not None
        visit = visit_to_change(change, person, asked)
        _cancel(raw, visit, is_settled=asked.settled.fetchone() is not None)
        return Outcome(None, visit.id)

    return Step(lambda raw: ask_visit(raw, change), act)


def cancel_admission(raw: Raw, *, visit_id: int) -> None:
    """Cancel an admission whose answer was lost (2601 on 2401), under the same conditions.

    :raises VisitSettledError, VisitHasFeesError: nothing was changed.
    """
    visit = visit_of(ask_for_visit(raw, visit_id=visit_id))
    assert visit is not None
    if visit.state != "cancelled":
        _cancel(raw, visit, is_settled=ask_whether_settled(raw, visit_id=visit_id).fetchone() is not None)


def _cancel(raw: Raw, visit: VisitToChange, *, is_settled: bool) -> None:
    """Cancel unless something hangs on the visit."""
    if is_settled:
        raise VisitSettledError(visit_id=visit.id)
    if visit.has_lines:
        raise VisitHasFeesError(visit_id=visit.id)
    cancel_visit(raw, visit_id=visit.id)
