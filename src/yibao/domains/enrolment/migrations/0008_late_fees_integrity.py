from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0007_late_fees_and_suspensions"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql=f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
            reverse_sql=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
        )
        for table in ("enrolment_latefee", "enrolment_latefeepayment")
    ]
