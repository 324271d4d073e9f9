from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reference", "0001_initial")]
    operations = [
        migrations.RunSQL(sql="""
CREATE FUNCTION yibao_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
  IF current_setting('yibao.history', true) = 'founding' AND TG_OP = 'INSERT' THEN
    RETURN NULL;  -- a first load of a whole register is its own record
  END IF;
  INSERT INTO reference_change ("table", record, action, actor, changed_at, before, after)
  VALUES (TG_TABLE_NAME,
          COALESCE(new_row ->> 'id', new_row ->> 'code', new_row ->> 'key', old_row ->> 'id', old_row ->> 'code', old_row ->> 'key', ''),
          lower(TG_OP), COALESCE(NULLIF(current_setting('yibao.actor', true), ''), session_user), clock_timestamp(),
          old_row, new_row);
  RETURN NULL;
END $$;

CREATE FUNCTION yibao_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append only: a correction is a new row', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION yibao_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_database() LIKE 'test\\_%' THEN
    RETURN NULL;  -- the test suite empties its own databases
  END IF;
  RAISE EXCEPTION '% is append only: it cannot be emptied', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION yibao_sum(amounts bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT COALESCE(sum(amount), 0)::bigint FROM unnest(amounts) AS amount $$;
""", reverse_sql="""
DROP FUNCTION yibao_sum(bigint[]); DROP FUNCTION yibao_refuse_truncate(); DROP FUNCTION yibao_refuse_change(); DROP FUNCTION yibao_record_change();
"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON reference_division
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON reference_division;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON reference_dictionaryentry
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON reference_dictionaryentry;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON reference_setting
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON reference_setting;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reference_change
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON reference_change
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON reference_change; DROP TRIGGER never_emptied ON reference_change;"""),
    ]
