from django.db import migrations

INQUIRIES = """
CREATE FUNCTION yibao_inquiry_is_asked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  claim interregional_regionclaim;
BEGIN
  SELECT * INTO claim FROM interregional_regionclaim WHERE settlement_id = NEW.claim_id;
  IF NOT yibao_is_officer(NEW.asked_by_id, claim.enrolment_region_id)
     OR (NEW.item_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM interregional_clearingitem WHERE id = NEW.item_id AND claim_id = NEW.claim_id)) THEN
    RAISE EXCEPTION 'inquiry %: asked by an officer of the place of enrolment about a claim of it', NEW.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_asked BEFORE INSERT ON interregional_inquiry
FOR EACH ROW EXECUTE FUNCTION yibao_inquiry_is_asked();

CREATE FUNCTION yibao_inquiry_is_answered() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  claim interregional_regionclaim;
  conceded_fen bigint := COALESCE((SELECT sum(fen) FROM unnest(NEW.conceded_amounts_fen) AS fen), 0);
BEGIN
  -- The lock makes the answers of one request wait for each other.
  PERFORM FROM interregional_inquiry WHERE id = NEW.inquiry_id FOR UPDATE;
  SELECT c.* INTO claim FROM interregional_regionclaim c
    JOIN interregional_inquiry q ON q.claim_id = c.settlement_id WHERE q.id = NEW.inquiry_id;
  IF NOT yibao_is_officer(NEW.answered_by_id, claim.care_region_id)
     OR cardinality(NEW.conceded_codes) <> cardinality(NEW.conceded_amounts_fen)
     OR NOT NEW.conceded_codes <@ claim.fund_codes OR 0 >= ANY (NEW.conceded_amounts_fen)
     OR (NEW.finding = 'right') <> (conceded_fen = 0)
     OR EXISTS (SELECT FROM interregional_inquiryanswer a LEFT JOIN interregional_inquiryapproval p ON p.answer_id = a.id
                 WHERE a.inquiry_id = NEW.inquiry_id AND p.is_approved IS NOT FALSE) THEN
    RAISE EXCEPTION 'inquiry %: answered once, by an officer of the place of care, within the claim', NEW.inquiry_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_answered BEFORE INSERT ON interregional_inquiryanswer
FOR EACH ROW EXECUTE FUNCTION yibao_inquiry_is_answered();

CREATE FUNCTION yibao_answer_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM interregional_inquiryanswer a JOIN interregional_inquiry q ON q.id = a.inquiry_id
        JOIN interregional_regionclaim c ON c.settlement_id = q.claim_id
       WHERE a.id = NEW.answer_id AND a.answered_by_id <> NEW.decided_by_id
         AND yibao_is_officer(NEW.decided_by_id, c.care_region_id)) THEN
    RAISE EXCEPTION 'answer %: decided by another officer of the place of care', NEW.answer_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER four_eyes BEFORE INSERT ON interregional_inquiryapproval
FOR EACH ROW EXECUTE FUNCTION yibao_answer_is_approved();

-- What an approved answer concedes is corrected with it, and nothing else is.
CREATE FUNCTION yibao_concession_is_corrected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.is_approved AND EXISTS (
        SELECT FROM interregional_inquiryanswer WHERE id = NEW.answer_id AND cardinality(conceded_codes) > 0))
     IS DISTINCT FROM EXISTS (SELECT FROM interregional_claimcorrection WHERE answer_id = NEW.answer_id) THEN
    RAISE EXCEPTION 'answer %: what it concedes is corrected when it is approved', NEW.answer_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_corrected AFTER INSERT ON interregional_inquiryapproval
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_concession_is_corrected();

CREATE FUNCTION yibao_correction_is_of_its_answer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  claim interregional_regionclaim;
BEGIN
  -- The lock makes the corrections of one claim wait for each other.
  SELECT * INTO claim FROM interregional_regionclaim WHERE settlement_id = NEW.claim_id FOR UPDATE;
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
CREATE TRIGGER is_of_its_answer BEFORE INSERT ON interregional_claimcorrection
FOR EACH ROW EXECUTE FUNCTION yibao_correction_is_of_its_answer();

CREATE FUNCTION yibao_correction_is_posted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  claim interregional_regionclaim;
BEGIN
  SELECT * INTO claim FROM interregional_regionclaim WHERE settlement_id = NEW.claim_id;
  IF yibao_sum_of_lines('region_fix', NEW.id, claim.enrolment_region_id, '{200102}') <> -NEW.amount_fen
     OR yibao_sum_of_lines('region_fix', NEW.id, claim.care_region_id, '{110102}') <> NEW.amount_fen THEN
    RAISE EXCEPTION 'correction %: not what the two ledgers say', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_posted AFTER INSERT ON interregional_claimcorrection
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_correction_is_posted();
"""
NO_INQUIRIES = """
DROP TRIGGER is_posted ON interregional_claimcorrection; DROP FUNCTION yibao_correction_is_posted();
DROP TRIGGER is_of_its_answer ON interregional_claimcorrection; DROP FUNCTION yibao_correction_is_of_its_answer();
DROP TRIGGER is_corrected ON interregional_inquiryapproval; DROP FUNCTION yibao_concession_is_corrected();
DROP TRIGGER four_eyes ON interregional_inquiryapproval; DROP FUNCTION yibao_answer_is_approved();
DROP TRIGGER is_answered ON interregional_inquiryanswer; DROP FUNCTION yibao_inquiry_is_answered();
DROP TRIGGER is_asked ON interregional_inquiry; DROP FUNCTION yibao_inquiry_is_asked();
"""
PREPAID = """
CREATE FUNCTION yibao_prepaid_is_asked_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (yibao_is_officer(NEW.asked_by_id, NEW.care_region_id) OR yibao_is_officer(NEW.asked_by_id, NEW.enrolment_region_id)) THEN
    RAISE EXCEPTION 'prepaid fund %: asked for by an officer of one of the two regions', NEW.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_asked_for BEFORE INSERT ON interregional_prepaidorder
FOR EACH ROW EXECUTE FUNCTION yibao_prepaid_is_asked_for();

CREATE FUNCTION yibao_prepaid_is_decided() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  movement interregional_prepaidorder;
  held_fen bigint;
BEGIN
  SELECT * INTO movement FROM interregional_prepaidorder WHERE id = NEW.order_id;
  -- Movements of one fund between one pair are decided one after the other.
  PERFORM pg_advisory_xact_lock(hashtext('yibao_prepaid'),
    hashtext(movement.care_region_id || movement.enrolment_region_id || movement.fund_id));
  IF movement.asked_by_id = NEW.decided_by_id OR NOT yibao_is_officer(NEW.decided_by_id,
       CASE WHEN movement.amount_fen > 0 THEN movement.enrolment_region_id ELSE movement.care_region_id END) THEN
    RAISE EXCEPTION 'prepaid fund %: decided by another officer of the region that pays', NEW.order_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT COALESCE(sum(o.amount_fen), 0) INTO held_fen FROM interregional_prepaidorder o
    JOIN interregional_prepaiddecision d ON d.order_id = o.id AND d.is_approved
   WHERE (o.care_region_id, o.enrolment_region_id, o.fund_id)
       = (movement.care_region_id, movement.enrolment_region_id, movement.fund_id);
  IF NEW.is_approved AND held_fen + movement.amount_fen < 0 THEN
    RAISE EXCEPTION 'prepaid fund %: more would come back than is there', NEW.order_id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'prepaid_fund_is_not_negative';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_decided BEFORE INSERT ON interregional_prepaiddecision
FOR EACH ROW EXECUTE FUNCTION yibao_prepaid_is_decided();

CREATE FUNCTION yibao_prepaid_is_posted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  movement interregional_prepaidorder;
BEGIN
  SELECT * INTO movement FROM interregional_prepaidorder WHERE id = NEW.order_id;
  IF yibao_sum_of_lines('region_fund', NEW.order_id, movement.enrolment_region_id, '{110101}')
       <> (CASE WHEN NEW.is_approved THEN movement.amount_fen ELSE 0 END)
     OR yibao_sum_of_lines('region_fund', NEW.order_id, movement.care_region_id, '{200101}')
       <> (CASE WHEN NEW.is_approved THEN -movement.amount_fen ELSE 0 END) THEN
    RAISE EXCEPTION 'prepaid fund %: not what the two ledgers say', NEW.order_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_posted AFTER INSERT ON interregional_prepaiddecision
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_prepaid_is_posted();
"""
NO_PREPAID = """
DROP TRIGGER is_posted ON interregional_prepaiddecision; DROP FUNCTION yibao_prepaid_is_posted();
DROP TRIGGER is_decided ON interregional_prepaiddecision; DROP FUNCTION yibao_prepaid_is_decided();
DROP TRIGGER is_asked_for ON interregional_prepaidorder; DROP FUNCTION yibao_prepaid_is_asked_for();
"""


class Migration(migrations.Migration):
    dependencies = [("interregional", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql=INQUIRIES, reverse_sql=NO_INQUIRIES),
        migrations.RunSQL(sql=PREPAID, reverse_sql=NO_PREPAID),
    ]
