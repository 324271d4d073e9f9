"""Words that may not stand in some rooms: floats and days in UTC where money is, signals anywhere, clocks behind the doors."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

ROOMS_OF_MONEY = ("engines/", "domains/", "workflows/", "policies/")
ROOMS_WITH_A_CLOCK = ("interfaces/", "city/", "client/")
REASONED_FLOAT = re.compile(r"# float: \w+")
SIGNALS = re.compile(r"django\.dispatch|.*\.signals|.*\.signals\..*")
CLOCKS = {
    "now": ("datetime", "timezone", "dt"),
    "utcnow": ("datetime", "dt"),
    "today": ("date", "datetime", "dt"),
    "time": ("time",),
    "time_ns": ("time",),
}
# These convert the moment they are given, and read the clock when they are given none.
CLOCKS_WHEN_ASKED_NOTHING = ("localdate", "localtime")


def floats(tree: ast.Module, lines: list[str]) -> Iterator[tuple[str, int]]:
    """Find conversions to float and float columns, save on lines that say `# float: why`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if (name == "float" or name.endswith("FloatField")) and not REASONED_FLOAT.search(lines[node.lineno - 1]):
                yield name, node.lineno


def signals(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Find imports of signals, Django's or anybody's."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from ((name, node.lineno) for name in names if SIGNALS.fullmatch(name))


def clocks(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Find readings of the clock: `timezone.now`, called or handed over, its names imported, and columns that read it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            holder = ast.unparse(node.value).rpartition(".")[2]
            if holder in CLOCKS.get(node.attr, ()):
                yield f"{holder}.{node.attr}", node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module in {"time", "django.utils.timezone"}:
            yield from ((f"{node.module}.{a.name}", node.lineno) for a in node.names if a.name in CLOCKS)
        elif isinstance(node, ast.Call) and not node.args and not node.keywords:
            name = ast.unparse(node.func)
            if name.rpartition(".")[2] in CLOCKS_WHEN_ASKED_NOTHING:
                yield name, node.lineno
        elif isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            yield node.arg, node.lineno


def days(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Find `moment.date()`, which is the day in the moment's own zone: UTC for what the database gives."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "date"
            and not node.args
        ):
            yield ast.unparse(node), node.lineno


def test_no_float_touches_money(sources: list[Any]) -> None:
    rooms = [source for source in sources if source.name.startswith(ROOMS_OF_MONEY)]
    found = [f"{s.name}:{line} {word}" for s in rooms for word, line in floats(s.tree, s.lines)]
    assert not found, "\n".join(found)


def test_nothing_happens_by_signal(sources: list[Any]) -> None:
    found = [f"{s.name}:{line} {word}" for s in sources for word, line in signals(s.tree)]
    assert not found, "\n".join(found)


def test_time_is_an_argument(sources: list[Any]) -> None:
    rooms = [source for source in sources if not source.name.startswith(ROOMS_WITH_A_CLOCK)]
    found = [f"{s.name}:{line} {word}" for s in rooms for word, line in clocks(s.tree)]
    assert not found, "\n".join(found)


def test_a_day_is_the_regions(sources: list[Any]) -> None:
    rooms = [source for source in sources if source.name.startswith(ROOMS_OF_MONEY)]
    found = [f"{s.name}:{line} {word}: localdate(moment) instead" for s in rooms for word, line in days(s.tree)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("float(x)", ["float"]),
        ("a = models.FloatField()", ["models.FloatField"]),
        ("float(x)  # float: shown as a share of a chart", []),
        ("float(x)  # float:", ["float"]),
        ("def f(x: float) -> None: ...", []),
    ],
)
def test_a_float_is_seen(code: str, seen: list[str]) -> None:
    assert [word for word, _ in floats(ast.parse(code), code.splitlines())] == seen


@pytest.mark.parametrize(
    "code",
    [
        "from django.dispatch import receiver",
        "from django.db.models import signals",
        "from django.db.models.signals import post_save",
        "import django.core.signals",
    ],
)
def test_a_signal_is_seen(code: str) -> None:
    assert list(signals(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now()",
        "datetime.datetime.now(UTC)",
        "DateTimeField(default=timezone.now)",
        "date.today()",
        "time.time()",
        "from time import time",
        "from django.utils.timezone import now",
        "DateTimeField(auto_now_add=True)",
        "timezone.localdate()",
        "localtime()",
    ],
)
def test_a_clock_is_seen(code: str) -> None:
    assert list(clocks(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["visit.time", "from datetime import date", "period.now", "import time", "localdate(at)"]
)
def test_other_words_are_left_alone(code: str) -> None:
    assert not list(clocks(ast.parse(code)))


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("visit.began_at.date()", ["visit.began_at.date()"]),
        ("localdate(at)", []),
        ("date(2026, 1, 1)", []),
        ("a.date", []),
    ],
)
def test_a_day_of_another_zone_is_seen(code: str, seen: list[str]) -> None:
    assert [word for word, _ in days(ast.parse(code))] == seen
