from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON catalogue_item
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON catalogue_item;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON catalogue_coverage
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON catalogue_coverage;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON catalogue_ceilingprice
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON catalogue_ceilingprice;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON catalogue_disease
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON catalogue_disease;"""),
        migrations.RunSQL(sql="""
ALTER TABLE catalogue_coverage ADD CONSTRAINT coverage_periods_never_overlap EXCLUDE USING gist (
  int8range(item_id, item_id, '[]') WITH &&, int8range(region_id::int8, region_id::int8, '[]') WITH &&,
  int8range(scheme::int8, scheme::int8, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);
ALTER TABLE catalogue_ceilingprice ADD CONSTRAINT ceiling_periods_never_overlap EXCLUDE USING gist (
  int8range(item_id, item_id, '[]') WITH &&, int8range(region_id::int8, region_id::int8, '[]') WITH &&,
  int8range(hashtext(level), hashtext(level), '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);
""", reverse_sql="""
ALTER TABLE catalogue_ceilingprice DROP CONSTRAINT ceiling_periods_never_overlap;
ALTER TABLE catalogue_coverage DROP CONSTRAINT coverage_periods_never_overlap;
"""),
    ]
