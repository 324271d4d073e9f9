from django.db import migrations

KEPT = (
    "orderevent", "authorisation", "authorisedorder", "cashpayment", "cashresult", "electronicbill", "patientmessage",
)
NEVER_EMPTIED = (*KEPT, "order", "notice")
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
"""
NO_TRUNCATE = """
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""


def trigger(text, dropped):
    def made(name):
        table = f"mobile_orders_{name}"
        return migrations.RunSQL(sql=text.format(table=table), reverse_sql=f"DROP TRIGGER {dropped} ON {table};")

    return made


# The same table as domains/mobile_orders/states.py; a test compares the two.
WAYS = """
CREATE FUNCTION yibao_order_leads_to(step text, source text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
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
NO_WAYS = "DROP FUNCTION yibao_order_leads_to(text, text);"

ORDERS = """
CREATE FUNCTION yibao_done_cash(order_of bigint, kind_of text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT COALESCE(sum(p.amount_fen), 0)::bigint FROM mobile_orders_cashpayment p
    JOIN mobile_orders_cashresult r ON r.payment_id = p.id AND r.outcome = 'done'
   WHERE p.order_id = order_of AND p.kind = kind_of
$$;

CREATE FUNCTION yibao_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER moves_its_order AFTER INSERT ON mobile_orders_orderevent
FOR EACH ROW EXECUTE FUNCTION yibao_order_moves();

CREATE FUNCTION yibao_order_only_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  latest mobile_orders_orderevent;
BEGIN
  IF TG_OP <> 'DELETE' THEN
    SELECT * INTO latest FROM mobile_orders_orderevent WHERE order_id = OLD.id ORDER BY id DESC LIMIT 1;
  END IF;
  IF TG_OP = 'DELETE' OR NEW.state IS DISTINCT FROM latest.state
     OR NEW.settlement_id IS DISTINCT FROM OLD.settlement_id
        AND (latest.step, latest.settlement_id) IS DISTINCT FROM ('pay'::varchar, NEW.settlement_id)
     OR to_jsonb(NEW) - ARRAY['state', 'settlement_id'] <> to_jsonb(OLD) - ARRAY['state', 'settlement_id'] THEN
    RAISE EXCEPTION 'order % is moved by its events alone', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_moved BEFORE UPDATE OR DELETE ON mobile_orders_order
FOR EACH ROW EXECUTE FUNCTION yibao_order_only_moved();

CREATE FUNCTION yibao_order_is_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'placed' OR NEW.settlement_id IS NOT NULL
     OR NOT EXISTS (SELECT FROM mobile_orders_orderevent WHERE order_id = NEW.id AND step = 'place')
     OR NOT EXISTS (SELECT FROM visits_visit v JOIN visits_feebatch b ON b.visit_id = v.id
                     WHERE v.id = NEW.visit_id AND b.number = NEW.batch_number AND v.person_id = NEW.person_id
                       AND v.institution_id = NEW.institution_id) THEN
    RAISE EXCEPTION 'order % was not placed', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_placed AFTER INSERT ON mobile_orders_order
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_order_is_placed();
"""
NO_ORDERS = """
DROP TRIGGER is_placed ON mobile_orders_order; DROP FUNCTION yibao_order_is_placed();
DROP TRIGGER only_moved ON mobile_orders_order; DROP FUNCTION yibao_order_only_moved();
DROP TRIGGER moves_its_order ON mobile_orders_orderevent; DROP FUNCTION yibao_order_moves();
DROP FUNCTION yibao_done_cash(bigint, text);
"""

CASH = """
CREATE FUNCTION yibao_cash_is_asked_once() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER asked_once AFTER INSERT ON mobile_orders_cashpayment
FOR EACH ROW EXECUTE FUNCTION yibao_cash_is_asked_once();
"""
NO_CASH = "DROP TRIGGER asked_once ON mobile_orders_cashpayment; DROP FUNCTION yibao_cash_is_asked_once();"

BILLS = """
CREATE SEQUENCE mobile_orders_bill_number AS bigint;
CREATE FUNCTION yibao_lines_fen(lines jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT COALESCE(sum((line ->> 'amount_fen')::bigint), 0)::bigint FROM jsonb_array_elements(lines) AS line
$$;
ALTER TABLE mobile_orders_electronicbill ADD CONSTRAINT bill_lines_add_up CHECK (yibao_lines_fen(lines) = total_fen);

CREATE FUNCTION yibao_bill_is_of_its_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM settlement_settlement s, mobile_orders_order o
       WHERE s.id = NEW.settlement_id AND o.id = NEW.order_id
         AND (s.total_fen, s.fund_fen, s.account_fen, s.shared_account_fen, s.cash_fen, s.hospital_fen)
             = (NEW.total_fen, NEW.fund_fen, NEW.account_fen + NEW.shared_fen, NEW.shared_fen, NEW.cash_fen, NEW.hospital_fen)
         AND CASE NEW.kind WHEN 'blue' THEN o.settlement_id = s.id AND NEW.delivery_fen = o.delivery_fen
             ELSE s.reverses_id = o.settlement_id AND NEW.delivery_fen = -o.delivery_fen AND s.reverses_id
                  = (SELECT settlement_id FROM mobile_orders_electronicbill WHERE id = NEW.reverses_id) END) THEN
    RAISE EXCEPTION 'bill % % is not what its settlement says', NEW.code, NEW.number
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER is_of_its_settlement AFTER INSERT ON mobile_orders_electronicbill
FOR EACH ROW EXECUTE FUNCTION yibao_bill_is_of_its_settlement();

CREATE FUNCTION yibao_paid_order_has_its_bill() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  paid_by bigint := (SELECT settlement_id FROM mobile_orders_order WHERE id = NEW.order_id);
BEGIN
  IF NOT EXISTS (SELECT FROM mobile_orders_electronicbill b JOIN settlement_settlement s ON s.id = b.settlement_id
                  WHERE b.order_id = NEW.order_id AND CASE NEW.step
                    WHEN 'confirm' THEN b.kind = 'blue' AND s.id = paid_by
                    ELSE b.kind = 'red' AND s.id = NEW.settlement_id END) THEN
    RAISE EXCEPTION 'order % has no bill of step %', NEW.order_id, NEW.step USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER has_its_bill AFTER INSERT ON mobile_orders_orderevent
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.step IN ('confirm', 'refund_all', 'refund_insurance'))
EXECUTE FUNCTION yibao_paid_order_has_its_bill();
"""
NO_BILLS = """
DROP TRIGGER has_its_bill ON mobile_orders_orderevent; DROP FUNCTION yibao_paid_order_has_its_bill();
DROP TRIGGER is_of_its_settlement ON mobile_orders_electronicbill; DROP FUNCTION yibao_bill_is_of_its_settlement();
ALTER TABLE mobile_orders_electronicbill DROP CONSTRAINT bill_lines_add_up; DROP FUNCTION yibao_lines_fen(jsonb);
DROP SEQUENCE mobile_orders_bill_number;
"""

REST = """
CREATE FUNCTION yibao_notice_only_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told text[] := ARRAY['tries', 'next_try_at', 'last_failure', 'delivered_at'];
BEGIN
  IF TG_OP = 'DELETE' OR OLD.delivered_at IS NOT NULL OR NEW.tries < OLD.tries
     OR to_jsonb(NEW) - told <> to_jsonb(OLD) - told THEN
    RAISE EXCEPTION 'a notice is tried and delivered, nothing else' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_told BEFORE UPDATE OR DELETE ON mobile_orders_notice
