from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("institutions", "0002_integrity"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""CREATE TRIGGER never_deleted BEFORE DELETE ON institutions_institution
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();""",
            reverse_sql="DROP TRIGGER never_deleted ON institutions_institution;",
        ),
    ]
