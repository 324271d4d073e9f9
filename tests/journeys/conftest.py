import pytest
from django.db import transaction
from django.test import TransactionTestCase

from tests import emptying
from yibao.interfaces.server.rate_limit import limit

from .hospital import Hospital
from .personal_access import CHEAP_HASHES
from .records import check_deferred_rules
from .small_town import found_town


@pytest.fixture(autouse=True)
def _forget_addresses():
    """All tests come from one address, whose requests are counted."""
    limit.forget()
    yield
    limit.forget()


@pytest.fixture
def cheap_hashes(settings):
    """Passwords are hashed in a moment."""
    settings.PASSWORD_HASHERS = CHEAP_HASHES


@pytest.fixture
def town(db):
    """The small town, undone after the test."""
    found_town()


@pytest.fixture(scope="module")
def _founded(django_db_setup, django_db_blocker):
    """The small town in a transaction that a whole file of tests shares, undone after the last of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        found_town()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def standing_town(_founded, db):
    """The small town, founded once for the file; a test ends with the checks that wait for commits, and is undone.

    Files that use it have no test on `lasting_town`: that one would wait for the file's transaction for ever.
    """
    yield
    check_deferred_rules()


@pytest.fixture
def lasting_town(transactional_db):
    """The small town, committed, so that other connections see it."""
    found_town()


@pytest.fixture(scope="module")
def _founded_for_good(django_db_setup, django_db_blocker):
    """The small town, committed once for a file; the tables are emptied after its last test, not after each."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: None)
        found_town()
        yield
        emptying.empty()


@pytest.fixture
def shared_town(_founded_for_good, transactional_db):
    """The small town, committed, kept from test to test of a file: tests look at their own persons only."""


@pytest.fixture
def hospital():
    return Hospital()


@pytest.fixture
def community_centre():
    return Hospital(code="H11010100003")


@pytest.fixture
def pharmacy():
    return Hospital(code="P11010100001")
