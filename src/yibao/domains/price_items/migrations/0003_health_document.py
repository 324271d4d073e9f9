from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("price_items", "0002_integrity")]
    operations = [
        migrations.AddField(
            model_name="itemdecision",
            name="health_document",
            field=models.CharField(
                blank=True, db_default="", max_length=200, verbose_name="document of the health authority"
            ),
        ),
        migrations.AddField(
            model_name="guidedprice",
            name="health_document",
            field=models.CharField(db_default="", max_length=200, verbose_name="document of the health authority"),
        ),
    ]
