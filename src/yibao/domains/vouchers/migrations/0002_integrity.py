from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0001_initial"), ("reference", "0002_integrity"), ("message_store", "0007_keys_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON vouchers_redemption
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON vouchers_redemption
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();

CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON vouchers_codekey
FOR EACH ROW EXECUTE FUNCTION yibao_record_key_change();
CREATE FUNCTION yibao_code_key_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at
     OR to_jsonb(NEW) - 'sealed' - 'retired_at' <> to_jsonb(OLD) - 'sealed' - 'retired_at' THEN
    RAISE EXCEPTION 'a key of codes stays as it was made; it is only retired, once, and sealed anew'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ends BEFORE UPDATE OR DELETE ON vouchers_codekey
FOR EACH ROW EXECUTE FUNCTION yibao_code_key_only_ends();
""",
            reverse_sql="""
DROP TRIGGER only_ends ON vouchers_codekey; DROP FUNCTION yibao_code_key_only_ends();
DROP TRIGGER history ON vouchers_codekey;
DROP TRIGGER never_emptied ON vouchers_redemption; DROP TRIGGER append_only ON vouchers_redemption;
""",
        ),
    ]
