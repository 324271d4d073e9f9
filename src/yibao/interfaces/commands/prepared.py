"""What commands need before they touch records: the database running, Django ready."""

import os
from datetime import UTC, datetime

from yibao.interfaces.server import database


def prepare(*, start: bool = True) -> None:
    """Start the embedded database unless a server is named, and load Django; safe to call twice."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.interfaces.server.settings")
    if start and database.named_url() is None:
        database.start()
    import django

    django.setup()


def migrate() -> None:
    """Bring the database to the newest schema, with tables for the messages of the next months."""
    from yibao.domains.messages.months import make_months
    from yibao.interfaces.server import migrating

    migrating.migrate()
    make_months(at=datetime.now(UTC))
