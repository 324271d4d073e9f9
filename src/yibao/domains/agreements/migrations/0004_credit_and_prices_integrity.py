from django.db import migrations

TABLES = ("agreements_creditlisting", "agreements_creditrepair", "agreements_agreedprice")


def kept(table):
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();"
        f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();"
        f" CREATE TRIGGER history AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_record_change();",
        reverse_sql=f"DROP TRIGGER history ON {table}; DROP TRIGGER append_only ON {table};"
        f" DROP TRIGGER never_emptied ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0003_credit_and_prices"),
        ("institutions", "0008_is_public"),
        ("reference", "0002_integrity"),
    ]
    operations = [
        *map(kept, TABLES),
        migrations.RunSQL(
            sql="""
CREATE FUNCTION yibao_punishment_follows_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM agreements_breachpublication p WHERE p.breach_id = NEW.breach_id)
     OR EXISTS (SELECT FROM agreements_breach b WHERE b.id = NEW.breach_id AND b.decided_by_id = NEW.decided_by_id) THEN
    RAISE EXCEPTION 'breach %: joint punishment follows its publication, by another officer than who decided it',
      NEW.breach_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follows_publication BEFORE INSERT ON agreements_creditlisting
FOR EACH ROW EXECUTE FUNCTION yibao_punishment_follows_publication();

CREATE FUNCTION yibao_price_is_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM agreements_agreement a JOIN institutions_institution i ON i.id = a.institution_id
       WHERE a.id = NEW.agreement_id AND a.kind = 'designation' AND a.signed_at IS NOT NULL AND i.is_public IS FALSE
         AND NEW.valid_from >= a.valid_from AND NEW.valid_from < COALESCE(a.ended_on, a.valid_until)) THEN
    RAISE EXCEPTION 'agreement %: prices are agreed on with institutions that are not public, within the term',
      NEW.agreement_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER is_agreed BEFORE INSERT ON agreements_agreedprice
FOR EACH ROW EXECUTE FUNCTION yibao_price_is_agreed();
""",
            reverse_sql="""
DROP TRIGGER is_agreed ON agreements_agreedprice; DROP FUNCTION yibao_price_is_agreed();
DROP TRIGGER follows_publication ON agreements_creditlisting; DROP FUNCTION yibao_punishment_follows_publication();
""",
        ),
    ]
