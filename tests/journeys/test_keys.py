"""Whoever runs the platform looks after the keys of institutions by command; a secret is shown once and never again."""

import json
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from typer.testing import CliRunner

from yibao.core import sm2
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import (
    KeyRetiredError,
    KeyRow,
    Material,
    UnknownKeyError,
    add_key,
    keys_in_force,
    material_of,
    seal_anew,
)
from yibao.domains.messages.models import AccessPoint, Credential, UsedNonce
from yibao.domains.messages.vault import UnknownMasterKeyError
from yibao.domains.reference.models import Change
from yibao.interfaces.commands import app
from yibao.interfaces.gateway import directory
from yibao.interfaces.gateway.schemes.making import UnreadableMaterialError

from .hospital import Hospital, accepted
from .records import nothing_changes
from .small_town import REGION, new_person

CODE = "H11010100001"


@pytest.fixture
def town(standing_town):
    return standing_town


def run(*arguments, given=None):
    return CliRunner().invoke(app, ["keys", *arguments], input=given, env={"COLUMNS": "200"}, catch_exceptions=False)


def told(result):
    """What was shown once, by name."""
    assert result.exit_code == 0, result.output
    return dict(line.split("=", 1) for line in result.output.splitlines() if "=" in line)


def point(scheme):
    return AccessPoint.objects.create(name=scheme, path_prefix=f"/p/{scheme}", region_id=REGION, scheme=scheme)


class TestAdding:
    def test_a_shared_secret_is_made_shown_once_and_works(self, town):
        Credential.objects.filter(access_point__path_prefix="/CSB", institution__code=CODE).delete()
        shown = told(run("add", CODE, "--access-point", "/CSB", "--name", f"key-{CODE}"))
        key = Credential.objects.latest("pk")
        assert (set(shown), material_of(key).secret) == ({"secret"}, shown["secret"])
        listed = run("list", "--institution", CODE).output
        assert f"key-{CODE}" in listed
        assert shown["secret"] not in listed

        class Ours(Hospital):
            def headers(self, body):
                from yibao.interfaces.gateway.schemes import SCHEMES

                from .hospital import next_ms

                signing = {"access_key": f"key-{CODE}", "material": Material(shown["secret"]), "now_ms": next_ms()}
                return SCHEMES["csb"].sign(body, **signing).headers

        directory.forget()
        hospital = Ours(scheme="csb", path="/CSB")
        body = hospital.body("2201", {"data": hospital.registration(new_person())})
        assert accepted("2201", hospital.post_bytes(body))["data"]["mdtrt_id"]

    def test_keys_of_sm2_come_from_the_institution_or_are_made_for_it(self, town):
        prefix = point("oauth").path_prefix
        theirs = sm2.new_private_key()
        shown = told(run("add", CODE, "--access-point", prefix, "--name", "client-of-jilin1", "--public-key",
                         f"04{sm2.public_key_of(theirs).upper()}"))  # fmt: skip
        material = material_of(Credential.objects.latest("pk"))
        assert set(shown) == {"secret", "username", "password", "public_key", "platform_public_key"}
        assert material.public_key == sm2.public_key_of(theirs)
        assert sm2.public_key_of(material.private_key) == shown["platform_public_key"]
        made = told(run("add", CODE, "--access-point", prefix, "--name", "client-of-jilin2"))
        material = material_of(Credential.objects.latest("pk"))
        assert sm2.public_key_of(made["private_key"]) == made["public_key"] == material.public_key
        assert made["private_key"] != material.private_key

    def test_from_what_the_province_hands_over(self, town):
        handed = json.dumps({"secret": "province-secret", "sm4_key": "AB" * 16})
        result = run("add", CODE, "--access-point", "/ebus/bj", "--name", "paas", "--from-file", "-", given=handed)
        assert (result.exit_code, "province-secret" in result.output) == (0, False)
        assert material_of(Credential.objects.latest("pk")) == Material("province-secret", sm4_key="ab" * 16)

    @pytest.mark.parametrize("handed", ["[]", "{", '{"secert": "x"}', '{"sm4_key": "ab"}', "{}", '{"secret": 5}'])
    def test_what_is_no_key_is_refused(self, town, handed):
        with nothing_changes(), pytest.raises(UnreadableMaterialError):
            run("add", CODE, "--access-point", "/CSB", "--from-file", "-", given=handed)

    @pytest.mark.parametrize(
        ("institution", "prefix", "said"),
        [(CODE, "/nowhere", "no access point"), ("H00000000000", "/CSB", "no such institution")],
    )
    def test_for_nobody_or_nowhere(self, town, institution, prefix, said):
        with nothing_changes():
            result = run("add", institution, "--access-point", prefix)
        assert result.exit_code == 1
        assert said in result.stderr

    def test_where_nothing_is_signed_there_is_no_secret(self, town):
        assert told(run("add", CODE, "--access-point", "/fsi")) == {}
        key = Credential.objects.latest("pk")
        assert (key.access_key, bytes(key.sealed)) == ("", b"")


