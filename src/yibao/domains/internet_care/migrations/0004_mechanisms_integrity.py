from django.db import migrations

TABLES = ("internet_care_internetmechanism", "internet_care_mechanismcheck")


class Migration(migrations.Migration):
    dependencies = [("internet_care", "0003_mechanisms"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();"
            f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();"
            f" CREATE TRIGGER history AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_record_change();",
            reverse_sql=f"DROP TRIGGER history ON {table}; DROP TRIGGER append_only ON {table};"
            f" DROP TRIGGER never_emptied ON {table};",
        )
        for table in TABLES
    ]
