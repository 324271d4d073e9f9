from django.db import migrations

# A journal names the region whose fund it is; those from before regions were kept apart name none, so the check looks at new
# rows only. What two regions owe each other stands in a journal of each, with the other as counterparty: 110101 and 110102
# of the one are 200101 and 200102 of the other, fund by fund, at every commit.
RULES = """
ALTER TABLE ledger_journal ADD CONSTRAINT journal_is_of_a_region
  CHECK (region_id IS NOT NULL AND region_id ~ '^[0-9]{6}$' AND counterparty_id IS DISTINCT FROM region_id) NOT VALID;

CREATE FUNCTION yibao_regions_mirror() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM ledger_journal AS journal
     CROSS JOIN LATERAL unnest(journal.account_codes, journal.fund_codes, journal.debits_fen, journal.credits_fen)
                        AS line(account, fund, debit_fen, credit_fen)
     WHERE journal.cause = NEW.cause AND journal.cause_id = NEW.cause_id
       AND ((journal.region_id = NEW.region_id AND journal.counterparty_id = NEW.counterparty_id)
         OR (journal.region_id = NEW.counterparty_id AND journal.counterparty_id = NEW.region_id))
       AND line.account IN ('110101', '200101', '110102', '200102')
     GROUP BY right(line.account, 2), line.fund
    HAVING sum(line.debit_fen - line.credit_fen) <> 0) THEN
    RAISE EXCEPTION 'journal %: what % and % owe each other differs between them', NEW.id, NEW.region_id, NEW.counterparty_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER regions_mirror AFTER INSERT ON ledger_journal
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.counterparty_id IS NOT NULL) EXECUTE FUNCTION yibao_regions_mirror();

CREATE INDEX journal_between_regions ON ledger_journal (region_id, counterparty_id) WHERE counterparty_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_regions")]
    operations = [
        migrations.RunSQL(
            sql=RULES,
            reverse_sql="""
DROP INDEX journal_between_regions;
DROP TRIGGER regions_mirror ON ledger_journal; DROP FUNCTION yibao_regions_mirror();
ALTER TABLE ledger_journal DROP CONSTRAINT journal_is_of_a_region;
""",
        ),
    ]
