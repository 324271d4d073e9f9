from django.db import migrations

TABLES = ("staff_dutycase", "staff_dutydecision")


class Migration(migrations.Migration):
    dependencies = [("staff", "0004_duty_cases"), ("reference", "0002_integrity")]
    operations = [
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();"
                f" CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();"
                f" CREATE TRIGGER history AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION yibao_record_change();",
                reverse_sql=f"DROP TRIGGER history ON {table}; DROP TRIGGER append_only ON {table};"
                f" DROP TRIGGER never_emptied ON {table};",
            )
            for table in TABLES
        ),
        migrations.RunSQL(
            sql="""
CREATE FUNCTION yibao_duty_case_has_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM staff_dutycase c WHERE c.id = NEW.case_id
       AND NEW.decided_by_id IN (c.member_id, c.entered_by_id)) THEN
    RAISE EXCEPTION 'case %: decided by neither who is concerned nor who entered it', NEW.case_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER four_eyes BEFORE INSERT ON staff_dutydecision
FOR EACH ROW EXECUTE FUNCTION yibao_duty_case_has_four_eyes();
""",
            reverse_sql="DROP TRIGGER four_eyes ON staff_dutydecision; DROP FUNCTION yibao_duty_case_has_four_eyes();",
        ),
    ]
