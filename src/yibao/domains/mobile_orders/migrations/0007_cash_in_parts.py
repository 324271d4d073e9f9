from django.db import migrations, models

STATES = [
    ("placed", "waiting for payment"),
    ("settling", "being paid"),
    ("paid", "paid in full"),
    ("failed", "payment failed"),
    ("revoked", "taken back before payment"),
    ("insurance_back", "insurance part given back"),
    ("cash_owed", "cash being given back"),
    ("cash_part_back", "insurance part and some of the cash given back"),
    ("refunded", "given back in full"),
]


class Migration(migrations.Migration):
    dependencies = [("mobile_orders", "0006_late_cash_integrity")]
    operations = [
        migrations.RemoveConstraint(model_name="channelentry", name="test_channel_refunds_once"),
        migrations.RemoveConstraint(model_name="order", name="order_state_is_known"),
        migrations.AlterField(
            model_name="order",
            name="state",
            field=models.CharField(choices=STATES, default="placed", max_length=14, verbose_name="state"),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="state",
            field=models.CharField(choices=STATES, max_length=14, verbose_name="state afterwards"),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="step",
            field=models.CharField(
                choices=[
                    ("place", "fee details uploaded and tried"),
                    ("pay", "settled, cash asked for"),
                    ("confirm", "paid in full"),
                    ("fail", "cash not paid, settlement reversed"),
                    ("revoke", "upload taken back"),
                    ("refund_all", "refund begun: settlement reversed, cash asked back"),
                    ("refund_insurance", "insurance part refunded: settlement reversed"),
                    ("refund_cash", "cash asked back"),
                    ("cash_declined", "channel declined to give the cash back"),
                    ("refund_part", "part of the cash given back"),
                    ("refund_done", "refunded in full"),
                ],
                max_length=16,
                verbose_name="step",
            ),
        ),
        migrations.AlterField(
            model_name="patientmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    ("paid", "paid in full"),
                    ("failed", "not paid"),
                    ("refunding", "refund begun"),
                    ("insurance", "insurance part given back"),
                    ("part", "part of the cash given back"),
                    ("refunded", "refunded"),
                    ("late", "cash came late and is going back"),
                    ("returned", "cash that came late went back"),
                ],
                max_length=9,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", [code for code, _name in STATES])), name="order_state_is_known"
            ),
        ),
    ]
