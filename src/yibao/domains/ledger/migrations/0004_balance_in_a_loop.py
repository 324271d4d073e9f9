from django.db import migrations

# Said with a loop and one question instead of a join over unnested arrays: a third of the time, at every commit.
IN_A_LOOP = """
CREATE OR REPLACE FUNCTION yibao_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lines integer := cardinality(NEW.account_codes);
  line integer;
  one_sided boolean := true;
  debit_fen bigint := 0;
  credit_fen bigint := 0;
  accounts integer := 0;
  funds integer := 0;
  found record;
BEGIN
  IF lines < 2 OR cardinality(NEW.fund_codes) <> lines OR cardinality(NEW.debits_fen) <> lines
     OR cardinality(NEW.credits_fen) <> lines OR cardinality(NEW.institution_ids) <> lines
     OR cardinality(NEW.person_ids) <> lines THEN
    RAISE EXCEPTION 'journal % is misshapen', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  FOR line IN 1..lines LOOP
    one_sided := one_sided AND (NEW.debits_fen[line] = 0) <> (NEW.credits_fen[line] = 0);
    debit_fen := debit_fen + NEW.debits_fen[line];
    credit_fen := credit_fen + NEW.credits_fen[line];
    IF array_position(NEW.account_codes, NEW.account_codes[line]) = line THEN
      accounts := accounts + 1;
    END IF;
    IF array_position(NEW.fund_codes, NEW.fund_codes[line]) = line THEN
      funds := funds + 1;
    END IF;
  END LOOP;
  IF one_sided IS NOT TRUE THEN
    RAISE EXCEPTION 'journal % is misshapen', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF debit_fen IS DISTINCT FROM credit_fen THEN
    RAISE EXCEPTION 'journal % does not balance: debit %, credit %', NEW.id, debit_fen, credit_fen
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT (SELECT count(*) FROM ledger_account WHERE book_id = NEW.book_id AND code = ANY (NEW.account_codes)) AS in_chart,
         (SELECT count(*) FROM ledger_fund WHERE book_id = NEW.book_id AND code = ANY (NEW.fund_codes)) AS in_book
    INTO found;
  IF found.in_chart <> accounts OR found.in_book <> funds THEN
    RAISE EXCEPTION 'journal % leaves its book', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_causes_of_claims")]
    operations = [migrations.RunSQL(sql=IN_A_LOOP, reverse_sql=migrations.RunSQL.noop)]
