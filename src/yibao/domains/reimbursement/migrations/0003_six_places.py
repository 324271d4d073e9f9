from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reimbursement", "0002_integrity")]
    operations = [
        migrations.RemoveConstraint(model_name="reimbursement", name="reimbursed_place_is_known"),
        migrations.AddConstraint(
            model_name="reimbursement",
            constraint=models.CheckConstraint(
                condition=models.Q(("place__in", ("local", "filed", "referred", "emergency", "temporary", "unfiled"))),
                name="reimbursed_place_is_known",
            ),
        ),
    ]
