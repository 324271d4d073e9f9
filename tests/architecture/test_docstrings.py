"""Everything public says in a docstring what it is: a reader should not have to run it."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# Django asks for these classes; their base says all there is to say, as long as nothing is defined inside.
BOILERPLATE_BASES = ("Admin", "Inline", "AppConfig")
# Hooks by which Django's admin asks one question each.
ADMIN_HOOKS = ("has_", "get_", "save_", "delete_", "formfield_for_", "lookups", "queryset", "ready", "changelist_view")


def undocumented(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name everything public without a docstring, with its line."""
    yield from _in_body(tree.body, "")


def _in_body(body: list[ast.stmt], prefix: str, *, boilerplate: bool = False) -> Iterator[tuple[str, int]]:
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_") or node.name == "Meta":
            continue
        framed = isinstance(node, ast.ClassDef) and _is_boilerplate(node)
        hook = boilerplate and node.name.startswith(ADMIN_HOOKS)
        if not (framed or hook or _repeats(node) or ast.get_docstring(node)):
            yield prefix + node.name, node.lineno
        if isinstance(node, ast.ClassDef):
            yield from _in_body(node.body, f"{prefix}{node.name}.", boilerplate=framed)


def _is_boilerplate(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith(BOILERPLATE_BASES) for base in node.bases)


def _repeats(node: Definition) -> bool:
    """Whether another definition already says it: an override, an overload, a property's setter."""
    words = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(words & {"override", "overload", "setter", "deleter"})


def test_everything_public_is_documented(sources: list[Any]) -> None:
    missing = [f"{source.name}:{line} {name}" for source in sources for name, line in undocumented(source.tree)]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("def f(): pass", ["f"]),
        ("async def f(): pass", ["f"]),
        ("class A:\n  x = 1", ["A"]),
        ("class A:\n  'said'\n  def f(self): pass\n  def _g(self): pass", ["A.f"]),
        ("class A:\n  'said'\n  @property\n  def f(self): pass\n  @f.setter\n  def f(self, v): pass", ["A.f"]),
        ("class A:\n  'said'\n  @typing.override\n  def f(self): pass\n  class Meta:\n    def f(self): pass", []),
        ("class ShelfAdmin(admin.ModelAdmin):\n  x = 1\n  def has_add_permission(self): pass", []),
        ("class ShelfAdmin(admin.ModelAdmin):\n  def shelf(self): pass", ["ShelfAdmin.shelf"]),
        ("class _A:\n  def f(self): pass", []),
        ("def f():\n  'said'\n  def g(): pass", []),
    ],
)
def test_a_missing_docstring_is_seen(code: str, seen: list[str]) -> None:
    assert [name for name, _ in undocumented(ast.parse(code))] == seen
