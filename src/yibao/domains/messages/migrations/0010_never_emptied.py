from django.db import migrations

TABLES = ("message_store_message", "message_store_recordread")


class Migration(migrations.Migration):
    dependencies = [("message_store", "0009_known_schemes"), ("reference", "0002_integrity")]
    operations = [
        # A month is taken out whole, once it was read back from its file; nothing else empties the store.
        migrations.RunSQL(
            sql=f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();",
            reverse_sql=f"DROP TRIGGER never_emptied ON {table};",
        )
        for table in TABLES
    ]
