from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("maternity", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON maternity_maternityclaim
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""", reverse_sql="""DROP TRIGGER history ON maternity_maternityclaim;"""),
        migrations.RunSQL(sql="""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON maternity_maternitycalculation
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON maternity_maternitycalculation
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
ALTER TABLE maternity_maternitycalculation ADD CONSTRAINT maternity_funds_add_up
  CHECK (cardinality(fund_codes) = cardinality(fund_amounts_fen) AND yibao_sum(fund_amounts_fen) = total_fen);
""", reverse_sql="""
ALTER TABLE maternity_maternitycalculation DROP CONSTRAINT maternity_funds_add_up;
DROP TRIGGER append_only ON maternity_maternitycalculation; DROP TRIGGER never_emptied ON maternity_maternitycalculation;
"""),
    ]
