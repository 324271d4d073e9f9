from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0003_contributions_and_moves"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON enrolment_wagedeclaration
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
ALTER TABLE enrolment_wagedeclaration ADD CONSTRAINT wages_never_overlap EXCLUDE USING gist (
  int8range(person_id, person_id, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);
""", reverse_sql="""
ALTER TABLE enrolment_wagedeclaration DROP CONSTRAINT wages_never_overlap;
DROP TRIGGER history ON enrolment_wagedeclaration;
"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_assessment
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_assessment
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_assessment; DROP TRIGGER never_emptied ON enrolment_assessment;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_receipt
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_receipt
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_receipt; DROP TRIGGER never_emptied ON enrolment_receipt;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_transfer
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_transfer
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_transfer; DROP TRIGGER never_emptied ON enrolment_transfer;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_transferstep
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_transferstep
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_transferstep; DROP TRIGGER never_emptied ON enrolment_transferstep;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_outsideenrolment
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_outsideenrolment
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_outsideenrolment; DROP TRIGGER never_emptied ON enrolment_outsideenrolment;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_doubledecision
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_doubledecision
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_doubledecision; DROP TRIGGER never_emptied ON enrolment_doubledecision;"""),
        migrations.RunSQL(sql="""
CREATE FUNCTION yibao_assessment_turned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  original enrolment_assessment;
BEGIN
  IF NEW.kind = 'assessment' THEN
    IF NEW.attempt > 1 AND NOT EXISTS (SELECT FROM enrolment_assessment WHERE person_id = NEW.person_id AND scheme = NEW.scheme
         AND period_start = NEW.period_start AND kind = 'reversal' AND attempt = NEW.attempt - 1) THEN
      RAISE EXCEPTION 'assessment: attempt % of a period whose attempt before stands', NEW.attempt
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO original FROM enrolment_assessment WHERE id = NEW.reverses_id;
  IF original.kind <> 'assessment' OR (NEW.person_id, NEW.enrolment_id, NEW.scheme, NEW.period_start, NEW.period_end, NEW.attempt,
      NEW.base_fen, NEW.employer_fen, NEW.person_fen, NEW.subsidy_fen, NEW.assistance_fen, NEW.to_pool_fen, NEW.to_large_fen,
      NEW.to_account_fen, NEW.from_pool_fen)
     IS DISTINCT FROM (original.person_id, original.enrolment_id, original.scheme, original.period_start, original.period_end,
      original.attempt, -original.base_fen, -original.employer_fen, -original.person_fen, -original.subsidy_fen,
      -original.assistance_fen, -original.to_pool_fen, -original.to_large_fen, -original.to_account_fen,
      -original.from_pool_fen) THEN
    RAISE EXCEPTION 'assessment: a reversal turns its original round exactly' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER turned BEFORE INSERT ON enrolment_assessment FOR EACH ROW EXECUTE FUNCTION yibao_assessment_turned();

CREATE FUNCTION yibao_contribution_turned() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  original enrolment_contribution;
BEGIN
  IF NEW.kind = 'payment' THEN
    IF NEW.attempt > 1 AND NOT EXISTS (SELECT FROM enrolment_contribution WHERE enrolment_id = NEW.enrolment_id
         AND period_start = NEW.period_start AND kind = 'reversal' AND attempt = NEW.attempt - 1) THEN
      RAISE EXCEPTION 'contribution: attempt % of a period whose attempt before stands', NEW.attempt
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO original FROM enrolment_contribution WHERE id = NEW.reverses_id;
  IF original.kind <> 'payment' OR (NEW.enrolment_id, NEW.period_start, NEW.period_end, NEW.attempt, NEW.assessment_id,
      NEW.base_fen, NEW.employer_fen, NEW.person_fen, NEW.subsidy_fen, NEW.assistance_fen, NEW.to_pool_fen, NEW.to_large_fen,
      NEW.to_account_fen)
     IS DISTINCT FROM (original.enrolment_id, original.period_start, original.period_end, original.attempt,
      original.assessment_id, -original.base_fen, -original.employer_fen, -original.person_fen, -original.subsidy_fen,
      -original.assistance_fen, -original.to_pool_fen, -original.to_large_fen, -original.to_account_fen) THEN
    RAISE EXCEPTION 'contribution: a reversal turns its original round exactly' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER turned BEFORE INSERT ON enrolment_contribution FOR EACH ROW EXECUTE FUNCTION yibao_contribution_turned();

CREATE INDEX assessment_of_period ON enrolment_assessment (scheme, period_start, person_id);
""", reverse_sql="""
DROP INDEX assessment_of_period;
DROP TRIGGER turned ON enrolment_contribution; DROP FUNCTION yibao_contribution_turned();
DROP TRIGGER turned ON enrolment_assessment; DROP FUNCTION yibao_assessment_turned();
"""),
    ]
