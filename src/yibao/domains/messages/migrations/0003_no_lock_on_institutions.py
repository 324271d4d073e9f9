import django.db.models.deletion
from django.db import migrations, models

# A foreign key's check locks the row it points at, and all of a hospital's messages point at one row. The insert looks
# the institution up instead (and the person is locked anyway); neither is ever deleted.


class Migration(migrations.Migration):
    dependencies = [
        ("message_store", "0002_integrity"),
        ("people", "0003_never_deleted"),
        ("institutions", "0003_never_deleted"),
    ]
    operations = [
        migrations.AlterField(
            model_name="message",
            name=name,
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=name == "person",
                on_delete=django.db.models.deletion.PROTECT,
                to=target,
                verbose_name=name,
            ),
        )
        for name, target in (("institution", "institutions.institution"), ("person", "people.person"))
    ]
