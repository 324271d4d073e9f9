from django.db import migrations

APPEND_ONLY = (
    "prescriptions_signature",
    "prescriptions_event",
    "prescriptions_authorisation",
    "prescriptions_dispensing",
    "prescriptions_dispensedline",
)
NEVER_EMPTIED = ("prescriptions_prescription", "prescriptions_line", "prescriptions_notification", "prescriptions_signingkey")


class Migration(migrations.Migration):
    dependencies = [
        ("prescriptions", "0001_initial"),
        ("reference", "0002_integrity"),
        ("message_store", "0007_keys_integrity"),
    ]
    operations = [
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();",
                reverse_sql=f"DROP TRIGGER append_only ON {table};",
            )
            for table in APPEND_ONLY
        ),
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();",
                reverse_sql=f"DROP TRIGGER never_emptied ON {table};",
            )
            for table in (*APPEND_ONLY, *NEVER_EMPTIED)
        ),
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON prescriptions_seat
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON prescriptions_signingkey
FOR EACH ROW EXECUTE FUNCTION yibao_record_key_change();
CREATE TRIGGER only_ends BEFORE UPDATE ON prescriptions_signingkey
FOR EACH ROW EXECUTE FUNCTION yibao_key_only_ends();
CREATE TRIGGER never_deleted BEFORE DELETE ON prescriptions_signingkey
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();

CREATE FUNCTION yibao_prescription_is_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'checked' OR NEW.uses <> 0 OR NEW.place_id IS NOT NULL OR NEW.holder_id IS NOT NULL THEN
    RAISE EXCEPTION 'a prescription begins unsigned, unused and unclaimed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_new BEFORE INSERT ON prescriptions_prescription
FOR EACH ROW EXECUTE FUNCTION yibao_prescription_is_new();

CREATE FUNCTION yibao_prescription_only_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
     OR (to_jsonb(NEW) - 'state' - 'uses' - 'place_id' - 'holder_id' - 'moved_at')
        <> (to_jsonb(OLD) - 'state' - 'uses' - 'place_id' - 'holder_id' - 'moved_at') THEN
    RAISE EXCEPTION 'prescription % stays as it was written; only its steps change how it stands', OLD.number
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_moves BEFORE UPDATE OR DELETE ON prescriptions_prescription
FOR EACH ROW EXECUTE FUNCTION yibao_prescription_only_moves();

CREATE FUNCTION yibao_prescription_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  standing prescriptions_prescription;
BEGIN
  SELECT * INTO standing FROM prescriptions_prescription WHERE id = NEW.prescription_id FOR UPDATE;
  IF NEW.number <> (SELECT count(*) FROM prescriptions_event e WHERE e.prescription_id = NEW.prescription_id)
     OR (NEW.step = 'check') <> (NEW.number = 1) THEN
    RAISE EXCEPTION 'the steps of prescription % are counted from its check', standing.number
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.step <> 'check' AND NEW.state_before <> standing.state THEN
    RAISE EXCEPTION 'prescription % is %: the step % begins elsewhere', standing.number, standing.state, NEW.step
      USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_stands_where_the_step_begins';
  END IF;
  IF NEW.step = 'sign' AND NOT EXISTS (SELECT FROM prescriptions_signature s
       WHERE s.prescription_id = NEW.prescription_id AND s.role = 'physician' AND s.signed_text = standing.text) THEN
    RAISE EXCEPTION 'prescription % has no signature of its physician', standing.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_is_signed';
  END IF;
  UPDATE prescriptions_prescription SET state = NEW.state_after, uses = NEW.uses_after, place_id = NEW.place_after_id,
    holder_id = NEW.holder_after_id, moved_at = NEW.entered_at WHERE id = NEW.prescription_id;
  RETURN NULL;
END $$;
CREATE TRIGGER moves AFTER INSERT ON prescriptions_event
FOR EACH ROW EXECUTE FUNCTION yibao_prescription_moves();

CREATE FUNCTION yibao_line_only_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
     OR (to_jsonb(NEW) - 'dispensed_e4') <> (to_jsonb(OLD) - 'dispensed_e4') THEN
    RAISE EXCEPTION 'a prescribed drug stays as it was written' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_counts BEFORE UPDATE OR DELETE ON prescriptions_line
FOR EACH ROW EXECUTE FUNCTION yibao_line_only_counts();

CREATE FUNCTION yibao_line_is_of_unsigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.dispensed_e4 <> 0 OR EXISTS (SELECT FROM prescriptions_event e WHERE e.prescription_id = NEW.prescription_id) THEN
    RAISE EXCEPTION 'drugs are written with their prescription, not later' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_of_unsigned BEFORE INSERT ON prescriptions_line
FOR EACH ROW EXECUTE FUNCTION yibao_line_is_of_unsigned();

CREATE FUNCTION yibao_dispensing_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  standing prescriptions_prescription;
  sold prescriptions_dispensing;
