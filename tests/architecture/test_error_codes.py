"""Every anticipated error has a code of its own, and a sentence in both languages that its facts can fill."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

BASE = "YibaoError"
# Refuses many fields at once: the door writes a sentence for each, from the lines fields.*, and none for the whole.
PER_FIELD = "FieldsRefusedError"

Sentences = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class ErrorClass:
    """An error class as it is written: where, its own code, and whether others are made from it."""

    where: str
    name: str
    code: str | None
    is_base: bool


def error_classes(trees: Iterable[tuple[str, ast.Module]], root: str = BASE) -> list[ErrorClass]:
    """Find every class that comes from one, directly or through others, by name."""
    nodes = [(name, node) for name, tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases} for _, node in nodes}
    errors, grown = {root}, True
    while grown:
        more = {name for name, above in bases.items() if above & errors} - errors
        grown = bool(more)
        errors |= more
    parents = set().union(*(bases[name] for name in errors if name in bases))
    return [
        ErrorClass(where, node.name, own_code(node), node.name in parents)
        for where, node in nodes
        if node.name in errors - {root}
    ]


def own_code(node: ast.ClassDef) -> str | None:
    """Read the code that a class body gives."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign | ast.Assign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if [ast.unparse(target) for target in targets] == ["code"]:
                return str(ast.literal_eval(statement.value))
    return None


def calls(trees: Iterable[tuple[str, ast.Module]], names: set[str]) -> Iterator[tuple[str, str, set[str]]]:
    """Find where errors are made with facts that are spelt out: place, class, names of the facts."""
    for where, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) in names:
                facts = {keyword.arg for keyword in node.keywords}
                if None not in facts and not node.args:
                    yield f"{where}:{node.lineno}", name, {fact for fact in facts if fact}


def placeholders(template: str) -> set[str]:
    """Name what a sentence wants to be filled with."""
    return {name.partition(".")[0].partition("[")[0] for _, name, _, _ in Formatter().parse(template) if name}


def has_sentence(sentences: Sentences, code: str) -> bool:
    """Whether a door says this code, and every door that does says it in both languages."""
    said = sentences.get(code, [])
    return bool(said) and all(each.get(language, "").strip() for each in said for language in ("zh", "en"))


@pytest.fixture(scope="module")
def sentences(root: Path) -> Sentences:
    """What the doors say, code by code: every door keeps a texts.yaml, and two may say the same code."""
    found: Sentences = {}
    for path in sorted((root / "src" / "yibao" / "interfaces").glob("*/texts.yaml")):
        for code, sentence in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found.setdefault(code, []).append(sentence)
    return found


@pytest.fixture(scope="module")
def trees(sources: list[Any]) -> list[tuple[str, ast.Module]]:
    return [(source.name, source.tree) for source in sources]


@pytest.fixture(scope="module")
def errors(trees: list[tuple[str, ast.Module]]) -> list[ErrorClass]:
    found = error_classes(trees)
    assert len(found) > 10
    return found


class TestCodes:
    def test_each_error_names_its_own(self, errors: list[ErrorClass]) -> None:
        assert [f"{error.where} {error.name}" for error in errors if error.code is None] == []

    def test_no_two_share_one(self, errors: list[ErrorClass]) -> None:
        counted = Counter(error.code for error in errors if error.code)
        assert {code: number for code, number in counted.items() if number > 1} == {}

    def test_no_two_classes_share_a_name(self, errors: list[ErrorClass]) -> None:
        counted = Counter(error.name for error in errors)
        assert {name: number for name, number in counted.items() if number > 1} == {}

    def test_they_read_as_room_and_reason(self, errors: list[ErrorClass]) -> None:
        words = {error.code: error.code.split(".") for error in errors if error.code}
        assert [
            code for code, parts in words.items() if len(parts) < 2 or not all(p.isidentifier() for p in parts)
        ] == []


class TestSentences:
    def test_each_code_has_one_in_chinese_and_english(
        self,
        errors: list[ErrorClass],
        trees: list[tuple[str, ast.Module]],
        sentences: Sentences,
    ) -> None:
        per_field = {PER_FIELD} | {error.name for error in error_classes(trees, PER_FIELD)}
        raised = [error for error in errors if error.code and not error.is_base and error.name not in per_field]
        wanting = [f"{error.where} {error.code}" for error in raised if not has_sentence(sentences, error.code or "")]
        assert not wanting, "\n".join(wanting)

    def test_the_facts_fill_every_placeholder(
        self,
        errors: list[ErrorClass],
        trees: list[tuple[str, ast.Module]],
        sentences: Sentences,
    ) -> None:
        codes = {error.name: error.code or "" for error in errors}
        unfilled = []
        for where, name, facts in calls(trees, set(codes)):
            wanted = {
                fact for said in sentences.get(codes[name], []) for text in said.values() for fact in placeholders(text)
            }
            unfilled += [f"{where} {codes[name]} wants {fact}" for fact in sorted(wanted - facts)]
        assert not unfilled, "\n".join(unfilled)


class TestTheChecksThemselves:
    CODE = """
class ShelfError(YibaoError):
    code: ClassVar[str] = "shelf.wrong"

class EmptyError(ShelfError):
    code: ClassVar[str] = "shelf.empty"

class PlainError(EmptyError):
    code = "shelf.plain"

class SilentError(errors.ShelfError):
    pass

class OtherError(ValueError):
    pass

raise EmptyError(shelf=3, wanted="tea")
raise EmptyError(**facts)
"""

    def test_errors_are_found_through_their_bases(self) -> None:
        found = error_classes([("a.py", ast.parse(self.CODE))])
        assert [(error.name, error.code, error.is_base) for error in found] == [
            ("ShelfError", "shelf.wrong", True),
            ("EmptyError", "shelf.empty", True),
            ("PlainError", "shelf.plain", False),
            ("SilentError", None, False),
        ]

    def test_facts_are_read_where_they_are_spelt_out(self) -> None:
        found = list(calls([("a.py", ast.parse(self.CODE))], {"EmptyError"}))
        assert found == [("a.py:17", "EmptyError", {"shelf", "wanted"})]

    def test_placeholders_are_read(self) -> None:
        assert placeholders("{shelf} has {tea.kind} and {rest[0]}, {{no}} {size:>3}") == {
            "shelf",
            "tea",
            "rest",
            "size",
        }

    def test_a_code_without_a_sentence_is_seen(self) -> None:
        sentences = {
            "shelf.empty": [{"zh": "空", "en": "Empty"}],
            "shelf.wrong": [{"zh": "错", "en": "Wrong"}, {"zh": "错", "en": " "}],
        }
        assert [code for code in (*sentences, "shelf.no_such_code") if has_sentence(sentences, code)] == ["shelf.empty"]
