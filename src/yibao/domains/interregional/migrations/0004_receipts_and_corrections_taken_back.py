import django.db.models.deletion
from django.db import migrations, models

STEPS = """
CREATE OR REPLACE FUNCTION yibao_clearing_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  statement interregional_clearingstatement;
  earlier text[];
  last_by bigint;
  open_fen bigint;
  region_of text;
BEGIN
  -- The lock makes the steps and disputes of one statement wait for each other.
  SELECT * INTO statement FROM interregional_clearingstatement WHERE id = NEW.statement_id FOR UPDATE;
  SELECT COALESCE(array_agg(kind ORDER BY id), '{}'), (array_agg(taken_by_id ORDER BY id DESC))[1]
    INTO earlier, last_by FROM interregional_clearingstep WHERE statement_id = NEW.statement_id;
  SELECT COALESCE(sum(amount_fen) FILTER (WHERE NOT is_held), 0) INTO open_fen
    FROM interregional_clearingitem WHERE statement_id = NEW.statement_id;
  -- Where reversals outweigh the claims the money goes to the place of enrolment, and so does its receipt.
  region_of := CASE WHEN NEW.kind = 'issued' OR (NEW.kind = 'received' AND NEW.amount_fen >= 0)
                    THEN statement.care_region_id ELSE statement.enrolment_region_id END;
  IF (NEW.kind, earlier) NOT IN (('issued', '{}'), ('confirmed', '{issued}'), ('paid', '{issued,confirmed}'),
                                 ('received', '{issued,confirmed,paid}'))
     OR NEW.amount_fen <> open_fen OR NOT yibao_is_officer(NEW.taken_by_id, region_of)
     OR NEW.taken_by_id = (CASE NEW.kind WHEN 'issued' THEN statement.drawn_by_id
                                         WHEN 'paid' THEN last_by WHEN 'received' THEN last_by END) THEN
    RAISE EXCEPTION 'statement %: % out of order, by the wrong officer or of another amount', NEW.statement_id, NEW.kind
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
"""
CORRECTIONS = """
CREATE OR REPLACE FUNCTION yibao_correction_is_of_its_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  claim interregional_regionclaim;
BEGIN
  -- The lock makes the corrections of one claim wait for each other, and for the reversal of its settlement.
  SELECT * INTO claim FROM interregional_regionclaim WHERE settlement_id = NEW.claim_id FOR UPDATE;
  IF NEW.takes_back_id IS NOT NULL THEN
    IF NOT EXISTS (
        SELECT FROM interregional_claimcorrection x
          JOIN settlement_settlement s ON s.reverses_id = x.claim_id
         WHERE x.id = NEW.takes_back_id AND x.takes_back_id IS NULL AND x.claim_id = NEW.claim_id
           AND x.fund_codes = NEW.fund_codes AND x.amount_fen = -NEW.amount_fen
           AND NEW.fund_amounts_fen = (SELECT array_agg(-fen ORDER BY place) FROM
                                       unnest(x.fund_amounts_fen) WITH ORDINALITY AS part(fen, place))) THEN
      RAISE EXCEPTION 'correction of claim %: takes back what its settlement''s reversal does not', NEW.claim_id
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NOT EXISTS (
      SELECT FROM interregional_inquiryanswer a
        JOIN interregional_inquiryapproval p ON p.answer_id = a.id AND p.is_approved
        JOIN interregional_inquiry q ON q.id = a.inquiry_id
       WHERE a.id = NEW.answer_id AND q.claim_id = NEW.claim_id AND a.conceded_codes = NEW.fund_codes
         AND NEW.fund_amounts_fen = (SELECT array_agg(-fen ORDER BY place) FROM
                                     unnest(a.conceded_amounts_fen) WITH ORDINALITY AS part(fen, place)))
     OR yibao_sum(NEW.fund_amounts_fen) <> NEW.amount_fen THEN
    RAISE EXCEPTION 'correction of claim %: not what its answer concedes', NEW.claim_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (
      SELECT FROM (
        SELECT part.code, sum(part.fen) AS fen FROM (
          SELECT unnest(claim.fund_codes) AS code, unnest(claim.fund_amounts_fen) AS fen
          UNION ALL SELECT unnest(NEW.fund_codes), unnest(NEW.fund_amounts_fen)
          UNION ALL SELECT unnest(x.fund_codes), unnest(x.fund_amounts_fen)
            FROM interregional_claimcorrection x WHERE x.claim_id = NEW.claim_id) AS part GROUP BY part.code) AS left_over
       WHERE fen < 0)
     OR EXISTS (SELECT FROM settlement_settlement WHERE reverses_id = NEW.claim_id) THEN
    RAISE EXCEPTION 'correction of claim %: more than is left of it', NEW.claim_id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'correction_is_within_its_claim';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION yibao_claim_is_of_its_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM settlement_settlement s
        JOIN enrolment_enrolment e ON e.id = s.enrolment_id
        JOIN institutions_institution i ON i.id = s.institution_id
        JOIN reference_division d ON d.code = i.division_id
       WHERE s.id = NEW.settlement_id AND s.infno <> 'byhand' AND e.region_id = NEW.enrolment_region_id
         AND d.pooling_region = NEW.care_region_id AND e.scheme = NEW.scheme
         AND s.fund_fen + s.account_fen = NEW.amount_fen)
     OR yibao_sum(NEW.fund_amounts_fen) <> NEW.amount_fen
     OR cardinality(NEW.fund_codes) <> cardinality(NEW.fund_amounts_fen) THEN
    RAISE EXCEPTION 'claim % is not what its settlement says', NEW.settlement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF yibao_sum_of_lines('settlement', NEW.settlement_id, NEW.care_region_id, '{110102}') <> NEW.amount_fen
     OR yibao_sum_of_lines('settlement', NEW.settlement_id, NEW.enrolment_region_id, '{200102}') <> -NEW.amount_fen THEN
    RAISE EXCEPTION 'claim % is not what the two ledgers say', NEW.settlement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  -- A reversal turns the whole claim, so that what was corrected of it is taken back with it.
  IF EXISTS (SELECT FROM settlement_settlement s JOIN interregional_claimcorrection c ON c.claim_id = s.reverses_id
              WHERE s.id = NEW.settlement_id GROUP BY c.claim_id HAVING sum(c.amount_fen) <> 0) THEN
    RAISE EXCEPTION 'claim % turns one that was corrected', NEW.settlement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("interregional", "0003_inquiries_and_prepaid_funds")]
    operations = [
        migrations.AlterField(
            model_name="clearingstep",
            name="kind",
            field=models.CharField(
                choices=[
                    ("issued", "issued"), ("confirmed", "confirmed"), ("paid", "paid"), ("received", "received"),
                ],
                max_length=9,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="clearingstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "received"), _negated=True) | models.Q(("document", ""), _negated=True),
                name="receipt_has_a_document",
            ),
        ),
        migrations.RemoveConstraint(model_name="claimcorrection", name="correction_takes_off"),
        migrations.AlterField(
            model_name="claimcorrection",
            name="answer",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="correction",
                to="interregional.inquiryanswer",
                verbose_name="answer",
            ),
        ),
        migrations.AddField(
            model_name="claimcorrection",
            name="takes_back",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back",
                to="interregional.claimcorrection",
                verbose_name="takes back",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__lt", 0), ("answer__isnull", False), ("takes_back", None))
                | models.Q(("amount_fen__gt", 0), ("answer", None), ("takes_back__isnull", False)),
                name="correction_takes_off_or_takes_back",
            ),
        ),
        migrations.RunSQL(sql=STEPS, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(sql=CORRECTIONS, reverse_sql=migrations.RunSQL.noop),
    ]
