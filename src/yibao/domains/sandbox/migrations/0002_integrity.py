from django.db import migrations

SQL = """
-- Nothing rests on the ring of messages: it is written without the log and empty after a crash.
ALTER TABLE sandbox_exchange SET UNLOGGED;
CREATE FUNCTION yibao_fault_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE'
     OR to_jsonb(NEW) - ARRAY['remaining', 'ended_at', 'ended_by'] <> to_jsonb(OLD) - ARRAY['remaining', 'ended_at', 'ended_by']
     OR OLD.ended_at IS NOT NULL AND (NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.ended_by <> OLD.ended_by)
     OR NEW.remaining > OLD.remaining OR (NEW.remaining IS NULL) <> (OLD.remaining IS NULL) THEN
    RAISE EXCEPTION 'a fault is counted down and called off, nothing else'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ends BEFORE UPDATE OR DELETE ON sandbox_fault
FOR EACH ROW EXECUTE FUNCTION yibao_fault_only_ends();
CREATE TRIGGER history_of_orders AFTER INSERT ON sandbox_fault
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
-- How often a fault still strikes is no decision of anybody, calling it off is.
CREATE TRIGGER history AFTER UPDATE ON sandbox_fault
FOR EACH ROW WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON sandbox_sandboxperson
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
"""
UNDO = """
DROP TRIGGER append_only ON sandbox_sandboxperson; DROP TRIGGER history ON sandbox_fault;
DROP TRIGGER history_of_orders ON sandbox_fault; DROP TRIGGER only_ends ON sandbox_fault;
DROP FUNCTION yibao_fault_only_ends(); ALTER TABLE sandbox_exchange SET LOGGED;
"""


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0001_initial"), ("reference", "0002_integrity")]
    operations = [migrations.RunSQL(sql=SQL, reverse_sql=UNDO)]
