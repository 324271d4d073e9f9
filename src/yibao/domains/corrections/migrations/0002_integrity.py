from django.db import migrations

TABLES = ("difference", "decision", "correction")
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
CHANGEABLE = "DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};"


def kept(table):
    return migrations.RunSQL(sql=APPEND_ONLY.format(table=table), reverse_sql=CHANGEABLE.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("corrections", "0001_initial"), ("reference", "0002_integrity"), ("settlement", "0002_integrity")]
    operations = [
        *(kept(f"corrections_recalculation{name}") for name in TABLES),
        kept("corrections_setasideperson"),
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON corrections_recalculationrun
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();

CREATE FUNCTION yibao_run_only_advances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.is_computed OR NEW.computed_up_to < OLD.computed_up_to
     OR to_jsonb(NEW) - ARRAY['computed_up_to', 'persons_computed', 'is_computed']
        <> to_jsonb(OLD) - ARRAY['computed_up_to', 'persons_computed', 'is_computed'] THEN
    RAISE EXCEPTION 'recalculation % is kept as it was asked for; only its computing advances', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_advances BEFORE UPDATE OR DELETE ON corrections_recalculationrun
FOR EACH ROW EXECUTE FUNCTION yibao_run_only_advances();

CREATE FUNCTION yibao_list_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM corrections_recalculationrun WHERE id = NEW.run_id AND is_computed) THEN
    RAISE EXCEPTION 'recalculation %: its list is finished', NEW.run_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER list_is_open BEFORE INSERT ON corrections_recalculationdifference
FOR EACH ROW EXECUTE FUNCTION yibao_list_is_open();

CREATE FUNCTION yibao_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM corrections_recalculationrun
                  WHERE id = NEW.run_id AND is_computed AND requested_by_id <> NEW.decided_by_id) THEN
    RAISE EXCEPTION 'recalculation %: decided when computed, by another officer than who asked', NEW.run_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER four_eyes BEFORE INSERT ON corrections_recalculationdecision
FOR EACH ROW EXECUTE FUNCTION yibao_four_eyes();

CREATE FUNCTION yibao_correction_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  listed corrections_recalculationdifference;
BEGIN
  SELECT * INTO listed FROM corrections_recalculationdifference WHERE id = NEW.difference_id;
  IF NOT EXISTS (SELECT FROM corrections_recalculationdecision WHERE run_id = listed.run_id AND is_approved)
     OR NOT EXISTS (SELECT FROM settlement_settlement WHERE id = NEW.reversal_id AND reverses_id = listed.settlement_id)
     OR NOT EXISTS (SELECT FROM settlement_settlement n JOIN settlement_settlement o ON o.id = listed.settlement_id
                     WHERE n.id = NEW.settlement_id AND n.kind = 'settlement' AND n.visit_id = o.visit_id
                       AND n.total_fen = o.total_fen AND n.fund_fen = listed.fund_after_fen
                       AND n.cash_fen = listed.cash_after_fen) THEN
    RAISE EXCEPTION 'difference %: a correction is its approved reversal and settlement', NEW.difference_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_approved BEFORE INSERT ON corrections_recalculationcorrection
FOR EACH ROW EXECUTE FUNCTION yibao_correction_is_approved();
""",
            reverse_sql="""
DROP TRIGGER is_approved ON corrections_recalculationcorrection; DROP FUNCTION yibao_correction_is_approved();
DROP TRIGGER four_eyes ON corrections_recalculationdecision; DROP FUNCTION yibao_four_eyes();
DROP TRIGGER list_is_open ON corrections_recalculationdifference; DROP FUNCTION yibao_list_is_open();
DROP TRIGGER only_advances ON corrections_recalculationrun; DROP FUNCTION yibao_run_only_advances();
DROP TRIGGER history ON corrections_recalculationrun;
""",
        ),
    ]
