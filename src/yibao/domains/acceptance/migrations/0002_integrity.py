from django.db import migrations


def kept(name):
    table = f"acceptance_{name}"
    return migrations.RunSQL(
        sql=f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
        reverse_sql=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("acceptance", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        kept("performance"),
        kept("acceptancereport"),
        migrations.RunSQL(
            sql="CREATE TRIGGER history AFTER INSERT ON acceptance_acceptancereport"
            " FOR EACH ROW EXECUTE FUNCTION yibao_record_change();",
            reverse_sql="DROP TRIGGER history ON acceptance_acceptancereport;",
        ),
    ]
