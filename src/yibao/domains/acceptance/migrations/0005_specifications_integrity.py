from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("acceptance", "0004_specifications"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON acceptance_interfacespecification
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON acceptance_interfacespecification
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
CREATE TRIGGER history AFTER INSERT ON acceptance_interfacespecification
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""",
            reverse_sql="""
DROP TRIGGER history ON acceptance_interfacespecification;
DROP TRIGGER never_emptied ON acceptance_interfacespecification;
DROP TRIGGER append_only ON acceptance_interfacespecification;
""",
        ),
    ]
