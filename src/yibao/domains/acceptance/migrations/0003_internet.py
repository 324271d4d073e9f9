from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("acceptance", "0002_integrity")]

    operations = [
        migrations.AddField(
            model_name="performance",
            name="business",
            field=models.CharField(
                blank=True,
                choices=[("normal", "ordinary"), ("cross_region", "of another region"), ("internet", "over the internet")],
                db_default="",
                max_length=12,
                verbose_name="business",
            ),
        ),
        migrations.RemoveConstraint(model_name="acceptancereport", name="acceptance_kind_is_known"),
        migrations.AlterField(
            model_name="acceptancereport",
            name="kind",
            field=models.CharField(
                choices=[
                    ("pharmacy", "pharmacy"),
                    ("clinic", "clinic"),
                    ("hospital_1", "level-one hospital"),
                    ("hospital_2", "hospital of level two or three"),
                    ("internet", "internet services"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptancereport",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["pharmacy", "clinic", "hospital_1", "hospital_2", "internet"])),
                name="acceptance_kind_is_known",
            ),
        ),
    ]
