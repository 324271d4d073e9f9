from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON staff_staffmember
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON staff_staffmember;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON staff_personalrecordread
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON staff_personalrecordread
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""
DROP TRIGGER append_only ON staff_personalrecordread; DROP TRIGGER never_emptied ON staff_personalrecordread;
"""),
    ]
