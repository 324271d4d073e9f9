"""Every change of a register leaves who, when, before and after, written by the database itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from yibao.domains.people.models import Person
from yibao.domains.reference.models import Change
from yibao.domains.reference.operations import act_as

from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def changes_of(person):
    return Change.objects.filter(table="people_person", record=str(person.pk)).order_by("id")


class TestPerson:
    def test_an_update_leaves_who_when_before_and_after(self):
        person = new_person()
        with transaction.atomic():
            act_as("clerk 7")
            Person.objects.filter(pk=person.pk).update(name="测试改名")

        change = changes_of(person).last()

        assert (change.action, change.actor) == ("update", "clerk 7")
        assert abs(change.changed_at - datetime.now(UTC)) < timedelta(minutes=5)
        assert (change.before["name"], change.after["name"]) == (person.name, "测试改名")
        unchanged = {name for name in change.before if change.before[name] == change.after[name]}
        assert set(change.before) - unchanged == {"name"}

    def test_a_change_past_the_platform_names_the_database_user(self):
        person = new_person()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('yibao.actor', '', true), session_user")
            user = cursor.fetchone()[1]
            cursor.execute("UPDATE people_person SET sex = '2' WHERE id = %s", [person.pk])

        assert changes_of(person).last().actor == user

    @pytest.mark.parametrize(
        "statement", ["UPDATE reference_change SET actor = 'nobody'", "DELETE FROM reference_change"]
    )
    def test_the_history_itself_is_neither_changed_nor_deleted(self, statement):
        Person.objects.filter(pk=new_person().pk).update(name="测试改名")
        with (
            pytest.raises(IntegrityError, match="reference_change is append only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
