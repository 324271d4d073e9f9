from django.db import migrations

TABLES = (
    "emergencydecision", "emergencyapproval", "emergencyend", "emergencysettlement", "prepayment", "prepaymentorder",
    "prepaymentclearing",
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
# What was settled under a decision is no change of a register and has no history of its own.
WITH_HISTORY = [name for name in TABLES if name != "emergencysettlement"]


def kept(name):
    table = f"emergencies_{name}"
    return migrations.RunSQL(sql=APPEND_ONLY.format(table=table), reverse_sql=CHANGEABLE.format(table=table))


def told(name):
    table = f"emergencies_{name}"
    return migrations.RunSQL(sql=HISTORY.format(table=table), reverse_sql=f"DROP TRIGGER history ON {table};")


class Migration(migrations.Migration):
    dependencies = [
        ("emergencies", "0001_initial"),
        ("reference", "0002_integrity"),
        ("settlement", "0003_checked_at_once"),
    ]
    operations = [
        *map(kept, TABLES),
        *map(told, WITH_HISTORY),
        migrations.RunSQL(
            sql="""
CREATE FUNCTION yibao_emergency_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asked emergencies_emergencydecision;
BEGIN
  -- Decisions of one emergency in one region are approved one after the other.
  SELECT * INTO asked FROM emergencies_emergencydecision WHERE id = NEW.decision_id;
  PERFORM pg_advisory_xact_lock(hashtext('yibao_emergency'), hashtext(asked.region_id || asked.emergency));
  IF asked.proposed_by_id = NEW.decided_by_id THEN
    RAISE EXCEPTION 'emergency decision %: decided by another officer than who proposed it', NEW.decision_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.is_approved AND EXISTS (
      SELECT FROM emergencies_emergencydecision d
        JOIN emergencies_emergencyapproval a ON a.decision_id = d.id AND a.is_approved
        LEFT JOIN emergencies_emergencyend e ON e.decision_id = d.id
       WHERE d.region_id = asked.region_id AND d.emergency = asked.emergency
         AND daterange(d.valid_from, LEAST(d.valid_until, e.ends_on))
             && daterange(asked.valid_from, asked.valid_until)) THEN
    RAISE EXCEPTION 'emergency decision %: another one covers a part of its days', NEW.decision_id
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'emergency_is_decided_once_for_a_day';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER four_eyes BEFORE INSERT ON emergencies_emergencyapproval
FOR EACH ROW EXECUTE FUNCTION yibao_emergency_is_approved();

CREATE FUNCTION yibao_emergency_ends_early() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM emergencies_emergencydecision d
        JOIN emergencies_emergencyapproval a ON a.decision_id = d.id AND a.is_approved
       WHERE d.id = NEW.decision_id AND NEW.ends_on > d.valid_from
         AND (d.valid_until IS NULL OR NEW.ends_on < d.valid_until))
     OR NEW.ends_on <= (NEW.ended_at AT TIME ZONE 'Asia/Shanghai')::date THEN
    RAISE EXCEPTION 'emergency decision %: an approved one ends within its period, on a day to come', NEW.decision_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ends_early BEFORE INSERT ON emergencies_emergencyend
FOR EACH ROW EXECUTE FUNCTION yibao_emergency_ends_early();

CREATE FUNCTION yibao_settled_under_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM emergencies_emergencyapproval WHERE decision_id = NEW.decision_id AND is_approved) THEN
    RAISE EXCEPTION 'emergency decision % is not approved', NEW.decision_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER under_approval BEFORE INSERT ON emergencies_emergencysettlement
FOR EACH ROW EXECUTE FUNCTION yibao_settled_under_approval();
CREATE TRIGGER under_approval BEFORE INSERT ON emergencies_prepayment
FOR EACH ROW EXECUTE FUNCTION yibao_settled_under_approval();

CREATE FUNCTION yibao_prepayment_is_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM emergencies_prepayment WHERE id = NEW.prepayment_id AND requested_by_id = NEW.decided_by_id) THEN
    RAISE EXCEPTION 'prepayment %: decided by another officer than who asked for it', NEW.prepayment_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER four_eyes BEFORE INSERT ON emergencies_prepaymentorder
FOR EACH ROW EXECUTE FUNCTION yibao_prepayment_is_ordered();

CREATE FUNCTION yibao_clearing_is_covered() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  prepaid bigint;
BEGIN
  -- The lock makes clearings of one prepayment wait for each other.
  SELECT p.amount_fen INTO prepaid FROM emergencies_prepayment p WHERE p.id = NEW.prepayment_id FOR UPDATE;
  IF NOT EXISTS (SELECT FROM emergencies_prepaymentorder WHERE prepayment_id = NEW.prepayment_id AND is_approved)
     OR prepaid < NEW.amount_fen + COALESCE(
       (SELECT sum(amount_fen) FROM emergencies_prepaymentclearing WHERE prepayment_id = NEW.prepayment_id), 0) THEN
    RAISE EXCEPTION 'prepayment %: cleared only when ordered, and never above its amount', NEW.prepayment_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_covered BEFORE INSERT ON emergencies_prepaymentclearing
FOR EACH ROW EXECUTE FUNCTION yibao_clearing_is_covered();
""",
            reverse_sql="""
DROP TRIGGER is_covered ON emergencies_prepaymentclearing; DROP FUNCTION yibao_clearing_is_covered();
DROP TRIGGER four_eyes ON emergencies_prepaymentorder; DROP FUNCTION yibao_prepayment_is_ordered();
DROP TRIGGER under_approval ON emergencies_prepayment; DROP TRIGGER under_approval ON emergencies_emergencysettlement;
DROP FUNCTION yibao_settled_under_approval();
DROP TRIGGER ends_early ON emergencies_emergencyend; DROP FUNCTION yibao_emergency_ends_early();
DROP TRIGGER four_eyes ON emergencies_emergencyapproval; DROP FUNCTION yibao_emergency_is_approved();
""",
        ),
    ]
