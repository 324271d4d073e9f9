from django.db import migrations

TABLES = ("activationcode", "account", "proxy", "channel")
HISTORY = """
CREATE FUNCTION yibao_record_access_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE  -- as yibao_record_change, without anything that helps to guess a secret, and without counts of attempts
  hidden text[] := ARRAY['secret', 'digest', 'failures', 'locked_until'];
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - hidden END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - hidden END;
BEGIN
  IF old_row = new_row THEN
    RETURN NULL;
  END IF;
  INSERT INTO reference_change ("table", record, action, actor, changed_at, before, after)
  VALUES (TG_TABLE_NAME, COALESCE(new_row ->> 'id', old_row ->> 'id'), lower(TG_OP),
          COALESCE(NULLIF(current_setting('yibao.actor', true), ''), session_user), clock_timestamp(), old_row, new_row);
  RETURN NULL;
END $$;
""" + "".join(f"""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON personal_access_{table}
FOR EACH ROW EXECUTE FUNCTION yibao_record_access_change();
""" for table in TABLES)
HISTORY_BACK = "".join(f"DROP TRIGGER history ON personal_access_{table};" for table in TABLES) + """
DROP FUNCTION yibao_record_access_change();
"""
STANDING = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON personal_access_recordlook
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON personal_access_recordlook
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
CREATE TRIGGER never_deleted BEFORE DELETE ON personal_access_account
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE ON personal_access_activationcode
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();

ALTER TABLE personal_access_proxy ADD CONSTRAINT proxies_never_overlap EXCLUDE USING gist (
  int8range(principal_id, principal_id, '[]') WITH &&, int8range(agent_id, agent_id, '[]') WITH &&,
  daterange(valid_from, valid_until) WITH &&);
CREATE FUNCTION yibao_proxy_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ending text[] := ARRAY['valid_until', 'ended_at', 'ended_by'];
BEGIN
  IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.valid_until > OLD.valid_until
     OR to_jsonb(NEW) - ending <> to_jsonb(OLD) - ending THEN
    RAISE EXCEPTION 'a right to act stays as it was given; it is only ended, once'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ended BEFORE UPDATE OR DELETE ON personal_access_proxy
FOR EACH ROW EXECUTE FUNCTION yibao_proxy_only_ended();
"""
STANDING_BACK = """
DROP TRIGGER only_ended ON personal_access_proxy; DROP FUNCTION yibao_proxy_only_ended();
ALTER TABLE personal_access_proxy DROP CONSTRAINT proxies_never_overlap;
DROP TRIGGER never_deleted ON personal_access_activationcode; DROP TRIGGER never_deleted ON personal_access_account;
DROP TRIGGER never_emptied ON personal_access_recordlook; DROP TRIGGER append_only ON personal_access_recordlook;
"""


class Migration(migrations.Migration):
    dependencies = [("personal_access", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql=HISTORY, reverse_sql=HISTORY_BACK),
        migrations.RunSQL(sql=STANDING, reverse_sql=STANDING_BACK),
    ]
