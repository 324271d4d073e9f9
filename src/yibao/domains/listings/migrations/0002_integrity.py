from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
NO_APPEND_ONLY = "DROP TRIGGER never_emptied ON {table}; DROP TRIGGER append_only ON {table};"


def append_only(table):
    return migrations.RunSQL(sql=APPEND_ONLY.format(table=table), reverse_sql=NO_APPEND_ONLY.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("listings", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        *(
            append_only(f"listings_{table}")
            for table in ("listing", "release", "entry", "listfile", "matching", "matchingwithdrawal")
        ),
        migrations.RunSQL(
            sql="""
-- A matching that stands overlaps no other of the same item that stands; withdrawals are rows of their own, which an
-- exclusion constraint cannot see, so that a trigger asks, one writer of an institution's item at a time.
CREATE FUNCTION yibao_matching_stands_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('matching ' || NEW.institution_id || ' ' || NEW.own_code, 0));
  IF EXISTS (
    SELECT FROM listings_matching m LEFT JOIN listings_matchingwithdrawal w ON w.matching_id = m.id
    WHERE w.id IS NULL AND m.institution_id = NEW.institution_id AND m.own_code = NEW.own_code
      AND daterange(m.valid_from, m.valid_until) && daterange(NEW.valid_from, NEW.valid_until)
  ) THEN
    RAISE EXCEPTION 'item % is matched on these days already', NEW.own_code
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'matchings_never_overlap';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stands_alone BEFORE INSERT ON listings_matching
FOR EACH ROW EXECUTE FUNCTION yibao_matching_stands_alone();

-- The entries of a release are of its list, and a release counts on from the one before.
CREATE FUNCTION yibao_release_counts_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number <> COALESCE((SELECT max(number) FROM listings_release WHERE listing_id = NEW.listing_id), 0) + 1 THEN
    RAISE EXCEPTION 'release % does not follow the one before', NEW.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'release_counts_on';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER counts_on BEFORE INSERT ON listings_release
FOR EACH ROW EXECUTE FUNCTION yibao_release_counts_on();
ALTER TABLE listings_release ADD CONSTRAINT release_of_its_list UNIQUE (id, listing_id);
ALTER TABLE listings_entry ADD CONSTRAINT entry_of_the_list_of_its_release
  FOREIGN KEY (release_id, listing_id) REFERENCES listings_release (id, listing_id);
""",
            reverse_sql="""
ALTER TABLE listings_entry DROP CONSTRAINT entry_of_the_list_of_its_release;
ALTER TABLE listings_release DROP CONSTRAINT release_of_its_list;
DROP TRIGGER counts_on ON listings_release; DROP FUNCTION yibao_release_counts_on();
DROP TRIGGER stands_alone ON listings_matching; DROP FUNCTION yibao_matching_stands_alone();
""",
        ),
    ]
