"""The trace of a settlement as plain values, for the database and the wire."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.engines.benefits import BandRow, LayerStep

_FIELDS: Final = LayerStep._fields
_DEFAULTS: Final = tuple(LayerStep._field_defaults.get(name) for name in _FIELDS)
_NEEDED: Final = len(_FIELDS) - len(LayerStep._field_defaults)
_BANDS: Final = _FIELDS.index("bands")
_FURTHER: Final = _FIELDS.index("further")


class UnreadableTraceError(YibaoError):
    """Plain values that are no trace: a step or a band has not the fields it must have."""

    code: ClassVar[str] = "policies.unreadable_trace"


def steps_to_plain(steps: Sequence[LayerStep]) -> list[list[Any]]:
    """Write steps as lists of JSON values: the fields of `LayerStep` in order, bands as lists of `BandRow`'s fields.

    What stands at the end and is as it would be without a word is left out: most steps need only the first fields.
    """
    return [_plain(step) for step in steps]


def steps_from_plain(plain: Sequence[Sequence[Any]]) -> tuple[LayerStep, ...]:
    """Read steps back from what `steps_to_plain` wrote, now or when steps had fewer fields.

    :raises UnreadableTraceError: a step or band has another number of fields.
    """
    try:
        return tuple(_step(list(values)) for values in plain)
    except TypeError:
        raise UnreadableTraceError(steps=len(plain)) from None


def _plain(step: LayerStep) -> list[Any]:
    """Write one step."""
    values: list[Any] = list(step)
    while len(values) > _NEEDED and values[-1] == _DEFAULTS[len(values) - 1]:
        values.pop()
    values[_BANDS] = [list(band) for band in step.bands]
    if len(values) > _FURTHER:
        values[_FURTHER] = [list(pair) for pair in step.further]
    return values


def _step(values: list[Any]) -> LayerStep:
    """Read one step."""
    if not _NEEDED <= len(values) <= len(_FIELDS):
        raise UnreadableTraceError(fields=len(values), expected=len(_FIELDS))
    values[_BANDS] = tuple(BandRow(*band) for band in values[_BANDS])
    if len(values) > _FURTHER:
        values[_FURTHER] = tuple((what, clause) for what, clause in values[_FURTHER])
    return LayerStep(*values)
