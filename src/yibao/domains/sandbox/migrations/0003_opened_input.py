from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0002_integrity")]
    operations = [
        migrations.AddField(
            model_name="exchange",
            name="opened_input",
            field=models.BinaryField(blank=True, default=b"", verbose_name="input as deciphered"),
        ),
    ]
