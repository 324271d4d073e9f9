from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agreements", "0004_credit_and_prices_integrity")]
    operations = [
        migrations.AddField(
            model_name="assessmentsheet",
            name="evidence",
            field=models.JSONField(default=dict, verbose_name="evidence"),
        ),
    ]
