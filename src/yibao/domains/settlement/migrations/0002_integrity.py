from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial"), ("visits", "0002_integrity"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON settlement_settlement
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON settlement_settlement
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON settlement_settlement; DROP TRIGGER never_emptied ON settlement_settlement;"""),
        migrations.RunSQL(sql="""
ALTER TABLE settlement_settlement ADD CONSTRAINT settlement_funds_add_up
  CHECK (cardinality(fund_codes) = cardinality(fund_amounts_fen) AND yibao_sum(fund_amounts_fen) = fund_fen);
ALTER TABLE settlement_settlement SET (toast_tuple_target = 8160);
ALTER TABLE visits_visit ADD CONSTRAINT visit_with_its_parties UNIQUE (id, person_id, institution_id, enrolment_id);
ALTER TABLE settlement_settlement ADD CONSTRAINT settlement_is_of_its_visit
  FOREIGN KEY (visit_id, person_id, institution_id, enrolment_id)
  REFERENCES visits_visit (id, person_id, institution_id, enrolment_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE settlement_accumulator ADD CONSTRAINT accumulators_are_not_negative
  CHECK (jsonb_typeof(amounts) = 'object' AND NOT jsonb_path_exists(amounts, '$.* ? (@ < 0)'));

CREATE FUNCTION yibao_reversal_is_exact() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  original settlement_settlement;
BEGIN
  SELECT * INTO original FROM settlement_settlement WHERE id = NEW.reverses_id;
  IF (original.kind = 'reversal') = (NEW.kind = 'reversal') OR original.person_id <> NEW.person_id OR original.visit_id <> NEW.visit_id
     OR original.enrolment_id <> NEW.enrolment_id OR original.benefit_year <> NEW.benefit_year
     OR original.institution_id <> NEW.institution_id
     OR (original.total_fen, original.full_self_pay_fen, original.over_ceiling_fen, original.self_pay_first_fen,
         original.in_scope_fen, original.deductible_fen, original.fund_fen, original.person_fen, original.account_fen,
         original.cash_fen, original.hospital_fen)
        <> (-NEW.total_fen, -NEW.full_self_pay_fen, -NEW.over_ceiling_fen, -NEW.self_pay_first_fen,
            -NEW.in_scope_fen, -NEW.deductible_fen, -NEW.fund_fen, -NEW.person_fen, -NEW.account_fen,
            -NEW.cash_fen, -NEW.hospital_fen)
     OR original.fund_codes <> NEW.fund_codes
     OR original.fund_amounts_fen <> (SELECT COALESCE(array_agg(-amount ORDER BY place), '{}') FROM
                                      unnest(NEW.fund_amounts_fen) WITH ORDINALITY AS part(amount, place)) THEN
    RAISE EXCEPTION 'settlement % is not reversed fen by fen', NEW.reverses_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reversal_is_exact BEFORE INSERT ON settlement_settlement
FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION yibao_reversal_is_exact();

CREATE FUNCTION yibao_batch_only_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.is_released OR NOT NEW.is_released
     OR (NEW.settlement_id, NEW.batch_id) <> (OLD.settlement_id, OLD.batch_id)
     OR NOT EXISTS (SELECT FROM settlement_settlement WHERE reverses_id = OLD.settlement_id AND kind = 'reversal') THEN
    RAISE EXCEPTION 'a settled batch is only released, by the reversal of its settlement'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_released BEFORE UPDATE OR DELETE ON settlement_settledbatch
FOR EACH ROW EXECUTE FUNCTION yibao_batch_only_released();

CREATE FUNCTION yibao_line_only_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
     OR to_jsonb(NEW) - 'withdrawn_at' <> to_jsonb(OLD) - 'withdrawn_at' THEN
    RAISE EXCEPTION 'a fee line is kept as it was; it may only be withdrawn'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT FROM settlement_settledbatch WHERE batch_id = OLD.batch_id AND NOT is_released) THEN
    RAISE EXCEPTION 'fee line % is settled', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_withdrawn BEFORE UPDATE OR DELETE ON visits_feeline
FOR EACH ROW EXECUTE FUNCTION yibao_line_only_withdrawn();
""", reverse_sql="""
DROP TRIGGER only_withdrawn ON visits_feeline; DROP FUNCTION yibao_line_only_withdrawn();
DROP TRIGGER only_released ON settlement_settledbatch; DROP FUNCTION yibao_batch_only_released();
DROP TRIGGER reversal_is_exact ON settlement_settlement; DROP FUNCTION yibao_reversal_is_exact();
ALTER TABLE settlement_accumulator DROP CONSTRAINT accumulators_are_not_negative;
ALTER TABLE settlement_settlement DROP CONSTRAINT settlement_is_of_its_visit;
ALTER TABLE visits_visit DROP CONSTRAINT visit_with_its_parties;
ALTER TABLE settlement_settlement DROP CONSTRAINT settlement_funds_add_up;
"""),
    ]
