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
    dependencies = [("simulations", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        kept("simulations_simulationrequest"),
        kept("simulations_simulationresult"),
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON simulations_simulationrun
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();

CREATE FUNCTION yibao_simulation_only_advances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state IN ('done', 'failed') OR NEW.attempts < OLD.attempts
     OR (NEW.request_id, NEW.region_id) <> (OLD.request_id, OLD.region_id)
     OR (NEW.state = 'done' AND NOT EXISTS (SELECT FROM simulations_simulationresult WHERE request_id = NEW.request_id)) THEN
    RAISE EXCEPTION 'simulation %: it only goes forward, and is done when its result is kept', OLD.request_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_advances BEFORE UPDATE OR DELETE ON simulations_simulationrun
FOR EACH ROW EXECUTE FUNCTION yibao_simulation_only_advances();
""",
            reverse_sql="""
DROP TRIGGER only_advances ON simulations_simulationrun; DROP FUNCTION yibao_simulation_only_advances();
DROP TRIGGER history ON simulations_simulationrun;
""",
        ),
    ]
