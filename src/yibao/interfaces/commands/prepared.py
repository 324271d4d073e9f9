"""What commands need before they touch records: the database running, Django ready."""

import os

from yibao.interfaces.server import database


def prepare(*, start: bool = True) -> None:
    """Start the embedded database unless a server is named, and load Django; safe to call twice."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.interfaces.server.settings")
    if start and database.named_url() is None:
        database.start()
    import django

    django.setup()


def migrate() -> None:
    """Bring the database to the newest schema."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
