from django.db import migrations

# What relatives' accounts paid is checked with the rest in the one compiled function (migration 0003 says why it is one); only
# a settlement that they paid for asks, when the transaction ends, whether each account gave what is said.
SOUND = """
ALTER TABLE settlement_settlement DROP CONSTRAINT settlement_is_sound;
DROP FUNCTION yibao_settlement_is_sound(varchar, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
  bigint, bigint, bigint, bigint, bigint, varchar[], bigint[]);
CREATE FUNCTION yibao_settlement_is_sound(
  kind varchar, reverses_id bigint, total_fen bigint, full_self_pay_fen bigint, over_ceiling_fen bigint,
  self_pay_first_fen bigint, in_scope_fen bigint, deductible_fen bigint, fund_fen bigint, person_fen bigint,
  account_fen bigint, cash_fen bigint, hospital_fen bigint, balance_after_fen bigint, fund_codes varchar[],
  fund_amounts_fen bigint[], shared_account_fen bigint, shared_owner_ids bigint[], shared_amounts_fen bigint[])
  RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  sign bigint := CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END;
  amount_fen bigint;
  funds_fen bigint := 0;
  shared_fen bigint := 0;
  least_share_fen bigint := 1;
  broken text;
BEGIN
  FOREACH amount_fen IN ARRAY fund_amounts_fen LOOP
    funds_fen := funds_fen + amount_fen;
  END LOOP;
  FOREACH amount_fen IN ARRAY shared_amounts_fen LOOP
    shared_fen := shared_fen + amount_fen;
    least_share_fen := least(least_share_fen, sign * amount_fen);
  END LOOP;
  broken := CASE
    WHEN total_fen <> full_self_pay_fen + over_ceiling_fen + self_pay_first_fen + in_scope_fen
      THEN 'settlement_scope_adds_up'
    WHEN total_fen <> fund_fen + person_fen + hospital_fen THEN 'settlement_payers_add_up'
    WHEN person_fen <> account_fen + cash_fen THEN 'settlement_person_adds_up'
    WHEN funds_fen <> fund_fen OR cardinality(fund_codes) <> cardinality(fund_amounts_fen)
      THEN 'settlement_funds_add_up'
    WHEN least(sign * total_fen, sign * fund_fen, sign * account_fen, sign * cash_fen, sign * hospital_fen,
               sign * deductible_fen, sign * (in_scope_fen - deductible_fen)) < 0 THEN 'settlement_has_one_sign'
    WHEN shared_fen <> shared_account_fen OR cardinality(shared_owner_ids) <> cardinality(shared_amounts_fen)
         OR least_share_fen < 1 OR sign * shared_account_fen > sign * account_fen THEN 'settlement_shares_add_up'
    WHEN (kind = 'settlement') <> (reverses_id IS NULL) THEN 'settlement_kind_matches_what_it_reverses'
    WHEN balance_after_fen < 0 THEN 'settlement_never_overdraws'
  END;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'a settlement breaks %', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = broken, TABLE = 'settlement_settlement';
  END IF;
  RETURN true;
END $$;
ALTER TABLE settlement_settlement ADD CONSTRAINT settlement_is_sound CHECK (
  yibao_settlement_is_sound(kind, reverses_id, total_fen, full_self_pay_fen, over_ceiling_fen, self_pay_first_fen,
    in_scope_fen, deductible_fen, fund_fen, person_fen, account_fen, cash_fen, hospital_fen, balance_after_fen,
    fund_codes, fund_amounts_fen,
    shared_account_fen, shared_owner_ids, shared_amounts_fen));

CREATE OR REPLACE FUNCTION yibao_reversal_is_exact() RETURNS trigger LANGUAGE plpgsql AS $$
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
     OR original.shared_account_fen <> -NEW.shared_account_fen OR original.shared_owner_ids <> NEW.shared_owner_ids
     OR original.shared_amounts_fen <> (SELECT COALESCE(array_agg(-amount ORDER BY place), '{}') FROM
                                        unnest(NEW.shared_amounts_fen) WITH ORDINALITY AS part(amount, place))
     OR original.fund_amounts_fen <> (SELECT COALESCE(array_agg(-amount ORDER BY place), '{}') FROM
                                      unnest(NEW.fund_amounts_fen) WITH ORDINALITY AS part(amount, place)) THEN
    RAISE EXCEPTION 'settlement % is not reversed fen by fen', NEW.reverses_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION yibao_shares_are_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM unnest(NEW.shared_owner_ids, NEW.shared_amounts_fen) AS part(owner_id, amount_fen)
              WHERE NOT EXISTS (SELECT FROM enrolment_personalaccount a JOIN enrolment_accountentry e ON e.account_id = a.id
                                 WHERE a.person_id = part.owner_id AND e.cause = 'settlement' AND e.cause_id = NEW.id
                                   AND e.amount_fen = -part.amount_fen)) THEN
    RAISE EXCEPTION 'settlement %: a relative''s account did not move as is said', NEW.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT FROM unnest(NEW.shared_owner_ids) AS part(owner_id)
              WHERE NOT EXISTS (SELECT FROM enrolment_accountsharing s
                                 WHERE s.owner_id = part.owner_id AND s.beneficiary_id = NEW.person_id)) THEN
    RAISE EXCEPTION 'settlement %: an account paid that is not shared with the person', NEW.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER shares_are_entered AFTER INSERT ON settlement_settlement
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.shared_account_fen <> 0)
EXECUTE FUNCTION yibao_shares_are_entered();
"""
UNSOUND = """
DROP TRIGGER shares_are_entered ON settlement_settlement;
DROP FUNCTION yibao_shares_are_entered();
CREATE OR REPLACE FUNCTION yibao_reversal_is_exact() RETURNS trigger LANGUAGE plpgsql AS $$
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
ALTER TABLE settlement_settlement DROP CONSTRAINT settlement_is_sound;
DROP FUNCTION yibao_settlement_is_sound(varchar, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
  bigint, bigint, bigint, bigint, bigint, varchar[], bigint[], bigint,
  bigint[], bigint[]);
CREATE FUNCTION yibao_settlement_is_sound(
  kind varchar, reverses_id bigint, total_fen bigint, full_self_pay_fen bigint, over_ceiling_fen bigint,
  self_pay_first_fen bigint, in_scope_fen bigint, deductible_fen bigint, fund_fen bigint, person_fen bigint,
  account_fen bigint, cash_fen bigint, hospital_fen bigint, balance_after_fen bigint, fund_codes varchar[],
  fund_amounts_fen bigint[]) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  sign bigint := CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END;
  amount_fen bigint;
  funds_fen bigint := 0;
  broken text;
BEGIN
  FOREACH amount_fen IN ARRAY fund_amounts_fen LOOP
    funds_fen := funds_fen + amount_fen;
  END LOOP;
  broken := CASE
    WHEN total_fen <> full_self_pay_fen + over_ceiling_fen + self_pay_first_fen + in_scope_fen
      THEN 'settlement_scope_adds_up'
    WHEN total_fen <> fund_fen + person_fen + hospital_fen THEN 'settlement_payers_add_up'
    WHEN person_fen <> account_fen + cash_fen THEN 'settlement_person_adds_up'
    WHEN funds_fen <> fund_fen OR cardinality(fund_codes) <> cardinality(fund_amounts_fen)
      THEN 'settlement_funds_add_up'
    WHEN least(sign * total_fen, sign * fund_fen, sign * account_fen, sign * cash_fen, sign * hospital_fen,
               sign * deductible_fen, sign * (in_scope_fen - deductible_fen)) < 0 THEN 'settlement_has_one_sign'
    WHEN (kind = 'settlement') <> (reverses_id IS NULL) THEN 'settlement_kind_matches_what_it_reverses'
    WHEN balance_after_fen < 0 THEN 'settlement_never_overdraws'
  END;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'a settlement breaks %', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = broken, TABLE = 'settlement_settlement';
  END IF;
  RETURN true;
END $$;
ALTER TABLE settlement_settlement ADD CONSTRAINT settlement_is_sound CHECK (
  yibao_settlement_is_sound(kind, reverses_id, total_fen, full_self_pay_fen, over_ceiling_fen, self_pay_first_fen,
    in_scope_fen, deductible_fen, fund_fen, person_fen, account_fen, cash_fen, hospital_fen, balance_after_fen,
    fund_codes, fund_amounts_fen));
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0004_shared_accounts"), ("enrolment", "0006_sharing_integrity")]
    operations = [migrations.RunSQL(sql=SOUND, reverse_sql=UNSOUND)]
