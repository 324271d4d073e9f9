"""Delete records of goods (3507): a movement that undoes each, so that the first stays readable; its packs may be sold again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.stock.models import Movement
from yibao.domains.stock.operations import NewMovement, enter_movements
from yibao.domains.stock.queries import records_to_delete
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Request, Step

KINDS = {
    "1": ("count",),
    "2": ("change",),
    "3": ("purchase", "purchase_return"),
    "4": ("sale", "sale_return"),
}
"""进销存数据类型 (inv_data_type) as a public client documents it: 1 count, 2 change, 3 purchase, 4 sale (third party)."""


class NothingToDeleteError(YibaoError):
    """This institution has no record of this batch and kind that is not deleted already."""

    code: ClassVar[str] = "stock.nothing_to_delete"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: all of a batch that are of one data type."""

    batch_number: str
    data_type: str
    node: str


def deletion_step(
    *, institution_id: int, wanted: Sequence[Wanted], at: datetime, request: Request
) -> Step[None, list[int]]:
    """The change that deletes, all or nothing, for `exactly_once.perform`.

    :raises NothingToDeleteError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[list[int]]:
        found: dict[int, Movement] = {}
        for each in wanted:
            records = records_to_delete(
                raw, institution_id=institution_id, batch_number=each.batch_number, kinds=KINDS.get(each.data_type, ())
            )
            if not records:
                raise NothingToDeleteError(field=each.node, batch=each.batch_number, data_type=each.data_type)
            found.update((record.pk, record) for record in records)
        ids = enter_movements(raw, movements=[_undoing(record, at, request) for record in found.values()])
        return Outcome(ids, ids[0])

    return Step(lambda _raw: None, act)


def _undoing(record: Movement, at: datetime, request: Request) -> NewMovement:
    """The movement that turns a record round."""
    return NewMovement(
        institution_id=record.institution_id,
        kind="deletion",
        item_code=record.item_code,
        own_code=record.own_code,
        own_name=record.own_name,
        batch_number=record.batch_number,
        quantity_e4=record.quantity_e4,
        delta_e4=-record.delta_e4,
        loose_e4=-record.loose_e4,
        is_split=record.is_split,
        occurred_at=at,
        undoes_id=record.pk,
        infno=request.infno,
        msgid=request.msgid,
        operator=request.operator,
        entered_at=at,
    )
