from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_journal
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_journal
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON ledger_journal; DROP TRIGGER never_emptied ON ledger_journal;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_seal
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_seal
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON ledger_seal; DROP TRIGGER never_emptied ON ledger_seal;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON ledger_book
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON ledger_book;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON ledger_fund
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON ledger_fund;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON ledger_account
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON ledger_account;"""),
        migrations.RunSQL(sql="""
CREATE FUNCTION yibao_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  SELECT count(*) AS lines, sum(line.debit_fen) AS debit_fen, sum(line.credit_fen) AS credit_fen,
         bool_and((line.debit_fen = 0) <> (line.credit_fen = 0)) AS one_sided,
         count(account.id) AS in_chart, count(fund.code) AS in_book
    INTO found
    FROM unnest(NEW.account_codes, NEW.fund_codes, NEW.debits_fen, NEW.credits_fen)
         AS line(account, fund, debit_fen, credit_fen)
    LEFT JOIN ledger_account AS account ON account.book_id = NEW.book_id AND account.code = line.account
    LEFT JOIN ledger_fund AS fund ON fund.book_id = NEW.book_id AND fund.code = line.fund;
  IF found.lines < 2 OR cardinality(NEW.debits_fen) <> found.lines OR cardinality(NEW.credits_fen) <> found.lines
     OR cardinality(NEW.institution_ids) <> found.lines OR cardinality(NEW.person_ids) <> found.lines
     OR found.one_sided IS NOT TRUE THEN
    RAISE EXCEPTION 'journal % is misshapen', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF found.debit_fen IS DISTINCT FROM found.credit_fen THEN
    RAISE EXCEPTION 'journal % does not balance: debit %, credit %', NEW.id, found.debit_fen, found.credit_fen
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF found.in_chart <> found.lines OR found.in_book <> found.lines THEN
    RAISE EXCEPTION 'journal % leaves its book', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON ledger_journal
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_journal_balances();

CREATE VIEW ledger_entry AS
SELECT journal.id * 1000 + line.place AS id, journal.id AS journal_id, line.place::smallint AS line,
       account.id AS account_id, line.fund AS fund_id, line.institution AS institution_id, line.person AS person_id,
       line.debit_fen, line.credit_fen
  FROM ledger_journal AS journal
 CROSS JOIN LATERAL unnest(journal.account_codes, journal.fund_codes, journal.institution_ids, journal.person_ids,
                           journal.debits_fen, journal.credits_fen)
       WITH ORDINALITY AS line(account, fund, institution, person, debit_fen, credit_fen, place)
  JOIN ledger_account AS account ON account.book_id = journal.book_id AND account.code = line.account;
""", reverse_sql="""
DROP VIEW ledger_entry;
DROP TRIGGER balances ON ledger_journal; DROP FUNCTION yibao_journal_balances();
"""),
    ]
