from django.db import migrations


def kept(table):
    return migrations.RunSQL(
        sql=f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
        reverse_sql=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0009_late_fee_waivers"), ("reference", "0002_integrity")]
    operations = [
        kept("enrolment_latefeewaiver"),
        kept("enrolment_latefeewaiverdecision"),
        migrations.RunSQL(
            sql="""
CREATE FUNCTION yibao_waiver_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM enrolment_latefeewaiver WHERE id = NEW.waiver_id AND proposed_by = NEW.decided_by) THEN
    RAISE EXCEPTION 'waiver %: decided by another officer than who proposed it', NEW.waiver_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.is_approved AND EXISTS (
      SELECT FROM enrolment_latefeepayment p JOIN enrolment_latefeewaiver w ON w.late_fee_id = p.late_fee_id
       WHERE w.id = NEW.waiver_id
         AND NOT EXISTS (SELECT FROM enrolment_receipt r WHERE r.reverses_id = p.receipt_id)) THEN
    RAISE EXCEPTION 'waiver %: the late fee was paid', NEW.waiver_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_anothers BEFORE INSERT ON enrolment_latefeewaiverdecision
FOR EACH ROW EXECUTE FUNCTION yibao_waiver_is_anothers();

CREATE FUNCTION yibao_waived_fee_is_not_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM enrolment_latefeewaiverdecision d JOIN enrolment_latefeewaiver w ON w.id = d.waiver_id
              WHERE w.late_fee_id = NEW.late_fee_id AND d.is_approved) THEN
    RAISE EXCEPTION 'late fee %: it was waived', NEW.late_fee_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_not_waived BEFORE INSERT ON enrolment_latefeepayment
FOR EACH ROW EXECUTE FUNCTION yibao_waived_fee_is_not_paid();
""",
            reverse_sql="""
DROP TRIGGER is_not_waived ON enrolment_latefeepayment; DROP FUNCTION yibao_waived_fee_is_not_paid();
DROP TRIGGER is_anothers ON enrolment_latefeewaiverdecision; DROP FUNCTION yibao_waiver_is_anothers();
""",
        ),
    ]
