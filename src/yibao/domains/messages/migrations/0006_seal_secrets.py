"""Seal the secrets that stood open."""

from django.db import migrations

from yibao.domains.messages.keys import KeyRow, Material, material_of, sealed_material


def seal(apps, _schema_editor):
    for credential in apps.get_model("message_store", "Credential").objects.exclude(secret=""):
        row = KeyRow(
            credential.access_point_id, credential.institution_id, credential.access_key, Material(credential.secret)
        )
        credential.sealed = sealed_material(row)
        credential.save(update_fields=["sealed"])


def open_again(apps, _schema_editor):
    for credential in apps.get_model("message_store", "Credential").objects.exclude(sealed=b""):
        credential.secret = material_of(credential).secret
        credential.save(update_fields=["secret"])


class Migration(migrations.Migration):
    dependencies = [("message_store", "0005_keys")]
    operations = [migrations.RunPython(seal, open_again)]
