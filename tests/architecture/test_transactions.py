"""Inside the driver's transaction nothing is done that Django would do by a transaction or a row count of its own."""

from pathlib import Path

import pytest

from .reaching import Module, Reach, read_module

ROOMS = ("workflows", "domains", "interfaces/gateway", "interfaces/office")


@pytest.fixture(scope="module")
def modules(root: Path) -> list[Module]:
    """Workflows and domains, and the doors that give them functions."""
    package = root / "src" / "yibao"
    found = []
    for room in ROOMS:
        for path in sorted((package / room).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(("yibao", *path.relative_to(package).with_suffix("").parts)).removesuffix(".__init__")
                found.append(read_module(name, path.read_text(encoding="utf-8")))
    return found


def test_nothing_of_django_s_own_is_reached(modules: list[Module]) -> None:
    reach = Reach(modules)
    assert len(list(reach.roots())) > 80  # the walk begins somewhere
    assert [str(breach) for breach in reach.breaches()] == []


PLANTED = """
from django.db import transaction
from yibao.domains import storage
from yibao.domains.storage import transaction as begin
from yibao.domains.planted.operations import lock, note, Keeper
from yibao.workflows.exactly_once import Step
from yibao.workflows.on_held_person import on_held_person


def step(wish):
    def act(raw, person, asked):
        return helper(wish)

    return Step(lambda raw: lock(raw), act)


def helper(wish):
    return [note(each) for each in wish]


def directly():
    with storage.transaction() as raw:
        with transaction.atomic():
            pass


def by_another_name(keeper):
    with begin() as raw:
        Keeper.keep(raw)


def held(number):
    on_held_person(number, act=lambda raw, person: [].sort(key=plain))


def plain(row):
    row.save()


class Door:
    def answer(self, context):
        context.change("number", step(()), self.encode)

    def encode(self, made):
        made.rows.filter(pk=1).update(done=True)
"""
OPERATIONS = """
from yibao.domains.planted.models import Row


def lock(raw):
    return Row.objects.select_for_update().get(pk=1)


def note(each):
    return Row.objects.get_or_create(pk=each)


class Keeper:
    def keep(raw):
        Row.objects.filter(pk=1).delete()
"""


def found_in(workflow: str) -> list[tuple[str, str]]:
    """What is found in a workflow beside the planted operations: where and what."""
    reach = Reach(
        [read_module("yibao.workflows.planted", workflow), read_module("yibao.domains.planted.operations", OPERATIONS)]
    )
    return [(breach.module.removeprefix("yibao."), breach.what) for breach in reach.breaches()]


def test_what_was_planted_is_found_on_every_way() -> None:
    assert sorted(found_in(PLANTED)) == [
        ("domains.planted.operations", ".delete()"),
        ("domains.planted.operations", ".get_or_create()"),
        ("domains.planted.operations", ".select_for_update()"),
        ("workflows.planted", ".save()"),
        ("workflows.planted", ".update()"),
        ("workflows.planted", "transaction.atomic"),
    ]


def test_the_way_to_it_is_told() -> None:
    reach = Reach([read_module("yibao.workflows.planted", PLANTED)])
    (atomic,) = [breach for breach in reach.breaches() if breach.what == "transaction.atomic"]
    assert str(atomic) == (
        "yibao.workflows.planted:23: transaction.atomic, reached by yibao.workflows.planted.directly"
    )


@pytest.mark.parametrize(
    "around",
    [
        "@transaction.atomic\ndef work():\n    with storage.transaction() as raw:\n        lock(raw)\n",
        "def work():\n    with transaction.atomic():\n        with storage.transaction() as raw:\n            lock(raw)\n",
        "def work():\n    with transaction.atomic(), storage.transaction() as raw:\n        lock(raw)\n",
        (
            "def work():\n    with transaction.atomic():\n        _within()\n\n"
            "def _within():\n    with storage.transaction() as raw:\n        lock(raw)\n"
        ),
    ],
    ids=["decorated", "around", "beside", "by every caller"],
)
def test_what_is_inside_one_of_django_s_may_do_so(around: str) -> None:
    head = "from django.db import transaction\nfrom yibao.domains import storage\nfrom yibao.domains.planted.operations import lock\n\n"
    assert found_in(head + around) == []


def test_what_is_no_record_may_be_updated() -> None:
    text = "from yibao.domains import storage\n\ndef work(found, digest):\n    with storage.transaction() as raw:\n        found.update(a=1)\n        digest.update(b'')\n"
    assert found_in(text) == []
