from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0005_accountsharing"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON enrolment_accountsharing
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_accountsharing
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
ALTER TABLE enrolment_accountsharing ADD CONSTRAINT sharing_periods_never_overlap EXCLUDE USING gist (
  int8range(owner_id, owner_id, '[]') WITH &&, int8range(beneficiary_id, beneficiary_id, '[]') WITH &&,
  daterange(valid_from, valid_until) WITH &&);

CREATE FUNCTION yibao_sharing_only_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.ended_by = ''
     OR NEW.valid_until > OLD.valid_until
     OR (to_jsonb(NEW) - 'valid_until' - 'ended_at' - 'ended_by')
        <> (to_jsonb(OLD) - 'valid_until' - 'ended_at' - 'ended_by') THEN
    RAISE EXCEPTION 'the sharing of an account stays as it was authorised; it is only ended, once'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ended BEFORE UPDATE OR DELETE ON enrolment_accountsharing
FOR EACH ROW EXECUTE FUNCTION yibao_sharing_only_ended();
""",
            reverse_sql="""
DROP TRIGGER only_ended ON enrolment_accountsharing; DROP FUNCTION yibao_sharing_only_ended();
ALTER TABLE enrolment_accountsharing DROP CONSTRAINT sharing_periods_never_overlap;
DROP TRIGGER never_emptied ON enrolment_accountsharing; DROP TRIGGER history ON enrolment_accountsharing;
""",
        ),
    ]
