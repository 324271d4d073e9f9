from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reimbursement", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_record_change();",
                reverse_sql=f"DROP TRIGGER history ON {table};",
            )
            for table in ("reimbursement_reimbursement", "reimbursement_billline")
        ),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reimbursement_calculation
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON reimbursement_calculation
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
ALTER TABLE reimbursement_calculation ADD CONSTRAINT calculation_funds_add_up
  CHECK (cardinality(fund_codes) = cardinality(fund_amounts_fen) AND yibao_sum(fund_amounts_fen) = fund_fen);
""", reverse_sql="""
ALTER TABLE reimbursement_calculation DROP CONSTRAINT calculation_funds_add_up;
DROP TRIGGER append_only ON reimbursement_calculation; DROP TRIGGER never_emptied ON reimbursement_calculation;
"""),
        migrations.RunSQL(sql="""
CREATE FUNCTION yibao_bill_line_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
     OR to_jsonb(NEW) - 'withdrawn_at' - 'refused_article' <> to_jsonb(OLD) - 'withdrawn_at' - 'refused_article' THEN
    RAISE EXCEPTION 'a bill line is kept as it was typed; it may be withdrawn or refused'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON reimbursement_billline
FOR EACH ROW EXECUTE FUNCTION yibao_bill_line_kept();
""", reverse_sql="""
DROP TRIGGER kept ON reimbursement_billline; DROP FUNCTION yibao_bill_line_kept();
"""),
    ]
