from django.db import migrations

TABLES = (
    "regionclaim", "clearingstatement", "clearingitem", "clearingstep", "inquiry", "inquiryanswer", "evidence",
    "inquiryapproval", "claimcorrection", "prepaidorder", "prepaiddecision",
)
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
"""
NEVER_EMPTIED = """
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
"""
HISTORY = (
    "CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_record_change();"
)
# Lines of a statement change once, by rules of their own; claims and lines are made by the thousand and are no register.
KEPT = [name for name in TABLES if name != "clearingitem"]
WITH_HISTORY = [name for name in TABLES if name not in {"regionclaim", "clearingitem"}]


def trigger(text, dropped):
    def made(name):
        table = f"interregional_{name}"
        return migrations.RunSQL(sql=text.format(table=table), reverse_sql=f"DROP TRIGGER {dropped} ON {table};")

    return made


CLAIMS = """
CREATE FUNCTION yibao_sum_of_lines(cause_of text, number_of bigint, region_of text, accounts_of text[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT COALESCE(sum(line.debit_fen - line.credit_fen), 0)::bigint FROM ledger_journal AS journal
   CROSS JOIN LATERAL unnest(journal.account_codes, journal.debits_fen, journal.credits_fen)
                      AS line(account, debit_fen, credit_fen)
   WHERE journal.cause = cause_of AND journal.cause_id = number_of AND journal.region_id = region_of
     AND line.account = ANY (accounts_of)
$$;

CREATE FUNCTION yibao_claim_is_of_its_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM settlement_settlement s
        JOIN enrolment_enrolment e ON e.id = s.enrolment_id
        JOIN institutions_institution i ON i.id = s.institution_id
        JOIN reference_division d ON d.code = i.division_id
       WHERE s.id = NEW.settlement_id AND s.infno <> 'byhand' AND e.region_id = NEW.enrolment_region_id
         AND d.pooling_region = NEW.care_region_id AND e.scheme = NEW.scheme
         AND s.fund_fen + s.account_fen = NEW.amount_fen)
     OR yibao_sum(NEW.fund_amounts_fen) <> NEW.amount_fen
     OR cardinality(NEW.fund_codes) <> cardinality(NEW.fund_amounts_fen) THEN
    RAISE EXCEPTION 'claim % is not what its settlement says', NEW.settlement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF yibao_sum_of_lines('settlement', NEW.settlement_id, NEW.care_region_id, '{110102}') <> NEW.amount_fen
     OR yibao_sum_of_lines('settlement', NEW.settlement_id, NEW.enrolment_region_id, '{200102}') <> -NEW.amount_fen THEN
    RAISE EXCEPTION 'claim % is not what the two ledgers say', NEW.settlement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (SELECT FROM settlement_settlement s JOIN interregional_claimcorrection c ON c.claim_id = s.reverses_id
              WHERE s.id = NEW.settlement_id) THEN
    RAISE EXCEPTION 'claim % turns one that was corrected', NEW.settlement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_of_its_settlement AFTER INSERT ON interregional_regionclaim
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_claim_is_of_its_settlement();

CREATE FUNCTION yibao_settlement_between_regions_is_claimed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM interregional_regionclaim c WHERE c.settlement_id = NEW.cause_id
                  AND ARRAY[NEW.region_id, NEW.counterparty_id] <@ ARRAY[c.care_region_id, c.enrolment_region_id]) THEN
    RAISE EXCEPTION 'settlement % moved money between regions and is not claimed', NEW.cause_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_claimed AFTER INSERT ON ledger_journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.counterparty_id IS NOT NULL AND NEW.cause = 'settlement')
EXECUTE FUNCTION yibao_settlement_between_regions_is_claimed();
"""
NO_CLAIMS = """
DROP TRIGGER is_claimed ON ledger_journal; DROP FUNCTION yibao_settlement_between_regions_is_claimed();
DROP TRIGGER is_of_its_settlement ON interregional_regionclaim; DROP FUNCTION yibao_claim_is_of_its_settlement();
DROP FUNCTION yibao_sum_of_lines(text, bigint, text, text[]);
"""
STATEMENTS = """
CREATE FUNCTION yibao_is_officer(member bigint, region_of text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM staff_staffmember WHERE id = member AND role = 'agency' AND region_id = region_of)
$$;

CREATE FUNCTION yibao_statement_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT yibao_is_officer(NEW.drawn_by_id, NEW.care_region_id) THEN
    RAISE EXCEPTION 'statement %: drawn up by an officer of the place of care', NEW.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (SELECT (count(*), COALESCE(sum(amount_fen), 0)) FROM interregional_clearingitem WHERE statement_id = NEW.id)
     IS DISTINCT FROM (NEW.lines::bigint, NEW.amount_fen::numeric) THEN
    RAISE EXCEPTION 'statement % is not the sum of its lines', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON interregional_clearingstatement
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION yibao_statement_adds_up();

