import pytest

from .hospital import Hospital
from .small_town import found_town


@pytest.fixture
def town(db):
    """The small town, undone after the test."""
    found_town()


@pytest.fixture
def lasting_town(transactional_db):
    """The small town, committed, so that other connections see it."""
    found_town()


@pytest.fixture
def hospital():
    return Hospital()
