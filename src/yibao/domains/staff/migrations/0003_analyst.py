from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_integrity")]
    operations = [
        migrations.RemoveConstraint(model_name="staffmember", name="staff_role_is_known"),
        migrations.AlterField(
            model_name="staffmember",
            name="role",
            field=models.CharField(
                choices=[
                    ("system", "system administrator"),
                    ("agency", "agency officer"),
                    ("institution", "institution staff"),
                    ("auditor", "auditor"),
                    ("analyst", "analyst"),
                ],
                max_length=12,
                verbose_name="role",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffmember",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["system", "agency", "institution", "auditor", "analyst"])),
                name="staff_role_is_known",
            ),
        ),
    ]