class TestRotating:
    def test_both_are_in_force_for_the_overlap(self, town):
        old = Credential.objects.get(access_point__path_prefix="/CSB", institution__code=CODE)
        shown = told(run("rotate", str(old.pk), "--overlap-days", "3"))
        new = Credential.objects.latest("pk")
        old.refresh_from_db()
        assert (new.access_key, material_of(new).secret) == (old.access_key, shown["secret"])
        assert (old.valid_until - new.valid_from).days == 3
        force = [new.valid_from, old.valid_until]
        assert [len(self.of(old, at)) for at in force] == [2, 1]

    def of(self, key, at):
        found = keys_in_force(access_point_ids=[key.access_point_id], at=at)
        return [each for each in found if each.institution_code == CODE]

    def test_a_key_ends_once(self, town):
        old = Credential.objects.get(access_point__path_prefix="/CSB", institution__code=CODE)
        assert run("retire", str(old.pk)).exit_code == 0
        with nothing_changes():
            for act in ("retire", "rotate"):
                with pytest.raises(KeyRetiredError):
                    run(act, str(old.pk))
                with pytest.raises(UnknownKeyError):
                    run(act, "999999999")
        assert f" {old.pk} " not in run("list").output
        assert f" {old.pk} " in run("list", "--ended", "--access-point", "/CSB").output


class TestTheMasterKey:
    def test_a_new_one_takes_over(self, town, settings):
        before = settings.MASTER_KEYS
        keys = {key.pk: material_of(key) for key in Credential.objects.exclude(sealed=b"")}
        settings.MASTER_KEYS = (run("master").output.strip(), *before)
        assert str(len(keys)) in run("rewrap").output
        settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
        assert {key.pk: material_of(key) for key in Credential.objects.exclude(sealed=b"")} == keys
        assert seal_anew() == 0

    def test_nothing_is_sealed_anew_when_one_cannot_be_opened(self, town, settings):
        settings.MASTER_KEYS = ("another master key that is long enough",)
        with nothing_changes(), pytest.raises(UnknownMasterKeyError):
            run("rewrap")

    def test_the_history_tells_who_has_which_key_and_nothing_of_it(self, town):
        key = Credential.objects.get(access_point__path_prefix="/CSB", institution__code=CODE)
        run("retire", str(key.pk))
        seal_anew()
        (change,) = Change.objects.filter(table="message_store_credential", record=str(key.pk), action="update")
        assert (change.before["valid_until"], change.after["valid_until"] is None) == (None, False)
        assert "sealed" not in {**change.before, **change.after}


class TestTheDatabase:
    @pytest.mark.parametrize(
        "changes", [{"access_key": "x"}, {"institution_id": 2}, {"valid_from": datetime(2020, 1, 1, tzinfo=UTC)}]
    )
    def test_keeps_a_key_as_it_was_made(self, town, changes):
        key = Credential.objects.exclude(sealed=b"").first()
        with pytest.raises(IntegrityError, match="only its end"), transaction.atomic():
            Credential.objects.filter(pk=key.pk).update(**changes)

    def test_a_secret_moved_to_another_institution_opens_nothing(self, town):
        key = Credential.objects.get(access_point__path_prefix="/CSB", institution__code=CODE)
        other = Institution.objects.get(code="H11010100002")
        thief = add_key(KeyRow(key.access_point_id, other.pk, key.access_key))
        thief.sealed = key.sealed
        thief.save(update_fields=["sealed"])
        with pytest.raises(UnknownMasterKeyError):
            material_of(thief)
        directory.forget()
        ring = directory.keyring_at(AccessPoint.objects.get(path_prefix="/CSB"))
        assert all(other.code not in each.institutions for each in ring.named(key.access_key))


def test_a_nonce_costs_a_change_no_wait_for_the_database(town, monkeypatch):
    """The note of the nonce travels with the message: the gateway waits as often as without one."""
    connection.ensure_connection()
    raw, waits = connection.connection, []
    wait = raw.wait  # a sandbox that was watched by this connection has put its stopwatch there

    def counted(*arguments, **named):
        waits.append(1)
        return wait(*arguments, **named)

    counts = []
    for scheme, path in (("none", "/fsi"), ("tif", "/ebus/bj")):
        hospital = Hospital(scheme=scheme, path=path)
        bodies = [hospital.body("2201", {"data": hospital.registration(new_person())}) for _ in "12"]
        hospital.post_bytes(bodies[0])
        with monkeypatch.context() as patch:
            patch.setitem(vars(raw), "wait", counted)
            waits.clear()
            accepted("2201", hospital.post_bytes(bodies[1]))
        counts.append(len(waits))
    assert counts[0] == counts[1] > 0
    assert UsedNonce.objects.count() == 2
