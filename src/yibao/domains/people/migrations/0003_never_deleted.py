from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""CREATE TRIGGER never_deleted BEFORE DELETE ON people_person
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();""",
            reverse_sql="DROP TRIGGER never_deleted ON people_person;",
        ),
    ]
