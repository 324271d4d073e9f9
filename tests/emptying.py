"""Emptying the test database after a test that committed: what has rows loses them.

Django truncates all tables, five hundred files anew each time, and makes permissions anew; few tables have rows, and
nobody changes permissions.
"""

from django.db import connection, transaction

KEPT = {"django_content_type", "auth_permission"}
MANY = 5_000
"""From so many rows on the room they took is given back at once, so that no later test reads past it."""


def empty():
    """Take every row out of every table of the models, as nobody's constraint or trigger sees it."""
    tables = [connection.ops.quote_name(name) for name in sorted(set(_tables()) - KEPT)]
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(f"SELECT ARRAY[{', '.join(f'EXISTS (SELECT FROM {name})' for name in tables)}]")
            filled = [name for name, has_rows in zip(tables, cursor.fetchone()[0], strict=True) if has_rows]
            cursor.execute("SET LOCAL session_replication_role = replica")
            large = [name for name in filled if _rows_taken(cursor, name) >= MANY]
        for name in large:
            cursor.execute(f"VACUUM {name}")


def _rows_taken(cursor, name):
    """Empty one table; gives how many rows it had."""
    cursor.execute(f"DELETE FROM {name}")
    return cursor.rowcount


def _tables():
    return connection.introspection.django_table_names(only_existing=True, include_views=False)
