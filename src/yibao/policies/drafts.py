"""A law as a draft: its numbers one by one, and its files with some of them put otherwise, exactly where they stand."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from yibao.core.yaml_text import compose_yaml
from yibao.policies.circumstances import STEPPED, cuts_of, describe, names_of
from yibao.policies.errors import Problem
from yibao.policies.language import Adjustment, Text, Value
from yibao.policies.law import SCHEME_FILE, Law, Placed, Role
from yibao.policies.library import ROOT
from yibao.policies.sentence_words import Language

FILE_NAME: Final = re.compile(r"^[a-z][a-z0-9_]{0,59}\.yaml$")
"""How a file of a scheme may be called."""
NUMBER: Final = re.compile(r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")
"""How a number of a policy file is written."""
OPEN: Final = "unlimited"
_PARTS: Final = ("value", "edges")


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a law: whose value it is, where in that value, and how it stands in the file."""

    key: str
    title: Text
    placed: Placed
    steps: tuple[Hashable, ...]
    text: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.placed.document.name

    @property
    def line(self) -> int:
        """The line on which it stands."""
        return self.placed.document.line(*self.placed.path, *self.steps)

    @property
    def of(self) -> Role | str:
        """What it is: the role of its value, or what an adjustment adjusts."""
        value = self.placed.value
        return value.of if isinstance(value, Adjustment) else self.placed.role

    def holds(self, problem: Problem) -> bool:
        """Whether a problem lies on the lines of the value to which the number belongs."""
        path, lines = self.placed.path, self.placed.document.lines
        own = [line for steps, line in lines.items() if steps[: len(path)] == path]
        return problem.file == self.file and min(own) <= problem.line <= max(own)


def numbers_of(law: Law, on: date) -> tuple[Number, ...]:
    """The numbers of all values that hold on a day, layer by layer, then those of the statistics."""
    found: list[Number] = []
    for layer in law.layers:
        if on in layer.period:
            for placed in layer.all_values():
                found += _numbers(placed, layer.layer.title, on)
    for name, values in law.statistics.items():
        said = law.scheme.statistics[name]
        for placed in values:
            found += _numbers(placed, Text(zh=said.zh, en=said.en), on)
    return tuple(found)


def _numbers(placed: Placed, title: Text, on: date) -> Iterator[Number]:
    """The numbers of one value, if it holds."""
    if on not in placed.period:
        return
    content: Any = placed.document.content
    for step in placed.path:
        content = content[step]
    for part in _PARTS:
        for steps, number in _leaves(content.get(part), (part,)):
            key = f"{placed.value.clause}:{'/'.join(map(str, steps))}"
            yield Number(key, title, placed, steps, str(number))


def _leaves(content: Any, steps: tuple[Hashable, ...]) -> Iterator[tuple[tuple[Hashable, ...], Any]]:
    """What can be changed in a table: numbers, and limits that are open."""
    if isinstance(content, dict):
        for key, inner in content.items():
            yield from _leaves(inner, (*steps, key))
    elif isinstance(content, list):
        for place, inner in enumerate(content):
            yield from _leaves(inner, (*steps, place))
    elif content == OPEN or (content is not None and not isinstance(content, (str, bool))):
        yield steps, content


def described(number: Number, law: Law, language: Language) -> str:
    """For whom a number holds, and in which band, in words."""
    value = number.placed.value
    box: dict[str, tuple[str | int, ...]] = {name: _codes(law, name, codes) for name, codes in value.where.items()}
    steps = number.steps[1:]
    for dimension, key in zip(value.by, steps, strict=False):
        box[dimension] = _codes(law, dimension, [code.strip() for code in str(key).split(",")])
    said = describe(box, cuts_of(law), language, names_of(law))
    rest = steps[len(value.by) :] if number.steps[0] == "value" else steps
    return " · ".join(part for part in (said, _place(number, rest, language)) if part)


def _codes(law: Law, dimension: str, codes: Sequence[str]) -> tuple[str | int, ...]:
    """Codes as they are described: groups of numbers by their first number."""
    if dimension not in STEPPED:
        return tuple(codes)
    starts: Mapping[str, int] = getattr(law.scheme, STEPPED[dimension])
    return tuple(sorted(starts[code] for code in codes))


def _place(number: Number, rest: Sequence[Hashable], language: Language) -> str:
    """Which band, edge or part of a formula a number is."""
    value = number.placed.value
    if not rest:
        return ""
    first = rest[0]
    if number.steps[0] == "edges" and isinstance(first, int):
        return f"费用段界限 {first + 1}" if language == "zh" else f"edge {first + 1} of the bands"
    if isinstance(value, Value) and value.edges and isinstance(first, int) and first + 1 < len(value.edges):
        low, high = value.edges[first], value.edges[first + 1]
        band = f"{low}–{high}" if high is not None else f"{low}+"
        own = "/".join(map(str, rest[1:]))
        return f"{band} {'元' if language == 'zh' else 'yuan'}{f' · {own}' if own else ''}"
    return "/".join(map(str, rest))


def files_of(region: str, scheme: str, root: Path = ROOT) -> dict[str, str]:
    """The text of all files of a scheme by their names below its folder."""
    folder = root / region / scheme
    assert (folder / SCHEME_FILE).is_file()
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))}  # fmt: skip


def changed_files(files: Mapping[str, str], numbers: Sequence[Number], new: Mapping[str, str]) -> dict[str, str]:
    """The files with some numbers put otherwise, by key; everything else stays as it is, to the letter."""
    by_file: dict[str, list[Number]] = {}
    for number in numbers:
        if number.key in new:
            by_file.setdefault(number.file.split("/", 2)[2], []).append(number)
    return {
        **files,
        **{
            name: _rewritten(files[name], {(*each.placed.path, *each.steps): new[each.key] for each in chosen})
            for name, chosen in by_file.items()
        },
    }


def _rewritten(text: str, new: Mapping[tuple[Hashable, ...], str]) -> str:
    """A file's text with scalars put otherwise by their paths."""
    root = compose_yaml(text)
    spans = []
    for path, written in new.items():
        node = root
        for step in path:
            node = _inner(node, step)
        assert isinstance(node, yaml.ScalarNode)
        spans.append((node.start_mark.index, node.end_mark.index, written))
    for start, end, written in sorted(spans, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _inner(node: yaml.Node | None, step: Hashable) -> yaml.Node:
    """The part of a mapping or list that a step leads to."""
    if isinstance(node, yaml.SequenceNode):
        assert isinstance(step, int)
        found: yaml.Node = node.value[step]
        return found
    assert isinstance(node, yaml.MappingNode)
    inner: yaml.Node = next(value for key, value in node.value if str(key.value) == step)
    return inner


def write_files(files: Mapping[str, str], folder: Path) -> Path:
    """Write a draft's files into a folder, which a law is then read from."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
