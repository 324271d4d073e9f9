from django.db import migrations, models

SCHEMES = [
    ("none", "none (nothing is signed)"),
    ("csb", "csb (service bus, HMAC-SHA1)"),
    ("tif", "tif (government cloud, SHA-256)"),
    ("x-ca", "x-ca (Zhejiang, HMAC-SM3)"),
    ("apikey", "apikey (a constant in a header)"),
    ("oauth", "oauth (Jilin, token with SM2 and SM4)"),
    ("sm2", "sm2 (Hubei, SM2 over the members)"),
    ("envelope", "envelope (prescriptions and mobile payment)"),
]


class Migration(migrations.Migration):
    dependencies = [("message_store", "0008_variant")]
    operations = [
        migrations.AlterField(
            model_name="accesspoint",
            name="scheme",
            field=models.CharField(choices=SCHEMES, max_length=20, verbose_name="scheme of signing"),
        ),
        migrations.AddConstraint(
            model_name="accesspoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("scheme__in", [name for name, _ in SCHEMES])), name="access_point_scheme_is_known"
            ),
        ),
    ]
