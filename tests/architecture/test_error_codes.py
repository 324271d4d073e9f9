"""Every anticipated error has a code of its own."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator

import django
import pytest
from django.apps import apps

import yibao
from yibao.core.errors import YibaoError


def everything_imported() -> None:
    """Import all of yibao, so that every error class exists: nothing may happen by being imported."""
    if not apps.ready:
        django.setup()
    for module in pkgutil.walk_packages(yibao.__path__, "yibao."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def below(base: type[YibaoError]) -> Iterator[type[YibaoError]]:
    """Walk all error classes of yibao; those that tests make for themselves are left out."""
    for child in base.__subclasses__():
        if child.__module__.startswith("yibao."):
            yield child
        yield from below(child)


@pytest.fixture(scope="module")
def errors() -> list[type[YibaoError]]:
    everything_imported()
    found = list(dict.fromkeys(below(YibaoError)))
    assert len(found) > 10
    return found


def test_each_error_names_its_own_code(errors: list[type[YibaoError]]) -> None:
    assert [error.__qualname__ for error in errors if "code" not in vars(error)] == []


def test_no_two_errors_share_a_code(errors: list[type[YibaoError]]) -> None:
    counted = Counter(error.code for error in errors)
    assert {code: number for code, number in counted.items() if number > 1} == {}


def test_codes_read_as_room_and_reason(errors: list[type[YibaoError]]) -> None:
    parts = {error.code: error.code.split(".") for error in errors}
    assert [code for code, words in parts.items() if len(words) < 2 or not all(w.isidentifier() for w in words)] == []
