"""A requirement mark names a requirement that exists and stands on a test; the list of requirements is whole."""

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TYPES = {"rule", "system", "mechanism", "goal"}


@pytest.fixture(scope="module")
def generator() -> Any:
    """The generator of the coverage page: it and these tests read marks in the same way."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate_requirements
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return generate_requirements


@pytest.fixture(scope="module")
def loaded(generator: Any) -> dict[str, Any]:
    found: dict[str, Any] = generator.load_requirements()
    return found


class TestRequirements:
    def test_all_602_are_there_once(self, loaded: dict[str, Any]) -> None:
        ids = [requirement["id"] for requirement in loaded["requirements"]]
        assert (len(ids), len(set(ids))) == (602, 602)

    def test_numbers_run_without_gaps_in_every_group(self, loaded: dict[str, Any]) -> None:
        by_group: dict[str, list[int]] = {group: [] for group in loaded["groups"]}
        for requirement in loaded["requirements"]:
            group, _, number = requirement["id"].partition("-")
            by_group[group].append(int(number))
        assert {
            group: numbers for group, numbers in by_group.items() if sorted(numbers) != list(range(1, len(numbers) + 1))
        } == {}

    def test_each_has_statement_type_and_source(self, loaded: dict[str, Any]) -> None:
        lacking = [
            requirement["id"]
            for requirement in loaded["requirements"]
            if not requirement["statement"].strip()
            or requirement["type"] not in TYPES
            or not requirement["sources"]
            or not all(source["document"] and source["article"] for source in requirement["sources"])
        ]
        assert lacking == []


class TestMarks:
    def test_every_mark_names_a_requirement(self, generator: Any, loaded: dict[str, Any]) -> None:
        known = {requirement["id"] for requirement in loaded["requirements"]}
        unknown = [
            f"{mark.test}:{mark.line} {identifier}"
            for mark in generator.collect_marks()
            for identifier in mark.ids
            if identifier not in known
        ]
        assert not unknown, "\n".join(unknown)


class TestReadingMarks:
    @pytest.mark.parametrize(
        ("code", "seen"),
        [
            ("@pytest.mark.requirement('A-1', 'A-2')\ndef test_x(): ...", [(("A-1", "A-2"), "t.py::test_x")]),
            ("class TestX:\n  @mark.requirement('A-1')\n  def test_y(self): ...", [(("A-1",), "t.py::TestX::test_y")]),
            ("@pytest.mark.requirement('A-1')\nclass TestX:\n  def test_y(self): ...", [(("A-1",), "t.py::TestX")]),
            ("pytestmark = [pytest.mark.requirement('A-1')]\ndef test_x(): ...", [(("A-1",), "t.py")]),
            (
                "@parametrize('a', [pytest.param(1, marks=pytest.mark.requirement('A-1'))])\ndef test_x(a): ...",
                [(("A-1",), "t.py::test_x")],
            ),
            ("def test_x(): ...", []),
        ],
    )
    def test_finds_them_wherever_they_stand(self, generator: Any, code: str, seen: list[Any]) -> None:
        assert [(mark.ids, mark.test) for mark in generator.marks_in(code, "t.py")] == seen

    @pytest.mark.parametrize(
        "code",
        [
            "@pytest.mark.requirement()\ndef test_x(): ...",
            "@pytest.mark.requirement(NAME)\ndef test_x(): ...",
            "@pytest.mark.requirement('A-1')\ndef build(): ...",
            "@pytest.mark.requirement('A-1')\nclass TestX:\n  x = 1",
            "pytestmark = pytest.mark.requirement('A-1')",
        ],
    )
    def test_refuses_marks_that_hold_nothing(self, generator: Any, code: str) -> None:
        with pytest.raises(generator.UnreadableMarkError):
            list(generator.marks_in(code, "t.py"))

    def test_the_page_tells_covered_from_open(self, generator: Any) -> None:
        requirement = {"type": "rule", "statement": "Pay.", "sources": []}
        loaded = {
            "groups": {"ABC": {"en": "Shelf", "zh": "架"}},
            "requirements": [{"id": "ABC-01", **requirement}, {"id": "ABC-02", **requirement}],
        }
        page = generator.render(loaded, {"ABC-02": ["tests/t.py::test_x"]})
        assert "| ABC-01 | rule | Pay. | open |  |" in page
        assert "| ABC-02 | rule | Pay. | covered | `t.py::test_x` |" in page
        assert "| **all** | **1** | **1** | **2** |" in page
