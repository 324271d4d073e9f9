"""What stands in the database, so that a test can say that nothing changed, or that everything is as before."""

from contextlib import contextmanager

from django.apps import apps
from django.db import connection

NONCES = "message_store_usednonce"
"""A signed request leaves the mark of its nonce, whatever becomes of it; its tests ask for it by name."""


def all_tables():
    """Every table of the domains, but the marks of nonces."""
    models = (model for config in apps.get_app_configs() for model in config.get_models())
    return sorted({m._meta.db_table for m in models if m.__module__.startswith("yibao.domains.")} - {NONCES})


def standing_records(*, but=()):
    """Row count and a digest of all rows of every domain table, but those named."""
    parts = " UNION ALL ".join(
        f"SELECT '{table}', count(*), COALESCE(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} t"
        for table in all_tables()
        if table not in but
    )
    with connection.cursor() as cursor:
        cursor.execute(parts)
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


@contextmanager
def nothing_changes(*, but=()):
    """What happens inside leaves every row of every domain table as it was."""
    before = standing_records(but=but)
    yield
    after = standing_records(but=but)
    assert {table for table, found in after.items() if found != before[table]} == set()


def check_deferred_rules():
    """Run the database's checks that wait for the commit (balanced journals, accounts) now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
