"""What every test stands on."""

import pytest

from yibao.interfaces.gateway import directory, texts

texts.Strictness.raises = True


@pytest.fixture(autouse=True)
def _forget_the_directory():
    """The gateway remembers access points for seconds; tests change them faster."""
    directory.forget()
    yield
    directory.forget()
