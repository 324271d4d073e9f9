from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reference", "0003_entries_updated_at")]
    operations = [
        migrations.RunSQL(
            sql="""
-- The moment of the last change is the database's own word, whoever writes and however.
CREATE FUNCTION yibao_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER touched BEFORE UPDATE ON reference_dictionaryentry
FOR EACH ROW EXECUTE FUNCTION yibao_touch();
""",
            reverse_sql="DROP TRIGGER touched ON reference_dictionaryentry; DROP FUNCTION yibao_touch();",
        ),
    ]
