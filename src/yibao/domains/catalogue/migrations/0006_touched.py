from django.db import migrations


def touched(table):
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER touched BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_touch();",
        reverse_sql=f"DROP TRIGGER touched ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_updated_at"), ("reference", "0004_touched")]
    operations = [
        touched("catalogue_item"),
        touched("catalogue_coverage"),
        touched("catalogue_ceilingprice"),
    ]
