from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0004_deposits"), ("agreements", "0002_integrity"), ("reference", "0002_integrity")]
    operations = [
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();"
                f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();",
                reverse_sql=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
            )
            for table in ("reconciliation_qualitydeposit", "reconciliation_depositend")
        ),
        migrations.RunSQL(
            sql="""
CREATE FUNCTION yibao_deposit_is_of_accepted_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(NEW.fund_codes) = 0 OR cardinality(NEW.fund_codes) <> cardinality(NEW.bases_fen)
     OR cardinality(NEW.fund_codes) <> cardinality(NEW.amounts_fen)
     OR EXISTS (SELECT FROM unnest(NEW.bases_fen, NEW.amounts_fen) AS a(base, fen) WHERE a.fen < 1 OR a.fen > a.base) THEN
    RAISE EXCEPTION 'a deposit is withheld fund by fund, and never more than was paid'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM reconciliation_clearingapplication a WHERE a.id = NEW.application_id AND a.state = 'accepted') THEN
    RAISE EXCEPTION 'application %: a deposit is withheld of an accepted month', NEW.application_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER of_accepted_month BEFORE INSERT ON reconciliation_qualitydeposit
FOR EACH ROW EXECUTE FUNCTION yibao_deposit_is_of_accepted_month();

CREATE FUNCTION yibao_deposit_ends_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held reconciliation_qualitydeposit;
BEGIN
  SELECT * INTO held FROM reconciliation_qualitydeposit WHERE id = NEW.deposit_id;
  IF cardinality(NEW.returned_fen) <> cardinality(held.amounts_fen)
     OR cardinality(NEW.forfeited_fen) <> cardinality(held.amounts_fen)
     OR EXISTS (SELECT FROM unnest(held.amounts_fen, NEW.returned_fen, NEW.forfeited_fen) AS a(fen, back, kept)
                 WHERE a.back < 0 OR a.kept < 0 OR a.back + a.kept <> a.fen)
     OR NEW.cause = 'undone' AND yibao_sum(NEW.forfeited_fen) <> 0 THEN
    RAISE EXCEPTION 'deposit %: what is returned and forfeited adds up to what was withheld', NEW.deposit_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.cause = 'assessed' AND NOT EXISTS (
      SELECT FROM agreements_sheetpublication p JOIN reconciliation_clearingapplication a ON a.id = held.application_id
       WHERE p.sheet_id = NEW.sheet_id AND p.institution_id = a.institution_id AND p.scope = held.scope
         AND p.year = extract(year FROM a.month)) THEN
    RAISE EXCEPTION 'deposit %: settled by the published assessment of its institution, year and scope', NEW.deposit_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ends_whole BEFORE INSERT ON reconciliation_depositend
FOR EACH ROW EXECUTE FUNCTION yibao_deposit_ends_whole();
""",
            reverse_sql="""
DROP TRIGGER ends_whole ON reconciliation_depositend; DROP FUNCTION yibao_deposit_ends_whole();
DROP TRIGGER of_accepted_month ON reconciliation_qualitydeposit; DROP FUNCTION yibao_deposit_is_of_accepted_month();
""",
        ),
    ]
