from django.db import migrations, models

# A month of a hospital lies scattered over a month of the region: with what its totals need in the index, none of those pages is read.
COVERING = """
DROP INDEX settlement_of_institution;
CREATE INDEX settlement_of_institution ON settlement_settlement (institution_id, settled_at)
  INCLUDE (id, kind, infno, visit_id, enrolment_id, total_fen, fund_fen, account_fen, cash_fen);
"""
PLAIN = """
DROP INDEX settlement_of_institution;
CREATE INDEX settlement_of_institution ON settlement_settlement (institution_id, settled_at);
"""


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0002_integrity")]
    operations = [
        migrations.RunSQL(sql=COVERING, reverse_sql=PLAIN),
        migrations.AlterField(
            model_name="clearingapplication",
            name="state",
            field=models.CharField(
                choices=[
                    ("applied", "applied for"),
                    ("withdrawn", "withdrawn"),
                    ("accepted", "accepted"),
                    ("returned", "sent back to the institution"),
                ],
                default="applied",
                max_length=9,
                verbose_name="state",
            ),
        ),
    ]
