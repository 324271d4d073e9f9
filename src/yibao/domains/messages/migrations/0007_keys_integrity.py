from django.db import migrations

KEYS = """
CREATE FUNCTION yibao_record_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE  -- as yibao_record_change, without what is sealed: nothing sealed under an old master key outlives its rotation
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - 'sealed' END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - 'sealed' END;
BEGIN
  IF current_setting('yibao.history', true) = 'founding' AND TG_OP = 'INSERT' THEN
    RETURN NULL;
  END IF;
  IF old_row = new_row THEN
    RETURN NULL;  -- sealed anew
  END IF;
  INSERT INTO reference_change ("table", record, action, actor, changed_at, before, after)
  VALUES (TG_TABLE_NAME, COALESCE(new_row ->> 'id', old_row ->> 'id'), lower(TG_OP),
          COALESCE(NULLIF(current_setting('yibao.actor', true), ''), session_user), clock_timestamp(), old_row, new_row);
  RETURN NULL;
END $$;
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON message_store_credential
FOR EACH ROW EXECUTE FUNCTION yibao_record_key_change();

CREATE FUNCTION yibao_key_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'sealed' - 'valid_until' <> to_jsonb(OLD) - 'sealed' - 'valid_until' THEN
    RAISE EXCEPTION 'a key is kept as it was made; only its end may be set, and its seal'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ends BEFORE UPDATE ON message_store_credential
FOR EACH ROW EXECUTE FUNCTION yibao_key_only_ends();
"""
KEYS_BACK = """
DROP TRIGGER only_ends ON message_store_credential; DROP FUNCTION yibao_key_only_ends();
DROP TRIGGER history ON message_store_credential; DROP FUNCTION yibao_record_key_change();
"""


class Migration(migrations.Migration):
    dependencies = [("message_store", "0006_seal_secrets"), ("reference", "0002_integrity")]
    operations = [
        migrations.RemoveField(model_name="credential", name="secret"),
        migrations.RunSQL(sql=KEYS, reverse_sql=KEYS_BACK),
    ]
