from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinical", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON clinical_clinicalrecord
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON clinical_clinicalrecord
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();

CREATE FUNCTION yibao_clinical_record_is_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version <> 1 + COALESCE((SELECT max(version) FROM clinical_clinicalrecord WHERE institution_id = NEW.institution_id
       AND kind = NEW.kind AND visit_number = NEW.visit_number AND key = NEW.key), 0) THEN
    RAISE EXCEPTION 'a clinical record is the next version of its key' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.visit_id IS NOT NULL AND NOT EXISTS (SELECT FROM visits_visit v WHERE v.id = NEW.visit_id
       AND v.institution_id = NEW.institution_id AND v.person_id = NEW.person_id) THEN
    RAISE EXCEPTION 'a clinical record names a visit of this person at this institution'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_next BEFORE INSERT ON clinical_clinicalrecord
FOR EACH ROW EXECUTE FUNCTION yibao_clinical_record_is_next();
""",
            reverse_sql="""
DROP TRIGGER is_next ON clinical_clinicalrecord; DROP FUNCTION yibao_clinical_record_is_next();
DROP TRIGGER never_emptied ON clinical_clinicalrecord;
DROP TRIGGER append_only ON clinical_clinicalrecord;
""",
        ),
    ]
