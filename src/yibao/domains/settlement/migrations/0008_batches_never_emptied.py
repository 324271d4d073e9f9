from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlement", "0007_circumstances_integrity"), ("reference", "0002_integrity")]
    operations = [
        # Which charges a settlement stands on is part of the record of care.
        migrations.RunSQL(
            sql="CREATE TRIGGER never_emptied BEFORE TRUNCATE ON settlement_settledbatch"
            " FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();",
            reverse_sql="DROP TRIGGER never_emptied ON settlement_settledbatch;",
        ),
    ]
