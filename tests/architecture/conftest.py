import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Source:
    """One Python file of the package: `name` is its path below src/yibao."""

    path: Path
    name: str

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


def read_package(package: Path) -> list[Source]:
    """Take every file that people write: migrations are written by Django."""
    return [
        Source(path, path.relative_to(package).as_posix())
        for path in sorted(package.rglob("*.py"))
        if "migrations" not in path.parts
    ]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    found = read_package(ROOT / "src" / "yibao")
    assert len(found) > 20
    return found
