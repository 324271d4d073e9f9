from django.db import migrations

KEPT = ("reconciliation_reconciliationrun", "reconciliation_reconciliationdifference")
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
CHANGEABLE = "DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};"

# A settlement, its reversal, the reinstatement that undid the reversal … are a chain by `reverses`. Only rows of a chain
# longer than one ever ask these functions.
CHAINS = """
CREATE FUNCTION yibao_settlement_root(settlement bigint) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  root bigint := settlement;
  before_it bigint;
BEGIN
  LOOP
    SELECT reverses_id INTO before_it FROM settlement_settlement WHERE id = root;
    EXIT WHEN before_it IS NULL;
    root := before_it;
  END LOOP;
  RETURN root;
END $$;

CREATE FUNCTION yibao_settlement_stands(settlement bigint) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  latest bigint := settlement;
  after_it bigint;
  is_reversal boolean := false;
BEGIN
  LOOP
    SELECT id INTO after_it FROM settlement_settlement WHERE reverses_id = latest;
    EXIT WHEN after_it IS NULL;
    latest := after_it;
    is_reversal := NOT is_reversal;
  END LOOP;
  RETURN NOT is_reversal;
END $$;
"""
NO_CHAINS = "DROP FUNCTION yibao_settlement_stands(bigint); DROP FUNCTION yibao_settlement_root(bigint);"

# Every settlement has an institution and a time; nearly none reverses another. The index of reversals held an entry for each
# settlement all the same: it now holds the reversals alone, and the entry that is saved pays for the new index.
INDEXES = """
CREATE INDEX settlement_of_institution ON settlement_settlement (institution_id, settled_at);
ALTER TABLE settlement_settlement DROP CONSTRAINT IF EXISTS settlement_settlement_reverses_id_key;
CREATE UNIQUE INDEX settlement_is_reversed_once ON settlement_settlement (reverses_id) WHERE reverses_id IS NOT NULL;
"""
NO_INDEXES = """
DROP INDEX settlement_is_reversed_once;
ALTER TABLE settlement_settlement ADD CONSTRAINT settlement_settlement_reverses_id_key UNIQUE (reverses_id);
DROP INDEX settlement_of_institution;
"""

HISTORY = """
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON reconciliation_regionpractice
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON reconciliation_clearingapplication
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();

CREATE FUNCTION yibao_clearing_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state NOT IN ('applied', 'accepted') OR NEW.state = 'applied'
     OR (OLD.state = 'accepted' AND NEW.state <> 'returned')
     OR to_jsonb(NEW) - ARRAY['state', 'ended_at', 'ended_by', 'note']
        <> to_jsonb(OLD) - ARRAY['state', 'ended_at', 'ended_by', 'note'] THEN
    RAISE EXCEPTION 'application for clearing % is kept as it was made; only its state advances', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ends BEFORE UPDATE OR DELETE ON reconciliation_clearingapplication
FOR EACH ROW EXECUTE FUNCTION yibao_clearing_only_ends();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON reconciliation_clearingapplication
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
NO_HISTORY = """
DROP TRIGGER never_emptied ON reconciliation_clearingapplication;
DROP TRIGGER only_ends ON reconciliation_clearingapplication; DROP FUNCTION yibao_clearing_only_ends();
DROP TRIGGER history ON reconciliation_clearingapplication;
DROP TRIGGER history ON reconciliation_regionpractice;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0001_initial"),
        ("reference", "0002_integrity"),
        ("settlement", "0005_shares_checked"),
    ]
    operations = [
        *(
            migrations.RunSQL(sql=APPEND_ONLY.format(table=table), reverse_sql=CHANGEABLE.format(table=table))
            for table in KEPT
        ),
        migrations.RunSQL(sql=CHAINS, reverse_sql=NO_CHAINS),
        migrations.RunSQL(sql=INDEXES, reverse_sql=NO_INDEXES),
        migrations.RunSQL(sql=HISTORY, reverse_sql=NO_HISTORY),
    ]
