from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
CHANGEABLE = "DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};"
HISTORY = (
    "CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_record_change();"
)


def kept(name):
    table = f"price_items_{name}"
    return migrations.RunSQL(sql=APPEND_ONLY.format(table=table), reverse_sql=CHANGEABLE.format(table=table))


def told(name):
    table = f"price_items_{name}"
    return migrations.RunSQL(sql=HISTORY.format(table=table), reverse_sql=f"DROP TRIGGER history ON {table};")


class Migration(migrations.Migration):
    dependencies = [("price_items", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        *map(kept, ("itemproposal", "itemdecision")),
        *map(told, ("itemproposal", "itemdecision", "publisheditem", "guidedprice")),
        migrations.RunSQL(
            sql="""
ALTER TABLE price_items_publisheditem ADD CONSTRAINT published_items_never_overlap EXCLUDE USING gist (
  int8range(item_id, item_id, '[]') WITH &&,
  int8range(region_id::int8, region_id::int8, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);
ALTER TABLE price_items_guidedprice ADD CONSTRAINT guided_prices_never_overlap EXCLUDE USING gist (
  int8range(item_id, item_id, '[]') WITH &&, int8range(region_id::int8, region_id::int8, '[]') WITH &&,
  int8range(hashtext(level)::int8, hashtext(level)::int8, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);

CREATE FUNCTION yibao_price_item_decided() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  proposed price_items_itemproposal;
BEGIN
  SELECT * INTO proposed FROM price_items_itemproposal WHERE id = NEW.proposal_id;
  IF proposed.proposed_by_id = NEW.decided_by_id THEN
    RAISE EXCEPTION 'price item %: decided by another officer than who proposed it', NEW.proposal_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.is_accepted AND EXISTS (
      SELECT FROM jsonb_array_elements(proposed.findings) AS listed(finding)
       WHERE (listed.finding ->> 'is_binding')::boolean
          OR COALESCE(NEW.reasons ->> (listed.finding ->> 'key'), '') = '') THEN
    RAISE EXCEPTION 'price item %: a binding finding, or one without a reason, stands against it', NEW.proposal_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER decided BEFORE INSERT ON price_items_itemdecision
FOR EACH ROW EXECUTE FUNCTION yibao_price_item_decided();
""",
            reverse_sql="""
DROP TRIGGER decided ON price_items_itemdecision; DROP FUNCTION yibao_price_item_decided();
ALTER TABLE price_items_guidedprice DROP CONSTRAINT guided_prices_never_overlap;
ALTER TABLE price_items_publisheditem DROP CONSTRAINT published_items_never_overlap;
""",
        ),
    ]
