"""Which functions run inside a transaction of the driver's (`storage.transaction`), and what they must not do there.

Django does not know of such a transaction. What opens or asks for one of Django's own (`atomic`, `select_for_update`,
`get_or_create` …) works in a test, which Django has wrapped in a transaction before, and fails when served; what counts
rows (`save`, `update`, `delete`) gets no count inside a pipeline: a record that is saved is written anew, and refused. What
`create` does is allowed. tests/unit/domains/test_storage_and_django.py shows each of them.

Names are followed through imports, local functions and modules as far as the text says whose they are: a function that
comes in as a value is taken where it is given (`Step(ask, act)`, `on_held_person(number, act)`, `context.change(…, encode)`).
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

TRANSACTION: Final = "yibao.domains.storage.transaction"
ATOMIC: Final = "django.db.transaction.atomic"
TAKERS: Final = {
    "yibao.workflows.exactly_once.Step": ((0, "ask"), (1, "act")),
    "yibao.workflows.on_held_person.on_held_person": ((1, "act"),),
}
"""Whoever is given functions that it calls inside of a transaction: which arguments they are."""
ENCODERS: Final = {"change": 2}
"""Methods of a message's context whose argument of this place is called inside of a transaction."""
NEVER: Final = frozenset(
    {
        "select_for_update", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "on_commit", "savepoint",
        "aget_or_create", "set_rollback",
    }
)  # fmt: skip
"""Methods by these names are Django's wherever they stand."""
OF_RECORDS: Final = frozenset({"save", "update", "delete"})
"""Methods by these names are Django's where what they are called on is a record or a query."""
_QUERIES: Final = frozenset({"objects", "filter", "exclude", "all", "order_by", "select_related"})

Function = ast.FunctionDef | ast.Lambda


