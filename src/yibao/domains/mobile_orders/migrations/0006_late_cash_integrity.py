from django.db import migrations

TABLE = "mobile_orders_latecash"
KEPT = f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {TABLE}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {TABLE}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
NOT_KEPT = f"DROP TRIGGER never_emptied ON {TABLE}; DROP TRIGGER append_only ON {TABLE};"

LATE = """
CREATE FUNCTION yibao_late_cash_was_declined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM mobile_orders_cashpayment p JOIN mobile_orders_cashresult r ON r.payment_id = p.id
                  WHERE p.id = NEW.payment_id AND p.kind = 'payment' AND r.outcome = 'declined') THEN
    RAISE EXCEPTION 'payment % was not declined: its cash is not late', NEW.payment_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER was_declined AFTER INSERT ON mobile_orders_latecash
FOR EACH ROW EXECUTE FUNCTION yibao_late_cash_was_declined();

CREATE FUNCTION yibao_late_cash_is_returned_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM mobile_orders_order WHERE id = NEW.order_id FOR UPDATE;
  IF NOT EXISTS (SELECT FROM mobile_orders_latecash late JOIN mobile_orders_cashpayment p ON p.id = late.payment_id
                  WHERE late.payment_id = NEW.refunds_id
                    AND (p.order_id, p.amount_fen, p.channel) = (NEW.order_id, NEW.amount_fen, NEW.channel)) THEN
    RAISE EXCEPTION 'order %: this is not the late cash to be given back', NEW.order_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT FROM mobile_orders_cashpayment p LEFT JOIN mobile_orders_cashresult r ON r.payment_id = p.id
              WHERE p.refunds_id = NEW.refunds_id AND p.kind = 'return' AND p.id <> NEW.id
                AND COALESCE(r.outcome, 'open') <> 'declined') THEN
    RAISE EXCEPTION 'order %: a return of this cash is open or done already', NEW.order_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER returned_once AFTER INSERT ON mobile_orders_cashpayment
FOR EACH ROW WHEN (NEW.kind = 'return') EXECUTE FUNCTION yibao_late_cash_is_returned_once();

-- What is asked once for an order are its payments and refunds; returns are counted for the payment that they give back.
DROP TRIGGER asked_once ON mobile_orders_cashpayment;
CREATE TRIGGER asked_once AFTER INSERT ON mobile_orders_cashpayment
FOR EACH ROW WHEN (NEW.kind <> 'return') EXECUTE FUNCTION yibao_cash_is_asked_once();
"""
NOT_LATE = """
DROP TRIGGER asked_once ON mobile_orders_cashpayment;
CREATE TRIGGER asked_once AFTER INSERT ON mobile_orders_cashpayment
FOR EACH ROW EXECUTE FUNCTION yibao_cash_is_asked_once();
DROP TRIGGER returned_once ON mobile_orders_cashpayment; DROP FUNCTION yibao_late_cash_is_returned_once();
DROP TRIGGER was_declined ON mobile_orders_latecash; DROP FUNCTION yibao_late_cash_was_declined();
"""


class Migration(migrations.Migration):
    dependencies = [("mobile_orders", "0005_late_cash")]
    operations = [
        migrations.RunSQL(sql=KEPT, reverse_sql=NOT_KEPT),
        migrations.RunSQL(sql=LATE, reverse_sql=NOT_LATE),
    ]
