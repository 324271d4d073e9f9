from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("message_store", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON message_store_accesspoint
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON message_store_accesspoint;"""),
        migrations.RunSQL(sql="""
CREATE FUNCTION yibao_message_only_reversed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'answered' OR NEW.state <> 'reversed'
     OR to_jsonb(NEW) - 'state' <> to_jsonb(OLD) - 'state' THEN
    RAISE EXCEPTION 'a message is kept as it was; only its state may become reversed'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_reversed BEFORE UPDATE OR DELETE ON message_store_message
FOR EACH ROW EXECUTE FUNCTION yibao_message_only_reversed();
-- A message of usual size stays in its row: neither squeezed nor moved aside when it is written.
ALTER TABLE message_store_message SET (toast_tuple_target = 8160);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON message_store_recordread
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
""", reverse_sql="""DROP TRIGGER append_only ON message_store_recordread; DROP TRIGGER only_reversed ON message_store_message; DROP FUNCTION yibao_message_only_reversed();"""),
    ]