BEGIN
  SELECT * INTO standing FROM prescriptions_prescription WHERE id = NEW.prescription_id FOR UPDATE;
  IF NEW.kind = 'return' THEN
    SELECT * INTO sold FROM prescriptions_dispensing WHERE id = NEW.undoes_id;
    IF sold.kind <> 'sale' OR sold.prescription_id <> NEW.prescription_id OR sold.institution_id <> NEW.institution_id
       OR sold.use_number <> NEW.use_number THEN
      RAISE EXCEPTION 'what is given back was sold here on this prescription'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_is_of_a_sale_here';
    END IF;
    RETURN NEW;
  END IF;
  IF standing.holder_id IS DISTINCT FROM NEW.institution_id OR NEW.use_number <> standing.uses + 1
     OR NOT (standing.state = 'reviewed' OR standing.state = 'claimed' AND standing.institution_id = NEW.institution_id) THEN
    RAISE EXCEPTION 'prescription % is not ready to be dispensed here', standing.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_is_held_and_reviewed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_held BEFORE INSERT ON prescriptions_dispensing
FOR EACH ROW EXECUTE FUNCTION yibao_dispensing_is_held();

CREATE FUNCTION yibao_drug_dispensed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  handed prescriptions_dispensing;
  told prescriptions_line;
  of_use_e4 bigint;
  of_sale_e4 bigint;
BEGIN
  SELECT * INTO handed FROM prescriptions_dispensing WHERE id = NEW.dispensing_id;
  SELECT * INTO told FROM prescriptions_line WHERE id = NEW.line_id FOR UPDATE;
  IF told.prescription_id <> handed.prescription_id THEN
    RAISE EXCEPTION 'the drug stands on another prescription' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT COALESCE(sum(CASE d.kind WHEN 'sale' THEN l.quantity_e4 ELSE -l.quantity_e4 END), 0) INTO of_use_e4
    FROM prescriptions_dispensedline l JOIN prescriptions_dispensing d ON d.id = l.dispensing_id
    WHERE l.line_id = NEW.line_id AND d.use_number = handed.use_number;
  IF of_use_e4 > told.quantity_e4 THEN
    RAISE EXCEPTION 'more is dispensed than was prescribed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_more_is_dispensed_than_prescribed';
  END IF;
  IF handed.kind = 'return' THEN
    SELECT COALESCE(sum(CASE d.kind WHEN 'sale' THEN l.quantity_e4 ELSE -l.quantity_e4 END), 0) INTO of_sale_e4
      FROM prescriptions_dispensedline l JOIN prescriptions_dispensing d ON d.id = l.dispensing_id
      WHERE l.line_id = NEW.line_id AND (d.id = handed.undoes_id OR d.undoes_id = handed.undoes_id);
    IF of_sale_e4 < 0 THEN
      RAISE EXCEPTION 'more is given back than was handed over'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'no_more_is_given_back_than_handed_over';
    END IF;
  END IF;
  UPDATE prescriptions_line SET dispensed_e4 = dispensed_e4
    + CASE handed.kind WHEN 'sale' THEN NEW.quantity_e4 ELSE -NEW.quantity_e4 END WHERE id = NEW.line_id;
  RETURN NULL;
END $$;
CREATE TRIGGER dispensed AFTER INSERT ON prescriptions_dispensedline
FOR EACH ROW EXECUTE FUNCTION yibao_drug_dispensed();

CREATE FUNCTION yibao_notification_only_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.sent_at IS NOT NULL
     OR (to_jsonb(NEW) - 'sent_at' - 'attempts' - 'next_at' - 'trouble')
        <> (to_jsonb(OLD) - 'sent_at' - 'attempts' - 'next_at' - 'trouble') THEN
    RAISE EXCEPTION 'a notification is told as it was made' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_sent BEFORE UPDATE OR DELETE ON prescriptions_notification
FOR EACH ROW EXECUTE FUNCTION yibao_notification_only_sent();
""",
            reverse_sql="""
DROP TRIGGER only_sent ON prescriptions_notification; DROP FUNCTION yibao_notification_only_sent();
DROP TRIGGER dispensed ON prescriptions_dispensedline; DROP FUNCTION yibao_drug_dispensed();
DROP TRIGGER is_held ON prescriptions_dispensing; DROP FUNCTION yibao_dispensing_is_held();
DROP TRIGGER is_of_unsigned ON prescriptions_line; DROP FUNCTION yibao_line_is_of_unsigned();
DROP TRIGGER only_counts ON prescriptions_line; DROP FUNCTION yibao_line_only_counts();
DROP TRIGGER moves ON prescriptions_event; DROP FUNCTION yibao_prescription_moves();
DROP TRIGGER only_moves ON prescriptions_prescription; DROP FUNCTION yibao_prescription_only_moves();
DROP TRIGGER is_new ON prescriptions_prescription; DROP FUNCTION yibao_prescription_is_new();
DROP TRIGGER never_deleted ON prescriptions_signingkey;
DROP TRIGGER only_ends ON prescriptions_signingkey;
DROP TRIGGER history ON prescriptions_signingkey;
DROP TRIGGER history ON prescriptions_seat;
""",
        ),
    ]
