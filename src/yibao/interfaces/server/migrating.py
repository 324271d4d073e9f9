"""Bring a database to the newest schema: an empty one in seconds, one with records as Django does it."""

from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState


class _PlainState(ProjectState):
    """The models after each step, of which a step makes only its own anew.

    Django makes all models anew that hang together with the changed one, which are most of them, a thousand times. Its
    own way to put that off is to say that the models are delayed; a step in Python then has all of them made anew.
    """

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Make one model anew."""
        if "apps" in self.__dict__:  # as Django asks whether models were made at all
            self.is_delayed = True
            self._reload({(app_label, model_name)})  # type: ignore[attr-defined]  # the stubs lack it


class FirstMigration(MigrationExecutor):
    """Migrates a database in which nothing was migrated."""

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:  # noqa: ARG002, FBT001, FBT002
        return _PlainState(real_apps=self.loader.unmigrated_apps)


def migrate() -> None:
    """Bring the database of the settings to the newest schema; nothing happens where it has that.

    :raises django.db.Error: a statement failed; the migration that it belongs to left nothing.
    """
    executor = FirstMigration(connection)
    newest = executor.loader.graph.leaf_nodes()
    if executor.loader.applied_migrations:
        if executor.migration_plan(newest):
            call_command("migrate", verbosity=0, interactive=False)
        return
    emit_pre_migrate_signal(verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS)
    executor.migrate(newest)
    emit_post_migrate_signal(verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS)
