"""What of Django's may be done inside the driver's transaction, and what may not: shown where nothing else is around it.

`tests/architecture/reaching.py` looks for the second kind, because a test that Django wraps in a transaction does not see it.
"""

import pytest
from django.db import transaction

from yibao.domains import storage
from yibao.domains.reference.models import Setting
from yibao.domains.storage import ask

pytestmark = pytest.mark.django_db(transaction=True)


class UndoneError(Exception):
    """Everything is to be undone."""


@pytest.fixture
def first():
    """A record that stands."""
    return Setting.objects.create(key="first", value=1, reason="test", trust="our_default")


def fresh(key="fresh"):
    return {"key": key, "value": 1, "reason": "test", "trust": "our_default"}


def keys():
    return sorted(Setting.objects.filter(reason="test").values_list("key", flat=True))


def error_of(work):
    """The name of the error that some work ends with inside the driver's transaction; none where it ends well."""
    try:
        with storage.transaction() as raw:
            ask(raw, "SELECT 1")
            work()
    except Exception as error:  # noqa: BLE001  # which one it is is what is asked
        return type(error).__name__
    return None


REFUSED = {
    "atomic": (lambda _: transaction.atomic().__enter__(), "ProgrammingError"),
    "select_for_update": (lambda _: list(Setting.objects.select_for_update()), "TransactionManagementError"),
    "get_or_create": (lambda _: Setting.objects.get_or_create(key="x", defaults=fresh("x")), "ProgrammingError"),
    "update_or_create": (lambda _: Setting.objects.update_or_create(key="x", defaults=fresh("x")), "ProgrammingError"),
    "bulk_create": (lambda _: Setting.objects.bulk_create([Setting(**fresh())]), "ProgrammingError"),
    "bulk_update": (lambda first: Setting.objects.bulk_update([first], ["reason"]), "ProgrammingError"),
    "delete": (lambda _: Setting.objects.filter(key="first").delete(), "ProgrammingError"),
    "save": (lambda first: first.save(), "UniqueViolation"),
    "save of some fields": (lambda first: first.save(update_fields=["reason"]), "DatabaseError"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_django_does_by_a_transaction_or_a_count_of_its_own_is_refused(first, name):
    work, error = REFUSED[name]
    assert error_of(lambda: work(first)) == error
    transaction.set_autocommit(True)
    assert keys() == ["first"]


def test_an_update_does_not_know_how_many_it_changed(first):
    counted = []
    assert error_of(lambda: counted.append(Setting.objects.filter(key="first").update(trust="official"))) is None
    first.refresh_from_db()
    assert (counted, first.trust) == ([-1], "official")


def test_what_is_created_stands_or_falls_with_the_rest():
    assert error_of(lambda: Setting.objects.create(**fresh("kept"))) is None
    with pytest.raises(UndoneError), storage.transaction():
        Setting.objects.create(**fresh("undone"))
        raise UndoneError
    assert keys() == ["kept"]


@pytest.mark.parametrize("says", ["something before", "nothing before"])
def test_inside_one_of_django_s_nothing_is_committed_before_its_end(first, says):
    with pytest.raises(UndoneError), transaction.atomic():
        if says == "something before":
            first.refresh_from_db()
        with storage.transaction() as raw:
            ask(raw, "UPDATE reference_setting SET key = 'second' WHERE key = 'first'")
        assert keys() == ["second"]
        raise UndoneError
    assert keys() == ["first"]


def test_a_lock_that_was_taken_inside_one_of_django_s_is_held_until_its_end(first):
    with transaction.atomic():
        with storage.transaction() as raw:
            ask(raw, "SELECT key FROM reference_setting WHERE key = 'first' FOR UPDATE").fetchone()
        held = ask(
            storage.driver(), "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'RowShareLock'"
        )
        assert held.fetchone()[0] > 0
