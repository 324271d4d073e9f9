"""An empty database is migrated in a quicker way, which must come to the same schema as Django's own."""

from contextlib import contextmanager

import pytest
from django.db import DataError, connection
from django.db.migrations import RunSQL
from django.db.migrations.executor import MigrationExecutor

from tests.template_database import server, turned_to
from yibao.interfaces.server import migrating
from yibao.interfaces.server.migrating import FirstMigration

APPS = ("enrolment", "ledger", "message_store", "staff", "auth")
"""With fields added, altered and removed, constraints replaced, statements of our own and steps in Python."""
SCHEMA = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default, generation_expression"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "migrations": "SELECT app, name FROM django_migrations",
}


@contextmanager
def empty_database(name):
    """A database of its own, to which the connection of the tests is turned meanwhile."""
    full_name = f"{connection.settings_dict['NAME']}_{name}"
    with server() as opened:
        opened.execute(f'DROP DATABASE IF EXISTS "{full_name}" WITH (FORCE)')
        opened.execute(f'CREATE DATABASE "{full_name}"')
        try:
            with turned_to(full_name):
                yield
        finally:
            opened.execute(f'DROP DATABASE "{full_name}" WITH (FORCE)')


def schema():
    """Everything that migrations make, in a fixed order."""
    with connection.cursor() as cursor:
        found = {}
        for what, statement in SCHEMA.items():
            cursor.execute(statement)
            found[what] = sorted(map(repr, cursor.fetchall()))
        return found


def migrated_by(kind):
    """The schema to which an executor brings an empty database."""
    with empty_database("quick" if kind is FirstMigration else "slow"):
        executor = kind(connection)
        targets = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in APPS]
        assert len(targets) == len(APPS)
        executor.migrate(targets)
        return schema()


@pytest.mark.django_db(transaction=True)
def test_comes_to_the_schema_that_django_gives():
    quick, slow = migrated_by(FirstMigration), migrated_by(MigrationExecutor)
    assert len(slow["columns"]) > 200
    assert quick == slow


@pytest.mark.django_db(transaction=True)
class TestMigrating:
    def test_a_migrated_database_is_left_as_it_is(self, monkeypatch, django_assert_max_num_queries):
        monkeypatch.setattr(migrating, "call_command", None)
        monkeypatch.setattr(FirstMigration, "migrate", None)
        with django_assert_max_num_queries(3):
            migrating.migrate()

    def test_one_that_lacks_a_migration_gets_it_as_django_does_it(self, monkeypatch):
        called = []
        monkeypatch.setattr(migrating, "call_command", lambda *words, **_named: called.append(words))
        with empty_database("behind"):
            executor = MigrationExecutor(connection)
            executor.migrate([("contenttypes", "0001_initial")])
            migrating.migrate()
        assert called == [("migrate",)]

    def test_goes_on_where_a_failing_migration_stopped(self, monkeypatch):
        graph = MigrationExecutor(connection).loader.graph
        broken = next(graph.nodes[leaf] for leaf in graph.leaf_nodes() if leaf[0] == "auth")
        with empty_database("broken"):
            executor = FirstMigration(connection)
            node = executor.loader.graph.nodes["auth", broken.name]
            node.operations = [*node.operations, RunSQL("SELECT 1 / 0")]
            with pytest.raises(DataError):
                executor.migrate([("auth", broken.name)])
            connection.close()
            done = schema()["migrations"]
            assert done
            assert repr(("auth", broken.name)) not in done
            MigrationExecutor(connection).migrate([("auth", broken.name)])
            assert repr(("auth", broken.name)) in schema()["migrations"]
