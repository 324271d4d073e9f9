"""What every test stands on."""

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from yibao.domains.emergencies import in_force
from yibao.interfaces.gateway import directory, texts

from . import dealing, emptying, template_database

texts.Strictness.raises = True
TransactionTestCase._fixture_teardown = lambda _case: emptying.empty()
# No test asserts times: a busy machine is slow, not wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(config, items):
    """Where workers share the files, the slow ones are dealt first; alone, tests run as they were found."""
    if hasattr(config, "workerinput"):
        items[:] = dealing.dealt(items)


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


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker):
    """Test databases are copies of one that was migrated before."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = template_database.ready()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database; what threads of served pages still hold open is ended before it is dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
