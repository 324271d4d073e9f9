from django.db import migrations

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
    dependencies = [
        ("assistance", "0001_initial"),
        ("reference", "0002_integrity"),
        ("settlement", "0002_integrity"),
        ("people", "0002_integrity"),
    ]
    operations = [
        kept("assistance_watchlisting"),
        kept("assistance_countedsettlement"),
        kept("assistance_watchdecision"),
        migrations.RunSQL(
            sql="""
CREATE FUNCTION yibao_path_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found record;
  listed assistance_watchlisting;
BEGIN
  SELECT * INTO listed FROM assistance_watchlisting
   WHERE id = CASE WHEN TG_TABLE_NAME = 'assistance_watchlisting' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'listing_id')::bigint END;
  SELECT COALESCE(sum(c.counted_fen), 0) AS sum_fen,
         COALESCE(max(c.running_fen), 0) AS last_fen,
         COALESCE(bool_and(s.person_id = listed.person_id AND s.benefit_year = listed.benefit_year), false) AS is_theirs
    INTO found
    FROM assistance_countedsettlement c JOIN settlement_settlement s ON s.id = c.settlement_id WHERE c.listing_id = listed.id;
  IF found.sum_fen <> listed.counted_fen OR found.last_fen <> listed.counted_fen OR NOT found.is_theirs THEN
    RAISE EXCEPTION 'listing %: its settlements do not add up to what was counted', listed.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER path_adds_up AFTER INSERT ON assistance_watchlisting
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_path_adds_up();
CREATE CONSTRAINT TRIGGER path_adds_up AFTER INSERT ON assistance_countedsettlement
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_path_adds_up();

CREATE FUNCTION yibao_outcome_follows_passing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.step = 'passed') = EXISTS (SELECT FROM assistance_watchdecision WHERE listing_id = NEW.listing_id) THEN
    RAISE EXCEPTION 'listing %: it is passed to civil affairs first and decided afterwards', NEW.listing_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outcome_follows_passing BEFORE INSERT ON assistance_watchdecision
FOR EACH ROW EXECUTE FUNCTION yibao_outcome_follows_passing();
""",
            reverse_sql="""
DROP TRIGGER outcome_follows_passing ON assistance_watchdecision; DROP FUNCTION yibao_outcome_follows_passing();
DROP TRIGGER path_adds_up ON assistance_countedsettlement; DROP TRIGGER path_adds_up ON assistance_watchlisting;
DROP FUNCTION yibao_path_adds_up();
""",
        ),
    ]
