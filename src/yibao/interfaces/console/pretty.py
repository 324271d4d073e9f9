"""A message laid out for reading: a line for each member, its name in words, and what is wrong with it beside it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from yibao.interfaces.console.names import Names, said
from yibao.interfaces.office.masking import masked_value

LINES_MAX: Final = 1_500
"""Lines that are laid out; the rest is read in the raw text."""
_ROW: Final = re.compile(r"\[\d+\]")


class _Number(str):
    """A number exactly as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line: how deep it stands, the member's technical and own name, its value as text, its faults.

    `kind` is text, number, word (true, false, null), open (an object or a list follows) or missing.
    """

    depth: int
    key: str
    name: str
    text: str
    kind: str
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class _Layout:
    """What lines are made with."""

    names: Names
    faults: Mapping[str, Sequence[str]]
    side: str
    told: set[str] = field(default_factory=set)


def parsed(raw: bytes) -> Any:
    """The JSON of a message with its numbers as they were written.

    :raises ValueError: it is none.
    """
    return json.loads(raw.decode(), parse_float=_Number, parse_int=_Number)


def lines_of(
    raw: bytes, *, names: Names, faults: Mapping[str, Sequence[str]], side: str, is_masked: bool
) -> tuple[list[Line], list[str]] | None:
    """The lines of a message and the faults that no line carries; None when it is no JSON.

    `faults` are sentences by path; `side` is input or output, whose members' paths begin anew.
    """
    try:
        value = parsed(raw)
    except (ValueError, RecursionError):
        return None
    if is_masked:
        value = masked_value(value)
    layout = _Layout(names, faults, side)
    lines: list[Line] = []
    for line in _members(value, "", 0, layout):
        if len(lines) == LINES_MAX:
            lines.append(Line(0, "…", "", _("more in the raw text"), "word"))
            break
        lines.append(line)
    untold = [sentence for path, sentences in faults.items() if path not in layout.told for sentence in sentences]
    return lines, untold


def _members(value: Any, path: str, depth: int, layout: _Layout) -> Iterator[Line]:
    """The lines of an object's or a list's members, and of those that are missing."""
    if isinstance(value, list):
        for number, row in enumerate(value):
            yield from _member(f"[{number}]", row, f"{path}[{number}]", depth, layout)
        return
    if not isinstance(value, dict):
        yield from _member("", value, path, depth, layout)
        return
    for key, member in value.items():
        yield from _member(key, member, _below(path, key, layout), depth, layout)
    yield from _missing(value, path, depth, layout)


def _below(path: str, key: str, layout: _Layout) -> str:
    """The path of a member: what stands right below `input` or `output` begins anew, where the catalogue says so."""
    if path == layout.side and f"{path}.{key}" not in layout.names:
        return key
    return f"{path}.{key}" if path else key


def _member(key: str, value: Any, path: str, depth: int, layout: _Layout) -> Iterator[Line]:
    """The line of a member, and those of its own members."""
    names = layout.names.get(_ROW.sub("", path))
    name = said(names) if names else ""
    faults = tuple(layout.faults.get(path, ()))
    if faults:
        layout.told.add(path)
    inner = _inner(value, path, layout)
    if inner is not None:
        size = f"[{len(inner)}]" if isinstance(inner, list) else ""
        yield Line(depth, key, name, size, "open", faults)
        yield from _members(inner, path, depth + 1, layout)
        return
    yield Line(depth, key, name, *_written(value), faults)


def _inner(value: Any, path: str, layout: _Layout) -> Any:
    """The object or list that a value is; `input` may also come as JSON in a text."""
    if isinstance(value, dict | list):
        return value
    if path == layout.side and isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(value, parse_float=_Number, parse_int=_Number)
        except (ValueError, RecursionError):
            return None
    return None


def _written(value: Any) -> tuple[str, str]:
    """A value as text, and what kind it is."""
    if isinstance(value, _Number):
        return str(value), "number"
    if isinstance(value, str):
        return value, "text"
    return json.dumps(value), "word"


def _missing(value: Mapping[str, Any], path: str, depth: int, layout: _Layout) -> Iterator[Line]:
    """Lines for members that are refused because they are not there."""
    for at, sentences in layout.faults.items():
        above, _dot, key = at.rpartition(".")
        is_here = above == path or (not above and path == layout.side and at not in layout.names)
        if is_here and key not in value and at not in layout.told:
            layout.told.add(at)
            names = layout.names.get(_ROW.sub("", at))
            yield Line(depth, key, said(names) if names else "", _("missing"), "missing", tuple(sentences))
