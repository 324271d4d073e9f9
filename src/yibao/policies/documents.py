"""Reading a YAML file so that every value still knows its line."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import yaml

from yibao.core.yaml_text import compose_yaml
from yibao.policies.errors import PolicyError, Problem

Steps = tuple[Hashable, ...]
_PLAIN: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as plain values (numbers with a point as Decimal) and the line of each value by its path."""

    name: str
    content: Any
    lines: Mapping[Steps, int]

    def line(self, *steps: Hashable) -> int:
        """Give the line of the value at a path, or of the nearest value around it."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)

    def problem(self, kind: str, detail: str, *steps: Hashable) -> Problem:
        """Describe a problem at a path of this file."""
        return Problem(self.name, self.line(*steps), kind, detail)


def read_document(path: Path, name: str) -> Document:
    """Read one YAML file (one document; no anchors, no repeated keys).

    :raises PolicyError: it is no UTF-8 text or no such YAML.
    """
    try:
        node = compose_yaml(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError((Problem(name, line, "no_yaml", error.problem or "unreadable"),)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError((Problem(name, 1, "no_yaml", str(error).splitlines()[0]),)) from None
    lines: dict[Steps, int] = {}
    content = _plain(node, (), lines, name)
    return Document(name, content, lines)


def _plain(node: yaml.Node | None, steps: Steps, lines: dict[Steps, int], name: str) -> Any:
    """Turn a node into plain values and note its line."""
    if node is None:
        return None
    lines.setdefault(steps, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*steps, place), lines, name) for place, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, steps, lines, name)
    return _scalar(node, name)


def _mapping(node: yaml.MappingNode, steps: Steps, lines: dict[Steps, int], name: str) -> dict[str, Any]:
    """Turn a mapping into a dict with text keys; a key that comes twice is refused, since one of the two would be lost."""
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise PolicyError((Problem(name, line, "no_yaml", "a key must be plain text"),))
        key = str(key_node.value)
        if key in result:
            raise PolicyError((Problem(name, line, "repeated_key", key),))
        lines[*steps, key] = line
        result[key] = _plain(value_node, (*steps, key), lines, name)
    return result


def _scalar(node: yaml.Node, name: str) -> Any:
    """Read a scalar by its tag: text, integer, Decimal, date, true/false or null."""
    text, kind = str(node.value), node.tag.removeprefix(_PLAIN)
    try:
        if kind == "int":
            return int(text.replace("_", ""))
        if kind == "float":
            return Decimal(text.replace("_", ""))
        if kind == "timestamp":
            return date.fromisoformat(text)
    except (ValueError, InvalidOperation):
        raise PolicyError((Problem(name, node.start_mark.line + 1, "no_value", text),)) from None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    return None if kind == "null" else text
