from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0001_initial"), ("reference", "0002_integrity"), ("people", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON enrolment_employer
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON enrolment_employer;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON enrolment_enrolment
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON enrolment_enrolment;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON enrolment_specialstatus
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON enrolment_specialstatus;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_contribution
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_contribution
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_contribution; DROP TRIGGER never_emptied ON enrolment_contribution;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON enrolment_accountentry
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON enrolment_accountentry
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""", reverse_sql="""DROP TRIGGER append_only ON enrolment_accountentry; DROP TRIGGER never_emptied ON enrolment_accountentry;"""),
        migrations.RunSQL(sql="""
ALTER TABLE enrolment_enrolment ADD CONSTRAINT enrolment_periods_never_overlap EXCLUDE USING gist (
  int8range(person_id, person_id, '[]') WITH &&, int8range(scheme::int8, scheme::int8, '[]') WITH &&,
  daterange(valid_from, valid_until) WITH &&);
ALTER TABLE enrolment_specialstatus ADD CONSTRAINT status_periods_never_overlap EXCLUDE USING gist (
  int8range(person_id, person_id, '[]') WITH &&, int8range(kind::int8, kind::int8, '[]') WITH &&,
  daterange(valid_from, valid_until) WITH &&);

CREATE INDEX account_entry_in_order ON enrolment_accountentry (account_id, id);

CREATE FUNCTION yibao_account_entries_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  SELECT COALESCE((SELECT balance_after_fen FROM enrolment_accountentry WHERE account_id = NEW.account_id AND id < NEW.id
                    ORDER BY id DESC LIMIT 1), 0) AS before_fen,
         (SELECT balance_after_fen FROM enrolment_accountentry WHERE account_id = NEW.account_id
           ORDER BY id DESC LIMIT 1) AS latest_fen,
         (SELECT balance_fen FROM enrolment_personalaccount WHERE id = NEW.account_id) AS balance_fen
    INTO found;
  IF NEW.balance_after_fen <> found.before_fen + NEW.amount_fen THEN
    RAISE EXCEPTION 'account %: entry % does not continue the balance', NEW.account_id, NEW.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF found.latest_fen <> found.balance_fen THEN
    RAISE EXCEPTION 'account %: balance is not what its entries add up to', NEW.account_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entries_add_up AFTER INSERT ON enrolment_accountentry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_account_entries_add_up();

CREATE FUNCTION yibao_balance_is_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF COALESCE((SELECT balance_after_fen FROM enrolment_accountentry
                WHERE account_id = NEW.id ORDER BY id DESC LIMIT 1), 0)
     <> (SELECT balance_fen FROM enrolment_personalaccount WHERE id = NEW.id) THEN
    RAISE EXCEPTION 'account %: a balance changes by an entry only', NEW.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balance_is_entered AFTER INSERT OR UPDATE ON enrolment_personalaccount
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_balance_is_entered();
""", reverse_sql="""
DROP TRIGGER balance_is_entered ON enrolment_personalaccount; DROP FUNCTION yibao_balance_is_entered();
DROP TRIGGER entries_add_up ON enrolment_accountentry; DROP FUNCTION yibao_account_entries_add_up();
DROP INDEX account_entry_in_order;
ALTER TABLE enrolment_specialstatus DROP CONSTRAINT status_periods_never_overlap;
ALTER TABLE enrolment_enrolment DROP CONSTRAINT enrolment_periods_never_overlap;
"""),
    ]
