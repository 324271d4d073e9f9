from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
ALTER TABLE visits_visit ADD CONSTRAINT visit_care_matches_state CHECK (care = 'inpatient' OR state <> 'discharged');
CREATE INDEX diagnosis_of_visit_current ON visits_diagnosis (visit_id) WHERE is_current;
""", reverse_sql="""
DROP INDEX diagnosis_of_visit_current;
ALTER TABLE visits_visit DROP CONSTRAINT visit_care_matches_state;
"""),
    ]
