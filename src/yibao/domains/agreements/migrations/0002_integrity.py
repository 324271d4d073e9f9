from django.db import migrations

HISTORY = (
    "agreements_agreementcase",
    "agreements_agreement",
    "agreements_signingkey",
    "agreements_agreementsuspension",
)
APPEND_ONLY = (
    "agreements_caseevent",
    "agreements_casematerial",
    "agreements_shortcomingnotice",
    "agreements_agreementsignature",
    "agreements_staffpoint",
    "agreements_breach",
    "agreements_breachpublication",
    "agreements_breachnotice",
    "agreements_assessmentsheet",
    "agreements_sheetpublication",
)


def kept(table):
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();"
        f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();",
        reverse_sql=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("agreements", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_record_change();",
                reverse_sql=f"DROP TRIGGER history ON {table};",
            )
            for table in HISTORY
        ),
        *(kept(table) for table in APPEND_ONLY),
        migrations.RunSQL(
            sql="""
ALTER TABLE agreements_agreement ADD CONSTRAINT agreements_never_overlap EXCLUDE USING gist (
  int8range(institution_id, institution_id, '[]') WITH &&,
  int8range(coalesce(practitioner_id, 0), coalesce(practitioner_id, 0), '[]') WITH &&,
  int4range(ascii(kind), ascii(kind), '[]') WITH &&,
  daterange(valid_from, coalesce(ended_on, valid_until)) WITH &&)
  WHERE (signed_at IS NOT NULL);

CREATE FUNCTION yibao_agreement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE'
     OR to_jsonb(NEW) - 'signed_at' - 'ended_on' <> to_jsonb(OLD) - 'signed_at' - 'ended_on'
     OR OLD.signed_at IS NOT NULL AND NEW.signed_at IS DISTINCT FROM OLD.signed_at
     OR OLD.ended_on IS NOT NULL AND NEW.ended_on IS DISTINCT FROM OLD.ended_on THEN
    RAISE EXCEPTION 'an agreement stays as it was drawn up; it is signed once and ends once'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.signed_at IS NULL AND NEW.signed_at IS NOT NULL
     AND (SELECT count(*) FROM agreements_agreementsignature WHERE agreement_id = NEW.id) <> 2 THEN
    RAISE EXCEPTION 'an agreement is signed when both parties have signed'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON agreements_agreement
FOR EACH ROW EXECUTE FUNCTION yibao_agreement_stays();

CREATE FUNCTION yibao_agreement_begins_unsigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.signed_at IS NOT NULL OR NEW.ended_on IS NOT NULL THEN
    RAISE EXCEPTION 'an agreement is drawn up before it is signed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER begins_unsigned BEFORE INSERT ON agreements_agreement
FOR EACH ROW EXECUTE FUNCTION yibao_agreement_begins_unsigned();

CREATE FUNCTION yibao_suspension_only_lifted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.lifted_on IS NOT NULL
     OR to_jsonb(NEW) - 'lifted_on' <> to_jsonb(OLD) - 'lifted_on' THEN
    RAISE EXCEPTION 'a suspension stays as it was; it is lifted once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_lifted BEFORE UPDATE OR DELETE ON agreements_agreementsuspension
FOR EACH ROW EXECUTE FUNCTION yibao_suspension_only_lifted();

CREATE FUNCTION yibao_signing_key_only_retires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at
     OR to_jsonb(NEW) - 'retired_at' - 'sealed' <> to_jsonb(OLD) - 'retired_at' - 'sealed' THEN
    RAISE EXCEPTION 'a key for signing is kept as it was; it is retired once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_retires BEFORE UPDATE OR DELETE ON agreements_signingkey
FOR EACH ROW EXECUTE FUNCTION yibao_signing_key_only_retires();
""",
            reverse_sql="""
DROP TRIGGER only_retires ON agreements_signingkey; DROP FUNCTION yibao_signing_key_only_retires();
DROP TRIGGER only_lifted ON agreements_agreementsuspension; DROP FUNCTION yibao_suspension_only_lifted();
DROP TRIGGER begins_unsigned ON agreements_agreement; DROP FUNCTION yibao_agreement_begins_unsigned();
DROP TRIGGER stays ON agreements_agreement; DROP FUNCTION yibao_agreement_stays();
ALTER TABLE agreements_agreement DROP CONSTRAINT agreements_never_overlap;
""",
        ),
    ]