@dataclass
class Module:
    """One file: what its names stand for, and its functions by qualified name."""

    name: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A body of code: the module, the function it stands in, and its statements."""

    module: str
    function: str
    body: Sequence[ast.AST]


@dataclass(frozen=True)
class Breach:
    """What is done inside a transaction that Django does not know of: where, what, and on which way it is reached."""

    module: str
    line: int
    what: str
    way: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.what}, reached by {' > '.join(self.way)}"


def read_module(name: str, text: str) -> Module:
    """Parse a file and list its names."""
    module = Module(name, ast.parse(text))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module.imports[alias.asname or alias.name.split(".")[0]] = (
                    alias.asname and alias.name
                ) or alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                module.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    _list_functions(module, module.tree, "")
    return module


def _list_functions(module: Module, within: ast.AST, prefix: str) -> None:
    for node in ast.iter_child_nodes(within):
        if isinstance(node, ast.FunctionDef):
            module.functions[prefix + node.name] = node
            _list_functions(module, node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            _list_functions(module, node, f"{prefix}{node.name}.")
        elif not isinstance(node, ast.Lambda):
            _list_functions(module, node, prefix)


class Reach:
    """Walks from every transaction of the driver's to what is called inside of it."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self.modules = {module.name: module for module in modules}
        self._inside_atomic = self._always_inside_atomic()

    def breaches(self) -> list[Breach]:
        """Everything that is reached and must not be, each once, by the first way that was found."""
        found: dict[tuple[str, int], Breach] = {}
        seen: set[tuple[str, str]] = set()
        waiting = [(place, (f"{place.module}.{place.function}",)) for place in self.roots()]
        while waiting:
            place, way = waiting.pop()
            for line, what in self._forbidden(place):
                found.setdefault((place.module, line), Breach(place.module, line, what, way))
            for called in self._called(place):
                if called not in seen:
                    seen.add(called)
                    module, function = called
                    node = self.modules[module].functions[function]
                    waiting.append((Place(module, function, [node]), (*way, f"{module}.{function}")))
        return sorted(found.values(), key=lambda breach: (breach.module, breach.line))

    def roots(self) -> Iterator[Place]:
        """Bodies of transactions that are not inside one of Django's, and functions that are given to be called in one."""
        for module in self.modules.values():
            for function, node in [("", module.tree), *module.functions.items()]:
                if (module.name, function) in self._inside_atomic:
                    continue
                for each, is_atomic in _own_nodes(node, self._is_atomic(module)):
                    is_inside = is_atomic or self._is_atomic(module)(each)
                    if isinstance(each, ast.With) and not is_inside and self._opens(module, each, TRANSACTION):
                        yield Place(module.name, function, each.body)
                    if isinstance(each, ast.Call):
                        yield from self._given(module, function, each)

    def _given(self, module: Module, function: str, call: ast.Call) -> Iterator[Place]:
        """The functions that a call gives away to be called inside a transaction."""
        name = self._name(module, call.func) or ""
        for place, keyword in TAKERS.get(name, ()):
            yield from self._as_place(module, function, _argument(call, place, keyword))
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in ENCODERS
            and len(call.args) > ENCODERS[call.func.attr]
        ):
            yield from self._as_place(module, function, call.args[ENCODERS[call.func.attr]])

    def _as_place(self, module: Module, function: str, given: ast.expr | None) -> Iterator[Place]:
        if isinstance(given, ast.Lambda):
            yield Place(module.name, function, [given.body])
        elif given is not None and (target := self._resolve(module, function, given)) is not None:
            node = self.modules[target[0]].functions[target[1]]
            yield Place(target[0], target[1], [node])

    def _called(self, place: Place) -> Iterator[tuple[str, str]]:
        """The functions that a body calls, as far as their names say which."""
        module = self.modules[place.module]
        for node in _all_nodes(place.body):
            if isinstance(node, ast.Call):
                for named in (node.func, *node.args, *(keyword.value for keyword in node.keywords)):
                    target = self._resolve(module, place.function, named)
                    if target is not None:
                        yield target

    def _forbidden(self, place: Place) -> Iterator[tuple[int, str]]:
        """What a body does itself that it must not."""
        module = self.modules[place.module]
        for node in _all_nodes(place.body):
            if isinstance(node, ast.Attribute | ast.Name) and self._name(module, node) == ATOMIC:
                yield node.lineno, "transaction.atomic"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name, on = node.func.attr, node.func.value
                if name in NEVER or (name in OF_RECORDS and self._is_of_records(name, on, node)):
                    yield node.lineno, f".{name}()"

    def _is_of_records(self, name: str, on: ast.expr, call: ast.Call) -> bool:
        """Whether a method is called on a record or a query: dictionaries and sets are updated too."""
        names = {each.attr for each in ast.walk(on) if isinstance(each, ast.Attribute)}
        if names & _QUERIES:
            return True
        return name == "save" or (name == "delete" and not call.args and not call.keywords)

    def _resolve(self, module: Module, function: str, node: ast.expr) -> tuple[str, str] | None:
        """The function that a name stands for, nearest first: local, of the class, of the module, imported."""
        if isinstance(node, ast.Name):
            parts = function.split(".") if function else []
            for depth in range(len(parts), -1, -1):
                name = ".".join([*parts[:depth], node.id])
                if name in module.functions:
                    return module.name, name
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            owner = function.split(".", maxsplit=1)[0]
            return (module.name, f"{owner}.{node.attr}") if f"{owner}.{node.attr}" in module.functions else None
        return self._find(self._name(module, node))

    def _find(self, name: str | None) -> tuple[str, str] | None:
        """The function of a full name; one that a package hands on is looked for where it comes from."""
        for _ in range(4):
            if name is None or "." not in name:
                return None
            owner, _, last = name.rpartition(".")
            if owner in self.modules:
                found = self.modules[owner]
                if last in found.functions:
                    return owner, last
                name = found.imports.get(last)
                continue
            outer, _, middle = owner.rpartition(".")
            if outer in self.modules and f"{middle}.{last}" in self.modules[outer].functions:
                return outer, f"{middle}.{last}"
            return None
        return None

    def _name(self, module: Module, node: ast.expr) -> str | None:
        """The full name that an expression stands for, by the imports of its module."""
        if isinstance(node, ast.Name):
            return module.imports.get(node.id) or (f"{module.name}.{node.id}" if node.id in module.functions else None)
        if isinstance(node, ast.Attribute):
            owner = self._name(module, node.value)
            return f"{owner}.{node.attr}" if owner else None
        return None

    def _opens(self, module: Module, node: ast.With, wanted: str) -> bool:
        """Whether a with statement opens this, alone or with others."""
        for item in node.items:
            opened = item.context_expr
            if self._name(module, opened.func if isinstance(opened, ast.Call) else opened) == wanted:
                return True
        return False

    def _is_atomic(self, module: Module):
        return lambda node: isinstance(node, ast.With) and self._opens(module, node, ATOMIC)

    def _always_inside_atomic(self) -> set[tuple[str, str]]:
        """Functions that Django's transaction is around, whoever calls them: decorated, or called from such alone."""
        self._inside_atomic: set[tuple[str, str]] = set()
        calls: dict[tuple[str, str], list[tuple[tuple[str, str], bool]]] = {}
        inside = set()
        for module in self.modules.values():
            for function, node in module.functions.items():
                if any(
                    self._name(module, each.func if isinstance(each, ast.Call) else each) == ATOMIC
                    for each in node.decorator_list
                ):
                    inside.add((module.name, function))
                for each, is_atomic in _own_nodes(node, self._is_atomic(module)):
                    if isinstance(each, ast.Call) and (target := self._resolve(module, function, each.func)):
                        calls.setdefault(target, []).append(((module.name, function), is_atomic))
        while True:
            more = {
                target
                for target, callers in calls.items()
                if target not in inside and all(is_atomic or caller in inside for caller, is_atomic in callers)
            }
            if not more:
                return inside
            inside |= more


def _argument(call: ast.Call, place: int, keyword: str) -> ast.expr | None:
    """An argument by its place or its name."""
    if place < len(call.args):
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg == keyword), None)


def _all_nodes(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Everything in a body, but the functions that are only made in it: who calls them is followed by name."""
    waiting = list(body)
    if len(waiting) == 1 and isinstance(waiting[0], ast.FunctionDef):
        waiting = [*waiting[0].body, *waiting[0].decorator_list]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [each for each in ast.iter_child_nodes(node) if not isinstance(each, ast.FunctionDef | ast.ClassDef)]


def _own_nodes(node: ast.AST, is_atomic) -> Iterator[tuple[ast.AST, bool]]:
    """Everything in a function but its inner functions, and whether one of Django's transactions is around it."""
    waiting = [(each, False) for each in ast.iter_child_nodes(node)]
    while waiting:
        each, is_inside = waiting.pop()
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            continue
        yield each, is_inside
        inner = is_inside or is_atomic(each)
        waiting += [(child, inner) for child in ast.iter_child_nodes(each)]
