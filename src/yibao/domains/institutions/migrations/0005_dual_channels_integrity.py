from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("institutions", "0004_dualchannel"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON institutions_dualchannel
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
ALTER TABLE institutions_dualchannel ADD CONSTRAINT dual_channel_periods_never_overlap EXCLUDE USING gist (
  int8range(institution_id, institution_id, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);
""",
            reverse_sql="""
ALTER TABLE institutions_dualchannel DROP CONSTRAINT dual_channel_periods_never_overlap;
DROP TRIGGER history ON institutions_dualchannel;
""",
        ),
    ]
