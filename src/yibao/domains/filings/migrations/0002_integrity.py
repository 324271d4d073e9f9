from django.db import migrations

HISTORY = """
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
NO_HISTORY = "DROP TRIGGER never_emptied ON {table}; DROP TRIGGER history ON {table};"


def with_history(table):
    return migrations.RunSQL(sql=HISTORY.format(table=table), reverse_sql=NO_HISTORY.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("filings", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        with_history("filings_filing"),
        with_history("filings_filingdecision"),
        migrations.RunSQL(
            sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON filings_filingdecision
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();

-- A filing that was refused, or withdrawn before it began, has an empty range, which overlaps nothing.
ALTER TABLE filings_filing ADD CONSTRAINT filing_stands_within_its_days
  CHECK (in_force_until IS NULL OR in_force_until >= valid_from);
ALTER TABLE filings_filing ADD CONSTRAINT filings_never_overlap EXCLUDE USING gist (
  int8range(person_id, person_id, '[]') WITH &&,
  int8range(hashtext(kind || ' ' || scheme || ' ' || subject)::int8, hashtext(kind || ' ' || scheme || ' ' || subject)::int8, '[]') WITH &&,
  daterange(valid_from, in_force_until) WITH &&);

CREATE FUNCTION yibao_filing_is_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.standing NOT IN ('pending', 'in_force') OR NEW.in_force_until IS DISTINCT FROM NEW.valid_until THEN
    RAISE EXCEPTION 'a filing begins waiting or in force, for all its days' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_new BEFORE INSERT ON filings_filing FOR EACH ROW EXECUTE FUNCTION yibao_filing_is_new();

CREATE FUNCTION yibao_filing_only_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
     OR (to_jsonb(NEW) - 'standing' - 'in_force_until') <> (to_jsonb(OLD) - 'standing' - 'in_force_until') THEN
    RAISE EXCEPTION 'filing % stays as it was filed; only a decision changes how it stands', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_decided BEFORE UPDATE OR DELETE ON filings_filing
FOR EACH ROW EXECUTE FUNCTION yibao_filing_only_decided();

CREATE FUNCTION yibao_filing_decided() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  filed filings_filing;
BEGIN
  SELECT * INTO filed FROM filings_filing WHERE id = NEW.filing_id FOR UPDATE;
  IF NEW.kind = 'withdrawn' AND filed.standing NOT IN ('pending', 'in_force')
     OR NEW.kind <> 'withdrawn' AND filed.standing <> 'pending' THEN
    RAISE EXCEPTION 'filing % is %: it cannot be % any more', filed.id, filed.standing, NEW.kind
      USING ERRCODE = 'check_violation', CONSTRAINT = 'filing_can_be_decided';
  END IF;
  IF NEW.kind = 'withdrawn' AND filed.in_force_until <= NEW.on THEN
    RAISE EXCEPTION 'filing % ended on % already', filed.id, filed.in_force_until
      USING ERRCODE = 'check_violation', CONSTRAINT = 'filing_can_be_decided';
  END IF;
  UPDATE filings_filing SET
    standing = CASE NEW.kind WHEN 'approved' THEN 'in_force' ELSE NEW.kind END,
    in_force_until = CASE
      WHEN NEW.kind = 'approved' THEN in_force_until
      WHEN NEW.kind = 'refused' OR filed.standing = 'pending' THEN valid_from
      ELSE GREATEST(NEW.on, valid_from) END
    WHERE id = NEW.filing_id;
  RETURN NEW;
END $$;
CREATE TRIGGER decided AFTER INSERT ON filings_filingdecision
FOR EACH ROW EXECUTE FUNCTION yibao_filing_decided();
""",
            reverse_sql="""
DROP TRIGGER decided ON filings_filingdecision; DROP FUNCTION yibao_filing_decided();
DROP TRIGGER only_decided ON filings_filing; DROP FUNCTION yibao_filing_only_decided();
DROP TRIGGER is_new ON filings_filing; DROP FUNCTION yibao_filing_is_new();
ALTER TABLE filings_filing DROP CONSTRAINT filings_never_overlap;
ALTER TABLE filings_filing DROP CONSTRAINT filing_stands_within_its_days;
DROP TRIGGER append_only ON filings_filingdecision;
""",
        ),
    ]
