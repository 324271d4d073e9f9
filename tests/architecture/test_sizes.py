"""A file tells one story, a function fits on a screen, and no file is a drawer for odds and ends."""

import ast
from collections.abc import Iterator
from typing import Any

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 70
WRITTEN_BY_THE_CATALOGUE = ("client/messages/", "client/calls.py")
"""Generated with the docs, one module per group of transactions; nobody edits or reads them from top to bottom."""
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff"}


def long_functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name every function, with its lines from the first decorator to the end, that is too long."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines = (node.end_lineno or node.lineno) - first + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield node.name, lines


def test_files_are_short(sources: list[Any]) -> None:
    written = [source for source in sources if not any(part in source.name for part in WRITTEN_BY_THE_CATALOGUE)]
    long = {source.name: len(source.lines) for source in written if len(source.lines) > MOST_LINES_OF_A_FILE}
    assert not long, long


def test_functions_fit_on_a_screen(sources: list[Any]) -> None:
    long = {f"{source.name}:{name}": lines for source in sources for name, lines in long_functions(source.tree)}
    assert not long, long


def test_a_function_of_71_lines_is_seen() -> None:
    body = "\n    x = 1" * 70
    assert list(long_functions(ast.parse(f"def f():{body}"))) == [("f", 71)]
    assert list(long_functions(ast.parse(f"class A:\n  @d\n  async def f():{body}"))) == [("f", 72)]
    assert list(long_functions(ast.parse(f"def f():{body[:-10]}"))) == []


def test_no_module_is_a_drawer(sources: list[Any]) -> None:
    words = {source.name: set(source.name.removesuffix(".py").replace("_", "/").split("/")) for source in sources}
    assert {name: found & DRAWERS for name, found in words.items() if found & DRAWERS} == {}
