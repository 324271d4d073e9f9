from django.db import migrations

PARTS = (
    "liststep", "listdiagnosis", "listoperation", "listintensivecare", "listtransfusion", "listcharge", "listpayment",
    "listdisease", "listfinding",
)


def append_only(table):
    return migrations.RunSQL(
        sql=f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
        reverse_sql=f"DROP TRIGGER never_emptied ON {table}; DROP TRIGGER append_only ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("settlement_lists", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        *(append_only(f"settlement_lists_{part}") for part in PARTS),
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER UPDATE ON settlement_lists_settlementlist
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON settlement_lists_settlementlist
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();

CREATE FUNCTION yibao_list_only_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2 OR (to_jsonb(NEW) - 'state') <> (to_jsonb(OLD) - 'state') THEN
    RAISE EXCEPTION 'list % stays as it was uploaded; only a step changes its state', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_steps BEFORE UPDATE OR DELETE ON settlement_lists_settlementlist
FOR EACH ROW EXECUTE FUNCTION yibao_list_only_steps();

CREATE FUNCTION yibao_list_is_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> '0' OR NEW.version <> 1 + COALESCE((SELECT max(version) FROM settlement_lists_settlementlist
       WHERE settlement_id = NEW.settlement_id), 0)
     OR EXISTS (SELECT FROM settlement_lists_settlementlist WHERE settlement_id = NEW.settlement_id AND state = '1') THEN
    RAISE EXCEPTION 'a list begins unsubmitted, as the next version, when none of its settlement is submitted'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_next BEFORE INSERT ON settlement_lists_settlementlist
FOR EACH ROW EXECUTE FUNCTION yibao_list_is_next();

CREATE FUNCTION yibao_list_stepped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  listed settlement_lists_settlementlist;
BEGIN
  SELECT * INTO listed FROM settlement_lists_settlementlist WHERE id = NEW.settlement_list_id FOR UPDATE;
  IF listed.state = NEW.state OR EXISTS (SELECT FROM settlement_lists_settlementlist
       WHERE settlement_id = listed.settlement_id AND version > listed.version) THEN
    RAISE EXCEPTION 'list % is in state % or no longer the latest version', listed.id, listed.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  UPDATE settlement_lists_settlementlist SET state = NEW.state WHERE id = NEW.settlement_list_id;
  RETURN NEW;
END $$;
CREATE TRIGGER stepped AFTER INSERT ON settlement_lists_liststep
FOR EACH ROW EXECUTE FUNCTION yibao_list_stepped();
""",
            reverse_sql="""
DROP TRIGGER stepped ON settlement_lists_liststep; DROP FUNCTION yibao_list_stepped();
DROP TRIGGER is_next ON settlement_lists_settlementlist; DROP FUNCTION yibao_list_is_next();
DROP TRIGGER only_steps ON settlement_lists_settlementlist; DROP FUNCTION yibao_list_only_steps();
DROP TRIGGER never_emptied ON settlement_lists_settlementlist;
DROP TRIGGER history ON settlement_lists_settlementlist;
""",
        ),
    ]
