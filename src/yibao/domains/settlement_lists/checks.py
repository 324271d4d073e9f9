"""The checks of settlement lists (清单质控) as they stand in the data beside, held to their shape."""

from pathlib import Path
from typing import Final, Literal

import msgspec

Trust = Literal["official", "relayed", "third_party", "our_default"]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where checks come from, and how sure that is."""

    zh: str
    en: str
    url: str
    trust: Trust


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under which circumstances a check is made; all that are named must hold.

    `row` names a field of the row that must be filled; `diagnoses` prefixes of which one must occur, `but` codes that
    do not count.
    """

    care: str | None = None
    medical_type: str | None = None
    field: str | None = None
    values: tuple[str, ...] = ()
    age_days_at_most: int | None = None
    diagnoses: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    row: str | None = None


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One check: its kind says what is looked at, `when` under which circumstances, the level how grave a finding is."""

    id: str
    kind: str
    level: Literal["error", "warning"]
    source: str
    zh: str
    en: str
    field: str = ""
    other: str = ""
    fields: tuple[str, ...] = ()
    node: str = ""
    values: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    pattern: str = ""
    register: str = ""
    fact: str = ""
    least: int = 0
    most: int = 0
    when: When = When()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    sources: dict[str, Source]
    checks: tuple[Check, ...]


_READ: Final = msgspec.yaml.decode((Path(__file__).parent / "data" / "checks.yaml").read_bytes(), type=_File)
VERSION: Final = _READ.version
"""The version of the checks (质控版本号)."""
SOURCES: Final = _READ.sources
"""The sources by name."""
CHECKS: Final = _READ.checks
"""The checks in the order in which findings are told."""
CHECKS_BY_ID: Final = {check.id: check for check in CHECKS}
"""The checks by their names."""
