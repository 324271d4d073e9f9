"""YAML read by libyaml where PyYAML was built with it, as its wheels are: six times as fast, the same values and lines."""

from typing import Any, Final

import yaml

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str | bytes) -> Any:
    """Give the plain values of one document.

    :raises yaml.YAMLError: the text is no YAML, or says what is no plain value.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  # both are safe


def compose_yaml(text: str) -> yaml.Node | None:
    """Give one document as nodes that know their lines; None for an empty text.

    :raises yaml.YAMLError: the text is no YAML.
    """
    node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    return node
