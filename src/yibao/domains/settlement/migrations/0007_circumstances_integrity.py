from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlement", "0006_circumstances"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON settlement_circumstances
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON settlement_circumstances
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
            reverse_sql="""
DROP TRIGGER never_emptied ON settlement_circumstances; DROP TRIGGER append_only ON settlement_circumstances;
""",
        ),
    ]