CREATE FUNCTION yibao_item_is_of_its_pair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.is_held OR EXISTS (SELECT FROM interregional_clearingstep WHERE statement_id = NEW.statement_id)
     OR NOT EXISTS (
      SELECT FROM interregional_clearingstatement s, interregional_regionclaim c
        LEFT JOIN interregional_claimcorrection x ON x.id = NEW.correction_id
       WHERE s.id = NEW.statement_id AND c.settlement_id = COALESCE(NEW.claim_id, x.claim_id)
         AND (c.care_region_id, c.enrolment_region_id) = (s.care_region_id, s.enrolment_region_id)
         AND NEW.amount_fen = COALESCE(x.amount_fen, c.amount_fen)) THEN
    RAISE EXCEPTION 'line % does not belong into statement %', NEW.id, NEW.statement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (
      SELECT FROM interregional_clearingitem h JOIN interregional_inquiry q ON q.item_id = h.id
       WHERE h.claim_id = NEW.claim_id AND h.is_held AND NOT EXISTS (
         SELECT FROM interregional_inquiryanswer a JOIN interregional_inquiryapproval p ON p.answer_id = a.id
          WHERE a.inquiry_id = q.id AND p.is_approved)) THEN
    RAISE EXCEPTION 'claim % is disputed and not answered', NEW.claim_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_of_its_pair BEFORE INSERT ON interregional_clearingitem
FOR EACH ROW EXECUTE FUNCTION yibao_item_is_of_its_pair();

CREATE FUNCTION yibao_item_is_only_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.is_held OR NOT NEW.is_held OR to_jsonb(NEW) - 'is_held' <> to_jsonb(OLD) - 'is_held'
     OR NOT EXISTS (SELECT FROM interregional_inquiry WHERE item_id = OLD.id)
     OR (SELECT array_agg(kind ORDER BY id) FROM interregional_clearingstep WHERE statement_id = OLD.statement_id)
        IS DISTINCT FROM ARRAY['issued'::varchar] THEN
    RAISE EXCEPTION 'line %: held once, for a dispute, while its statement waits to be confirmed', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_held BEFORE UPDATE OR DELETE ON interregional_clearingitem
FOR EACH ROW EXECUTE FUNCTION yibao_item_is_only_held();

CREATE FUNCTION yibao_clearing_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  statement interregional_clearingstatement;
  earlier text[];
  last_by bigint;
  open_fen bigint;
  region_of text;
BEGIN
  -- The lock makes the steps and disputes of one statement wait for each other.
  SELECT * INTO statement FROM interregional_clearingstatement WHERE id = NEW.statement_id FOR UPDATE;
  SELECT COALESCE(array_agg(kind ORDER BY id), '{}'), (array_agg(taken_by_id ORDER BY id DESC))[1]
    INTO earlier, last_by FROM interregional_clearingstep WHERE statement_id = NEW.statement_id;
  SELECT COALESCE(sum(amount_fen) FILTER (WHERE NOT is_held), 0) INTO open_fen
    FROM interregional_clearingitem WHERE statement_id = NEW.statement_id;
  region_of := CASE NEW.kind WHEN 'issued' THEN statement.care_region_id ELSE statement.enrolment_region_id END;
  IF (NEW.kind, earlier) NOT IN (('issued', '{}'), ('confirmed', '{issued}'), ('paid', '{issued,confirmed}'))
     OR NEW.amount_fen <> open_fen OR NOT yibao_is_officer(NEW.taken_by_id, region_of)
     OR NEW.taken_by_id = (CASE NEW.kind WHEN 'issued' THEN statement.drawn_by_id WHEN 'paid' THEN last_by END) THEN
    RAISE EXCEPTION 'statement %: % out of order, by the wrong officer or of another amount', NEW.statement_id, NEW.kind
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER in_order BEFORE INSERT ON interregional_clearingstep
FOR EACH ROW EXECUTE FUNCTION yibao_clearing_step();

CREATE FUNCTION yibao_clearing_is_posted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  statement interregional_clearingstatement;
BEGIN
  SELECT * INTO statement FROM interregional_clearingstatement WHERE id = NEW.statement_id;
  IF yibao_sum_of_lines('region_clear', NEW.statement_id, statement.enrolment_region_id, '{200102}') <> NEW.amount_fen
     OR yibao_sum_of_lines('region_clear', NEW.statement_id, statement.care_region_id, '{110102}') <> -NEW.amount_fen THEN
    RAISE EXCEPTION 'statement %: its payment is not what the two ledgers say', NEW.statement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER is_posted AFTER INSERT ON interregional_clearingstep DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.kind = 'paid') EXECUTE FUNCTION yibao_clearing_is_posted();
"""
NO_STATEMENTS = """
DROP TRIGGER is_posted ON interregional_clearingstep; DROP FUNCTION yibao_clearing_is_posted();
DROP TRIGGER in_order ON interregional_clearingstep; DROP FUNCTION yibao_clearing_step();
DROP TRIGGER only_held ON interregional_clearingitem; DROP FUNCTION yibao_item_is_only_held();
DROP TRIGGER is_of_its_pair ON interregional_clearingitem; DROP FUNCTION yibao_item_is_of_its_pair();
DROP TRIGGER adds_up ON interregional_clearingstatement; DROP FUNCTION yibao_statement_adds_up();
DROP FUNCTION yibao_is_officer(bigint, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("interregional", "0001_initial"),
        ("ledger", "0009_regions_mirrored"),
        ("reference", "0002_integrity"),
        ("settlement", "0005_shares_checked"),
    ]
    operations = [
        *map(trigger(APPEND_ONLY, "append_only"), KEPT),
        *map(trigger(NEVER_EMPTIED, "never_emptied"), TABLES),
        *map(trigger(HISTORY, "history"), WITH_HISTORY),
        migrations.RunSQL(sql=CLAIMS, reverse_sql=NO_CLAIMS),
        migrations.RunSQL(sql=STATEMENTS, reverse_sql=NO_STATEMENTS),
    ]
