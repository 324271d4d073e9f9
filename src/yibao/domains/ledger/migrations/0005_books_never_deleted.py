import django.db.models.deletion
from django.db import migrations, models

# A foreign key's check locks the row it points at; all journals of a scheme point at one book. The balance trigger finds
# a journal's accounts and funds in its book without a lock, and what it found can never be deleted.
TABLES = ("ledger_book", "ledger_account", "ledger_fund")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_balance_in_a_loop")]
    operations = [
        *(
            migrations.RunSQL(
                sql=f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();",
                reverse_sql=f"DROP TRIGGER never_deleted ON {table};",
            )
            for table in TABLES
        ),
        migrations.AlterField(
            model_name="journal",
            name="book",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="ledger.book",
                verbose_name="book",
            ),
        ),
    ]
