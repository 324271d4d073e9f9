"""The glossary is sorted, speaks both languages, and its names stand in the code."""

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def rows(root: Path) -> list[list[str]]:
    lines = (root / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][2:]


def test_it_has_the_words_of_the_field(rows: list[list[str]]) -> None:
    assert len(rows) >= 90
    assert [row for row in rows if len(row) != 4 or not re.search("[\u4e00-\u9fff]", row[1]) or not row[2]] == []


def test_it_is_sorted_and_says_nothing_twice(rows: list[list[str]]) -> None:
    words = [row[0].casefold() for row in rows]
    assert words == sorted(set(words))


def test_its_names_stand_in_the_code(rows: list[list[str]], root: Path) -> None:
    package = root / "src" / "yibao"
    texts = [p.read_text(encoding="utf-8") for kind in ("*.py", "*.yaml") for p in package.rglob(kind)]
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    assert [row[3] for row in rows if row[3] and row[3].strip("`") not in words] == []
