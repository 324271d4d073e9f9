import pytest
from django.db import transaction

from yibao.workflows.load_reference import load_reference

from .books import AT


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    """The books in a transaction that a whole file of tests shares, undone after the last of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_reference(at=AT)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def books(_loaded, db):
    """The books and charts of accounts; what a test does with them is undone."""
