from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("institutions", "0006_described_departments")]

    operations = [
        migrations.AlterField(
            model_name="institution",
            name="designated_from",
            field=models.DateField(blank=True, null=True, verbose_name="designated from"),
        ),
        migrations.AddConstraint(
            model_name="institution",
            constraint=models.CheckConstraint(
                condition=models.Q(("designated_until", None), ("designated_from__isnull", False), _connector="OR"),
                name="only_designated_institutions_end",
            ),
        ),
    ]
