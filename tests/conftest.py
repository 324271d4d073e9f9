"""What every test stands on."""

import pytest

from yibao.domains.emergencies import in_force
from yibao.interfaces.gateway import directory, texts

texts.Strictness.raises = True


@pytest.fixture(autouse=True)
def _forget_the_directory():
    """The gateway remembers access points for seconds; tests change them faster."""
    directory.forget()
    yield
    directory.forget()


@pytest.fixture(autouse=True)
def _forget_the_decisions():
    """Settlements remember which emergencies are in force for seconds; a test's decisions are undone with it."""
    in_force.forget()
    yield
    in_force.forget()
