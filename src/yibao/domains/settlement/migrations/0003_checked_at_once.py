from django.db import migrations

NAMES = (
    "settlement_scope_adds_up",
    "settlement_payers_add_up",
    "settlement_person_adds_up",
    "settlement_has_one_sign",
    "settlement_kind_matches_what_it_reverses",
    "settlement_never_overdraws",
)
# The server reads a check from its stored text at every statement; eight of them cost a settlement several times its
# writing. The identities therefore stand in one compiled function, and each is still refused under a name of its own.
SOUND = """
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
ALTER TABLE settlement_settlement DROP CONSTRAINT settlement_funds_add_up, ADD CONSTRAINT settlement_is_sound CHECK (
  yibao_settlement_is_sound(kind, reverses_id, total_fen, full_self_pay_fen, over_ceiling_fen, self_pay_first_fen,
    in_scope_fen, deductible_fen, fund_fen, person_fen, account_fen, cash_fen, hospital_fen, balance_after_fen,
    fund_codes, fund_amounts_fen));

CREATE FUNCTION yibao_amounts_are_sound(amounts jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN jsonb_typeof(amounts) = 'object' AND NOT jsonb_path_exists(amounts, '$.* ? (@ < 0)');
END $$;
ALTER TABLE settlement_accumulator DROP CONSTRAINT accumulators_are_not_negative,
  ADD CONSTRAINT accumulators_are_not_negative CHECK (yibao_amounts_are_sound(amounts));
"""
UNSOUND = """
ALTER TABLE settlement_accumulator DROP CONSTRAINT accumulators_are_not_negative,
  ADD CONSTRAINT accumulators_are_not_negative
  CHECK (jsonb_typeof(amounts) = 'object' AND NOT jsonb_path_exists(amounts, '$.* ? (@ < 0)'));
DROP FUNCTION yibao_amounts_are_sound(jsonb);
ALTER TABLE settlement_settlement DROP CONSTRAINT settlement_is_sound, ADD CONSTRAINT settlement_funds_add_up
  CHECK (cardinality(fund_codes) = cardinality(fund_amounts_fen) AND yibao_sum(fund_amounts_fen) = fund_fen);
DROP FUNCTION yibao_settlement_is_sound(varchar, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
  bigint, bigint, bigint, bigint, bigint, varchar[], bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0002_integrity")]
    operations = [
        *(migrations.RemoveConstraint(model_name="settlement", name=name) for name in NAMES),
        migrations.RunSQL(sql=SOUND, reverse_sql=UNSOUND),
    ]
