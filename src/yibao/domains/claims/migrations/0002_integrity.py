from django.db import migrations

HISTORY = ("claims_application", "claims_document", "claims_paymentorder")
APPEND_ONLY = ("claims_event", "claims_notice")


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_record_change();",
                reverse_sql=f"DROP TRIGGER history ON {table};",
            )
            for table in HISTORY
        ),
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();"
                f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();",
                reverse_sql=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
            )
            for table in APPEND_ONLY
        ),
        migrations.RunSQL(
            sql="""
ALTER TABLE claims_paymentorder ADD CONSTRAINT payment_funds_add_up
  CHECK (cardinality(fund_codes) = cardinality(fund_amounts_fen) AND yibao_sum(fund_amounts_fen) = amount_fen);

CREATE FUNCTION yibao_order_only_returned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.returned_at IS NOT NULL OR NEW.returned_at IS NULL
     OR to_jsonb(NEW) - 'returned_at' - 'return_reason' <> to_jsonb(OLD) - 'returned_at' - 'return_reason' THEN
    RAISE EXCEPTION 'a payment order is kept as it was; the bank may return it once'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_returned BEFORE UPDATE OR DELETE ON claims_paymentorder
FOR EACH ROW EXECUTE FUNCTION yibao_order_only_returned();
""",
            reverse_sql="""
DROP TRIGGER only_returned ON claims_paymentorder; DROP FUNCTION yibao_order_only_returned();
ALTER TABLE claims_paymentorder DROP CONSTRAINT payment_funds_add_up;
""",
        ),
    ]
