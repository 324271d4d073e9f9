from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_itemmark"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON catalogue_itemmark
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
ALTER TABLE catalogue_itemmark ADD CONSTRAINT item_mark_periods_never_overlap EXCLUDE USING gist (
  int8range(item_id, item_id, '[]') WITH &&, int8range(region_id::int8, region_id::int8, '[]') WITH &&,
  daterange(valid_from, valid_until) WITH &&);
""",
            reverse_sql="""
ALTER TABLE catalogue_itemmark DROP CONSTRAINT item_mark_periods_never_overlap;
DROP TRIGGER history ON catalogue_itemmark;
""",
        ),
    ]
