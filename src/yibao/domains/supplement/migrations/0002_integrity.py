from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("supplement", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON supplement_heldplan
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON supplement_heldplan
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
ALTER TABLE supplement_heldplan ADD CONSTRAINT held_plans_never_overlap EXCLUDE USING gist (
  int8range(person_id, person_id, '[]') WITH &&, int8range(region_id::int8, region_id::int8, '[]') WITH &&,
  daterange(valid_from, valid_until) WITH &&);

CREATE FUNCTION yibao_held_plan_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.valid_until > OLD.valid_until
     OR (to_jsonb(NEW) - 'valid_until' - 'ended_at' - 'ended_by' - 'end_reason')
        <> (to_jsonb(OLD) - 'valid_until' - 'ended_at' - 'ended_by' - 'end_reason') THEN
    RAISE EXCEPTION 'a plan that is held stays as it was reported; it is only ended, once'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ended BEFORE UPDATE OR DELETE ON supplement_heldplan
FOR EACH ROW EXECUTE FUNCTION yibao_held_plan_only_ended();
""",
            reverse_sql="""
DROP TRIGGER only_ended ON supplement_heldplan; DROP FUNCTION yibao_held_plan_only_ended();
ALTER TABLE supplement_heldplan DROP CONSTRAINT held_plans_never_overlap;
DROP TRIGGER never_emptied ON supplement_heldplan; DROP TRIGGER history ON supplement_heldplan;
""",
        ),
    ]
