"""YAML read by libyaml where PyYAML was built with it, as its wheels are: six times as fast, the same values and lines."""

from typing import Any, Final

import yaml

DEEPEST: Final = 100
"""How deep values may lie within each other: our default. Files shipped come to 14; libyaml ends the process at some 50,000."""
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENS: Final = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_CLOSES: Final = (yaml.SequenceEndEvent, yaml.MappingEndEvent)


def load_yaml(text: str | bytes) -> Any:
    """Give the plain values of one document.

    :raises yaml.YAMLError: the text is no YAML, lies too deep, refers to other values, or says what is no plain value.
    """
    _check(text)
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  # both are safe


def compose_yaml(text: str) -> yaml.Node | None:
    """Give one document as nodes that know their lines; None for an empty text.

    :raises yaml.YAMLError: the text is no YAML, lies too deep, or refers to other values.
    """
    _check(text)
    node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    return node


def _check(text: str | bytes) -> None:
    """Refuse what would end the process by depth, or fill its memory by values that repeat themselves."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        kind = type(event)
        if kind in _OPENS:
            depth += 1
            if depth > DEEPEST:
                raise _at(event, f"deeper than {DEEPEST} levels")
        elif kind in _CLOSES:
            depth -= 1
        elif kind is yaml.AliasEvent:
            raise _at(event, "values are written out, not referred to")


def _at(event: yaml.Event, problem: str) -> yaml.MarkedYAMLError:
    """The refusal of what begins here."""
    mark: Any = event.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
