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
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entry
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_entry
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON ledger_entry; DROP TRIGGER never_emptied ON ledger_entry;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_seal
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_seal
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON ledger_seal; DROP TRIGGER never_emptied ON ledger_seal;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_balance
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_balance
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON ledger_balance; DROP TRIGGER never_emptied ON ledger_balance;"""),
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
  SELECT count(*) AS entries, sum(entry.debit_fen) AS debit_fen, sum(entry.credit_fen) AS credit_fen,
         bool_and(account.book_id = NEW.book_id AND fund.book_id = NEW.book_id) AS one_book
    INTO found
    FROM ledger_entry AS entry
    JOIN ledger_account AS account ON account.id = entry.account_id
    JOIN ledger_fund AS fund ON fund.code = entry.fund_id
   WHERE entry.journal_id = NEW.id;
  IF found.entries < 2 OR found.entries <> NEW.entry_count THEN
    RAISE EXCEPTION 'journal % has % entries, not %', NEW.id, found.entries, NEW.entry_count
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF found.debit_fen <> found.credit_fen THEN
    RAISE EXCEPTION 'journal % does not balance: debit %, credit %', NEW.id, found.debit_fen, found.credit_fen
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT found.one_book THEN
    RAISE EXCEPTION 'journal % leaves its book', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON ledger_journal
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_journal_balances();

CREATE FUNCTION yibao_journal_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT journal_id FROM added) AS touched
               JOIN ledger_journal AS journal ON journal.id = touched.journal_id
              WHERE (SELECT count(*) FROM ledger_entry WHERE journal_id = journal.id) > journal.entry_count) THEN
    RAISE EXCEPTION 'a journal takes no further entries' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_is_closed AFTER INSERT ON ledger_entry
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION yibao_journal_is_closed();
""", reverse_sql="""
DROP TRIGGER journal_is_closed ON ledger_entry; DROP FUNCTION yibao_journal_is_closed();
DROP TRIGGER balances ON ledger_journal; DROP FUNCTION yibao_journal_balances();
"""),
    ]
