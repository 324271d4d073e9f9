from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
"""
NEVER_EMPTIED = """
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""


def append_only(table):
    return migrations.RunSQL(
        sql=(APPEND_ONLY + NEVER_EMPTIED).format(table=table),
        reverse_sql=f"DROP TRIGGER never_emptied ON {table}; DROP TRIGGER append_only ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        append_only("stock_movement"),
        append_only("stock_traceentry"),
        append_only("stock_tracecode"),
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON stock_packcontent
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON stock_packcontent
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
            reverse_sql="DROP TRIGGER never_emptied ON stock_packcontent; DROP TRIGGER history ON stock_packcontent;",
        ),
        migrations.RunSQL(
            sql="""
-- Every movement writes the balance of its batch, whose row it holds; a count finds its own difference.
CREATE FUNCTION yibao_stock_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held stock_balance;
BEGIN
  INSERT INTO stock_balance (institution_id, item_code, batch_number, own_name, expires_on, quantity_e4, loose_e4, moved_at)
  VALUES (NEW.institution_id, NEW.item_code, NEW.batch_number, NEW.own_name, NEW.expires_on, 0, 0, NEW.entered_at)
  ON CONFLICT (institution_id, item_code, batch_number) DO NOTHING;
  SELECT * INTO held FROM stock_balance WHERE institution_id = NEW.institution_id AND item_code = NEW.item_code
    AND batch_number = NEW.batch_number FOR UPDATE;
  IF NEW.kind = 'count' THEN
    NEW.delta_e4 := NEW.quantity_e4 - held.quantity_e4;
    NEW.loose_e4 := -held.loose_e4;
  END IF;
  UPDATE stock_balance SET quantity_e4 = quantity_e4 + NEW.delta_e4, loose_e4 = loose_e4 + NEW.loose_e4,
    own_name = NEW.own_name, expires_on = COALESCE(NEW.expires_on, expires_on), moved_at = NEW.entered_at
    WHERE id = held.id;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT ON stock_movement FOR EACH ROW EXECUTE FUNCTION yibao_stock_moves();

CREATE FUNCTION yibao_balance_only_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a balance of goods changes with a movement only' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_moved BEFORE INSERT OR UPDATE OR DELETE ON stock_balance
FOR EACH ROW EXECUTE FUNCTION yibao_balance_only_moved();

CREATE FUNCTION yibao_trace_sale_only_returned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.returned_e4 <= OLD.returned_e4
     OR (to_jsonb(NEW) - 'returned_e4') <> (to_jsonb(OLD) - 'returned_e4') THEN
    RAISE EXCEPTION 'a sale by trace code stays as it was; only what is given back grows'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_returned BEFORE UPDATE OR DELETE ON stock_tracesale
FOR EACH ROW EXECUTE FUNCTION yibao_trace_sale_only_returned();
CREATE TRIGGER history AFTER UPDATE ON stock_tracesale
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""",
            reverse_sql="""
DROP TRIGGER history ON stock_tracesale;
DROP TRIGGER only_returned ON stock_tracesale; DROP FUNCTION yibao_trace_sale_only_returned();
DROP TRIGGER only_moved ON stock_balance; DROP FUNCTION yibao_balance_only_moved();
DROP TRIGGER moves ON stock_movement; DROP FUNCTION yibao_stock_moves();
""",
        ),
        migrations.RunSQL(
            sql=NEVER_EMPTIED.format(table="stock_tracesale"), reverse_sql="DROP TRIGGER never_emptied ON stock_tracesale;"
        ),
    ]
