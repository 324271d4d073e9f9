"""Loaded by pytest before anything else: the embedded server runs and its address is known when Django is set up.

YIBAO_DATABASE_URL names another server, for instance a stock PostgreSQL 15, for the whole suite.
"""

import os
from pathlib import Path

os.environ.setdefault("YIBAO_HOME", str(Path(__file__).resolve().parent.parent / ".yibao" / "test"))

from yibao.interfaces.server import database  # the home must be named first

if database.named_url() is None:
    database.start()
else:
    os.environ.setdefault("YIBAO_MASTER_KEY", "the master key of the tests which is no secret")