FOR EACH ROW EXECUTE FUNCTION yibao_notice_only_told();

CREATE FUNCTION yibao_channel_fault_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ends text[] := ARRAY['remaining', 'ended_at', 'ended_by'];
BEGIN
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - ends <> to_jsonb(OLD) - ends
     OR OLD.ended_at IS NOT NULL AND (NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.ended_by <> OLD.ended_by)
     OR NEW.remaining > OLD.remaining OR (NEW.remaining IS NULL) <> (OLD.remaining IS NULL) THEN
    RAISE EXCEPTION 'a fault is counted down and called off, nothing else'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_ends BEFORE UPDATE OR DELETE ON mobile_orders_channelfault
FOR EACH ROW EXECUTE FUNCTION yibao_channel_fault_only_ends();
CREATE TRIGGER history_of_orders AFTER INSERT ON mobile_orders_channelfault
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER history AFTER UPDATE ON mobile_orders_channelfault
FOR EACH ROW WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON mobile_orders_noticeaddress
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
"""
NO_REST = """
DROP TRIGGER history ON mobile_orders_noticeaddress; DROP TRIGGER history ON mobile_orders_channelfault;
DROP TRIGGER history_of_orders ON mobile_orders_channelfault; DROP TRIGGER only_ends ON mobile_orders_channelfault;
DROP FUNCTION yibao_channel_fault_only_ends();
DROP TRIGGER only_told ON mobile_orders_notice; DROP FUNCTION yibao_notice_only_told();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("mobile_orders", "0001_initial"),
        ("reference", "0002_integrity"),
        ("settlement", "0005_shares_checked"),
    ]
    operations = [
        *map(trigger(APPEND_ONLY, "append_only"), KEPT),
        *map(trigger(NO_TRUNCATE, "never_emptied"), NEVER_EMPTIED),
        migrations.RunSQL(sql=WAYS, reverse_sql=NO_WAYS),
        migrations.RunSQL(sql=ORDERS, reverse_sql=NO_ORDERS),
        migrations.RunSQL(sql=CASH, reverse_sql=NO_CASH),
        migrations.RunSQL(sql=BILLS, reverse_sql=NO_BILLS),
        migrations.RunSQL(sql=REST, reverse_sql=NO_REST),
    ]
