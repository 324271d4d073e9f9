from django.db import migrations

# The same table as domains/mobile_orders/states.py; a test compares the two.
WAYS = """
CREATE OR REPLACE FUNCTION yibao_order_leads_to(step text, source text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT way.target FROM (VALUES
    ('place', NULL, 'placed'),
    ('pay', 'placed', 'settling'), ('pay', 'failed', 'settling'),
    ('confirm', 'settling', 'paid'),
    ('fail', 'settling', 'failed'),
    ('revoke', 'placed', 'revoked'), ('revoke', 'failed', 'revoked'),
    ('refund_all', 'paid', 'cash_owed'),
    ('refund_insurance', 'paid', 'insurance_back'),
    ('refund_cash', 'insurance_back', 'cash_owed'), ('refund_cash', 'cash_owed', 'cash_owed'),
    ('refund_cash', 'cash_part_back', 'cash_owed'), ('refund_part', 'cash_owed', 'cash_part_back'),
    ('cash_declined', 'cash_owed', 'cash_owed'),
    ('refund_done', 'cash_owed', 'refunded'), ('refund_done', 'insurance_back', 'refunded')
  ) AS way(step, source, target) WHERE way.step = $1 AND way.source IS NOT DISTINCT FROM $2
$$;
"""
MOVES = """
CREATE OR REPLACE FUNCTION yibao_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moved mobile_orders_order;
  settled settlement_settlement;
  source text;
BEGIN
  -- The lock makes the steps of one order wait for each other.
  SELECT * INTO moved FROM mobile_orders_order WHERE id = NEW.order_id FOR UPDATE;
  source := CASE WHEN EXISTS (SELECT FROM mobile_orders_orderevent WHERE order_id = NEW.order_id AND id < NEW.id)
            THEN moved.state END;
  IF yibao_order_leads_to(NEW.step, source) IS DISTINCT FROM NEW.state THEN
    RAISE EXCEPTION 'order %: step % does not lead from % to %', NEW.order_id, NEW.step, source, NEW.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.settlement_id IS NOT NULL THEN
    SELECT * INTO settled FROM settlement_settlement WHERE id = NEW.settlement_id;
  END IF;
  IF NEW.step = 'pay' AND (settled.kind, settled.visit_id, settled.person_id, settled.institution_id, settled.total_fen)
       IS DISTINCT FROM ('settlement'::varchar, moved.visit_id, moved.person_id, moved.institution_id, moved.total_fen)
     OR NEW.step IN ('fail', 'refund_all', 'refund_insurance')
       AND (settled.kind, settled.reverses_id) IS DISTINCT FROM ('reversal'::varchar, moved.settlement_id)
     OR NEW.step NOT IN ('pay', 'fail', 'refund_all', 'refund_insurance') AND NEW.settlement_id IS NOT NULL THEN
    RAISE EXCEPTION 'order %: step % and its settlement do not fit', NEW.order_id, NEW.step
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.step IN ('confirm', 'fail', 'refund_done', 'refund_part') THEN
    SELECT * INTO settled FROM settlement_settlement WHERE id = moved.settlement_id;
    IF NEW.step = 'confirm' AND (yibao_done_cash(NEW.order_id, 'payment') <> settled.cash_fen + moved.delivery_fen
         OR EXISTS (SELECT FROM settlement_settlement WHERE reverses_id = settled.id))
       OR NEW.step = 'fail' AND yibao_done_cash(NEW.order_id, 'payment') <> 0
       OR NEW.step = 'refund_done'
         AND yibao_done_cash(NEW.order_id, 'refund') <> yibao_done_cash(NEW.order_id, 'payment')
       OR NEW.step = 'refund_part'
         AND (yibao_done_cash(NEW.order_id, 'refund') = 0
              OR yibao_done_cash(NEW.order_id, 'refund') >= yibao_done_cash(NEW.order_id, 'payment')) THEN
      RAISE EXCEPTION 'order %: step % is not what the cash says', NEW.order_id, NEW.step
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  UPDATE mobile_orders_order
     SET state = NEW.state, settlement_id = CASE NEW.step WHEN 'pay' THEN NEW.settlement_id ELSE settlement_id END
   WHERE id = NEW.order_id;
  RETURN NULL;
END $$;
"""
# Of refunds one is open at a time, and all that were done come to no more than the payment.
ASKED = """
CREATE OR REPLACE FUNCTION yibao_cash_is_asked_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner mobile_orders_order;
  given_back mobile_orders_cashpayment;
BEGIN
  SELECT * INTO owner FROM mobile_orders_order WHERE id = NEW.order_id FOR UPDATE;
  IF EXISTS (SELECT FROM mobile_orders_cashpayment p LEFT JOIN mobile_orders_cashresult r ON r.payment_id = p.id
              WHERE p.order_id = NEW.order_id AND p.kind = NEW.kind AND p.id <> NEW.id
                AND (r.outcome IS NULL OR NEW.kind = 'payment' AND r.outcome = 'done')) THEN
    RAISE EXCEPTION 'order %: a % is open or done already', NEW.order_id, NEW.kind
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.kind = 'payment' AND (owner.state <> 'settling' OR NEW.amount_fen <> owner.delivery_fen
       + (SELECT cash_fen FROM settlement_settlement WHERE id = owner.settlement_id)) THEN
    RAISE EXCEPTION 'order %: this is not the cash to be paid', NEW.order_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.kind = 'refund' THEN
    SELECT p.* INTO given_back FROM mobile_orders_cashpayment p
      JOIN mobile_orders_cashresult r ON r.payment_id = p.id AND r.outcome = 'done' WHERE p.id = NEW.refunds_id;
    IF owner.state <> 'cash_owed'
       OR (given_back.order_id, given_back.kind, given_back.channel)
          IS DISTINCT FROM (NEW.order_id, 'payment'::varchar, NEW.channel)
       OR yibao_done_cash(NEW.order_id, 'refund') + NEW.amount_fen > given_back.amount_fen THEN
      RAISE EXCEPTION 'order %: this is not the cash to be given back', NEW.order_id
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NULL;
END $$;
"""
WAYS_BEFORE = """
CREATE OR REPLACE FUNCTION yibao_order_leads_to(step text, source text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT way.target FROM (VALUES
    ('place', NULL, 'placed'),
    ('pay', 'placed', 'settling'), ('pay', 'failed', 'settling'),
    ('confirm', 'settling', 'paid'),
    ('fail', 'settling', 'failed'),
    ('revoke', 'placed', 'revoked'), ('revoke', 'failed', 'revoked'),
    ('refund_all', 'paid', 'cash_owed'),
    ('refund_insurance', 'paid', 'insurance_back'),
    ('refund_cash', 'insurance_back', 'cash_owed'), ('refund_cash', 'cash_owed', 'cash_owed'),
    ('cash_declined', 'cash_owed', 'cash_owed'),
    ('refund_done', 'cash_owed', 'refunded'), ('refund_done', 'insurance_back', 'refunded')
  ) AS way(step, source, target) WHERE way.step = $1 AND way.source IS NOT DISTINCT FROM $2
$$;
"""
MOVES_BEFORE = """
CREATE OR REPLACE FUNCTION yibao_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moved mobile_orders_order;
  settled settlement_settlement;
  source text;
BEGIN
  -- The lock makes the steps of one order wait for each other.
  SELECT * INTO moved FROM mobile_orders_order WHERE id = NEW.order_id FOR UPDATE;
  source := CASE WHEN EXISTS (SELECT FROM mobile_orders_orderevent WHERE order_id = NEW.order_id AND id < NEW.id)
            THEN moved.state END;
  IF yibao_order_leads_to(NEW.step, source) IS DISTINCT FROM NEW.state THEN
    RAISE EXCEPTION 'order %: step % does not lead from % to %', NEW.order_id, NEW.step, source, NEW.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.settlement_id IS NOT NULL THEN
    SELECT * INTO settled FROM settlement_settlement WHERE id = NEW.settlement_id;
  END IF;
  IF NEW.step = 'pay' AND (settled.kind, settled.visit_id, settled.person_id, settled.institution_id, settled.total_fen)
       IS DISTINCT FROM ('settlement'::varchar, moved.visit_id, moved.person_id, moved.institution_id, moved.total_fen)
     OR NEW.step IN ('fail', 'refund_all', 'refund_insurance')
       AND (settled.kind, settled.reverses_id) IS DISTINCT FROM ('reversal'::varchar, moved.settlement_id)
     OR NEW.step NOT IN ('pay', 'fail', 'refund_all', 'refund_insurance') AND NEW.settlement_id IS NOT NULL THEN
    RAISE EXCEPTION 'order %: step % and its settlement do not fit', NEW.order_id, NEW.step
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.step IN ('confirm', 'fail', 'refund_done') THEN
    SELECT * INTO settled FROM settlement_settlement WHERE id = moved.settlement_id;
    IF NEW.step = 'confirm' AND (yibao_done_cash(NEW.order_id, 'payment') <> settled.cash_fen + moved.delivery_fen
         OR EXISTS (SELECT FROM settlement_settlement WHERE reverses_id = settled.id))
       OR NEW.step = 'fail' AND yibao_done_cash(NEW.order_id, 'payment') <> 0
       OR NEW.step = 'refund_done'
         AND yibao_done_cash(NEW.order_id, 'refund') <> yibao_done_cash(NEW.order_id, 'payment') THEN
      RAISE EXCEPTION 'order %: step % is not what the cash says', NEW.order_id, NEW.step
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  UPDATE mobile_orders_order
     SET state = NEW.state, settlement_id = CASE NEW.step WHEN 'pay' THEN NEW.settlement_id ELSE settlement_id END
   WHERE id = NEW.order_id;
  RETURN NULL;
END $$;
"""
ASKED_BEFORE = """
CREATE OR REPLACE FUNCTION yibao_cash_is_asked_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner mobile_orders_order;
  given_back mobile_orders_cashpayment;
BEGIN
  SELECT * INTO owner FROM mobile_orders_order WHERE id = NEW.order_id FOR UPDATE;
  IF EXISTS (SELECT FROM mobile_orders_cashpayment p LEFT JOIN mobile_orders_cashresult r ON r.payment_id = p.id
              WHERE p.order_id = NEW.order_id AND p.kind = NEW.kind AND p.id <> NEW.id
                AND COALESCE(r.outcome, 'open') <> 'declined') THEN
    RAISE EXCEPTION 'order %: a % is open or done already', NEW.order_id, NEW.kind
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.kind = 'payment' AND (owner.state <> 'settling' OR NEW.amount_fen <> owner.delivery_fen
       + (SELECT cash_fen FROM settlement_settlement WHERE id = owner.settlement_id)) THEN
    RAISE EXCEPTION 'order %: this is not the cash to be paid', NEW.order_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.kind = 'refund' THEN
    SELECT p.* INTO given_back FROM mobile_orders_cashpayment p
      JOIN mobile_orders_cashresult r ON r.payment_id = p.id AND r.outcome = 'done' WHERE p.id = NEW.refunds_id;
    IF owner.state <> 'cash_owed'
       OR (given_back.order_id, given_back.kind, given_back.amount_fen, given_back.channel)
          IS DISTINCT FROM (NEW.order_id, 'payment'::varchar, NEW.amount_fen, NEW.channel) THEN
      RAISE EXCEPTION 'order %: this is not the cash to be given back', NEW.order_id
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("mobile_orders", "0007_cash_in_parts")]
    operations = [
        migrations.RunSQL(sql=WAYS, reverse_sql=WAYS_BEFORE),
        migrations.RunSQL(sql=MOVES, reverse_sql=MOVES_BEFORE),
        migrations.RunSQL(sql=ASKED, reverse_sql=ASKED_BEFORE),
    ]
