"""Writes to the reference register: rows of a file become rows of a table, once."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

from django.db import connection, models, transaction

from yibao.core.errors import YibaoError


class RepeatedKeyError(YibaoError):
    """Two rows of one file have the same key, so nobody can say which of them holds."""

    code: ClassVar[str] = "reference.repeated_key"


class Counts(NamedTuple):
    """How many rows were added, how many changed, how many stood as they should."""

    added: int
    changed: int
    unchanged: int


def act_as(actor: str) -> None:
    """Name who acts in the running transaction, for the history of changes (变更记录)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yibao.actor', %s, true)", [actor])


@transaction.atomic
def synchronise(
    *, model: type[models.Model], rows: Iterable[Mapping[str, Any]], key: tuple[str, ...], actor: str
) -> Counts:
    """Make the table say what the rows say: add what is missing, change what differs, leave the rest alone.

    `key` names the fields by which a row is known. Rows of the table that no row names stay: records may point at them.
    :raises RepeatedKeyError: two rows have the same key.
    """
    act_as(actor)
    manager = model._default_manager  # noqa: SLF001  # Django documents _default_manager
    wanted = _by_key(rows, key)
    standing = {tuple(getattr(row, name) for name in key): row for row in manager.all()}
    missing = [model(**row) for known, row in wanted.items() if known not in standing]
    differing = [
        _changed(standing[known], row)
        for known, row in wanted.items()
        if known in standing and any(getattr(standing[known], name) != value for name, value in row.items())
    ]
    manager.bulk_create(missing, batch_size=1000)
    for row in differing:
        row.save()
    return Counts(len(missing), len(differing), len(wanted) - len(missing) - len(differing))


def _by_key(rows: Iterable[Mapping[str, Any]], key: tuple[str, ...]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """The rows by their keys."""
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        known = tuple(row[name] for name in key)
        if known in found:
            raise RepeatedKeyError(key=known)
        found[known] = row
    return found


def _changed(standing: models.Model, row: Mapping[str, Any]) -> models.Model:
    """The standing record with the values of the row."""
    for name, value in row.items():
        setattr(standing, name, value)
    return standing
