import os
from types import SimpleNamespace

import pytest

from .installation import Installation

ROUNDS = int(os.environ.get("YIBAO_PROOF_ROUNDS", "3"))
PERSONS = 6


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """A served installation with a small town, and the persons in it."""
    installation = Installation(tmp_path_factory.mktemp("broken"))
    try:
        persons = installation.found(persons=PERSONS, balance_fen=10**9)
        installation.serve()
        yield SimpleNamespace(installation=installation, persons=persons)
    finally:
        installation.close()
