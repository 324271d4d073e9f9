from django.db import migrations

# Electronic records of care are kept (妥善保存): what was registered, found and charged is cancelled, replaced or withdrawn, never deleted.
TABLES = ("visits_visit", "visits_diagnosis", "visits_feebatch", "visits_feeline")


class Migration(migrations.Migration):
    dependencies = [("visits", "0003_places_and_marks"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql=f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();"
            f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();",
            reverse_sql=f"DROP TRIGGER never_deleted ON {table}; DROP TRIGGER never_emptied ON {table};",
        )
        for table in TABLES
    ]
