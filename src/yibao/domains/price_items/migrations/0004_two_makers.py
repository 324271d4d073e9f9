from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("price_items", "0003_health_document")]
    operations = [
        # Prices from before stand as they are; whatever is written from now on names both documents.
        migrations.RunSQL(
            sql="ALTER TABLE price_items_guidedprice ADD CONSTRAINT guided_price_has_two_makers"
            " CHECK (document <> '' AND health_document <> '') NOT VALID;",
            reverse_sql="ALTER TABLE price_items_guidedprice DROP CONSTRAINT guided_price_has_two_makers;",
        ),
    ]
