from django.db import migrations

TABLES = (
    "physicianqualification", "visitcheck", "budgetchange", "auditrun", "finding", "review", "verification",
)
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
CHANGEABLE = "DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};"
HISTORY = (
    "CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_record_change();"
)
# What messages and audits write in great number is its own record and has no history beside it.
WITH_HISTORY = ("internetpractice", "physicianqualification", "budgetchange", "review", "verification")


def kept(name):
    table = f"internet_care_{name}"
    return migrations.RunSQL(sql=APPEND_ONLY.format(table=table), reverse_sql=CHANGEABLE.format(table=table))


def told(name):
    table = f"internet_care_{name}"
    return migrations.RunSQL(sql=HISTORY.format(table=table), reverse_sql=f"DROP TRIGGER history ON {table};")


class Migration(migrations.Migration):
    dependencies = [
        ("internet_care", "0001_initial"),
        ("reference", "0002_integrity"),
        ("settlement", "0003_checked_at_once"),
    ]
    operations = [
        *map(kept, TABLES),
        *map(told, WITH_HISTORY),
        migrations.RunSQL(
            sql="""
ALTER TABLE internet_care_internetpractice ADD CONSTRAINT internet_practices_never_overlap EXCLUDE USING gist (
  int8range(institution_id, institution_id, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);

CREATE FUNCTION yibao_budget_stays_above_nought() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  stands bigint;
BEGIN
  -- Steps of one budget wait for each other.
  PERFORM pg_advisory_xact_lock(hashtext('yibao_budget'), NEW.institution_id::int);
  SELECT sum(amount_fen) INTO stands FROM internet_care_budgetchange
   WHERE institution_id = NEW.institution_id AND year = NEW.year;
  IF (NEW.kind = 'adjustment') = (stands IS NULL) OR COALESCE(stands, 0) + NEW.amount_fen < 0 THEN
    RAISE EXCEPTION 'budget of institution % in %: set once, adjusted afterwards, never below nought',
      NEW.institution_id, NEW.year USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER above_nought BEFORE INSERT ON internet_care_budgetchange
FOR EACH ROW EXECUTE FUNCTION yibao_budget_stays_above_nought();

CREATE FUNCTION yibao_violation_is_verified() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reviewed internet_care_review;
BEGIN
  SELECT * INTO reviewed FROM internet_care_review WHERE id = NEW.review_id;
  IF reviewed.verdict <> 'refuse' OR reviewed.reviewed_by_id = NEW.verified_by_id THEN
    RAISE EXCEPTION 'review %: a refusal is verified by another officer', NEW.review_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF cardinality(NEW.fund_codes) <> cardinality(NEW.amounts_fen) OR EXISTS (
      SELECT FROM unnest(NEW.fund_codes, NEW.amounts_fen) AS taken(fund, fen) WHERE taken.fen < 0 OR taken.fen > (
        SELECT COALESCE(sum(paid.fen), 0) FROM settlement_settlement s,
          unnest(s.fund_codes, s.fund_amounts_fen) AS paid(fund, fen)
         WHERE s.id = reviewed.audit_id AND paid.fund = taken.fund)) THEN
    RAISE EXCEPTION 'review %: more than a fund paid cannot be deducted', NEW.review_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER four_eyes BEFORE INSERT ON internet_care_verification
FOR EACH ROW EXECUTE FUNCTION yibao_violation_is_verified();
""",
            reverse_sql="""
DROP TRIGGER four_eyes ON internet_care_verification; DROP FUNCTION yibao_violation_is_verified();
DROP TRIGGER above_nought ON internet_care_budgetchange; DROP FUNCTION yibao_budget_stays_above_nought();
ALTER TABLE internet_care_internetpractice DROP CONSTRAINT internet_practices_never_overlap;
""",
        ),
    ]
