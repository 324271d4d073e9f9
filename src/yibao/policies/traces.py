"""The trace of a settlement as plain values, for the database and the wire."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.engines.benefits import BandRow, LayerStep

_FIELDS: Final = tuple(field.name for field in fields(LayerStep))
_BANDS: Final = _FIELDS.index("bands")


class UnreadableTraceError(YibaoError):
    """Plain values that are no trace: a step or a band has not the fields it must have."""

    code: ClassVar[str] = "policies.unreadable_trace"


def steps_to_plain(steps: Sequence[LayerStep]) -> list[list[Any]]:
    """Write steps as lists of JSON values: the fields of `LayerStep` in order, bands as lists of `BandRow`'s fields."""
    return [
        [[list(band) for band in step.bands] if name == "bands" else getattr(step, name) for name in _FIELDS]
        for step in steps
    ]


def steps_from_plain(plain: Sequence[Sequence[Any]]) -> tuple[LayerStep, ...]:
    """Read steps back from what `steps_to_plain` wrote.

    :raises UnreadableTraceError: a step or band has another number of fields.
    """
    try:
        return tuple(_step(list(values)) for values in plain)
    except TypeError:
        raise UnreadableTraceError(steps=len(plain)) from None


def _step(values: list[Any]) -> LayerStep:
    """Read one step."""
    if len(values) != len(_FIELDS):
        raise UnreadableTraceError(fields=len(values), expected=len(_FIELDS))
    values[_BANDS] = tuple(BandRow(*band) for band in values[_BANDS])
    return LayerStep(*values)
