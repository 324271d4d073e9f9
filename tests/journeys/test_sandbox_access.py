"""The access points of a sandbox: one for every scheme of signing, with keys by which a system's messages are let in."""

import json
from datetime import UTC, datetime

import pytest

from yibao.city.founding import found_city
from yibao.city.sandbox_access import SandboxScheme, chosen, found_access
from yibao.core.sm2 import public_key_of
from yibao.domains.messages.keys import Material
from yibao.domains.messages.models import AccessPoint, Credential
from yibao.domains.sandbox.client_keys import as_client, paired
from yibao.interfaces.console.home import first_message
from yibao.interfaces.console.signed import signed_message
from yibao.interfaces.gateway.schemes import SCHEMES
from yibao.workflows.load_reference import load_reference

from .hospital import BEIJING, post
from .hospital import datetime as clock

AT = datetime(2026, 11, 9, 8, tzinfo=UTC)
SPOKEN = set(SCHEMES)
OTHER_ENVELOPES = {name for name, scheme in SCHEMES.items() if scheme.has_own_envelope}
ALL = [SandboxScheme(name, name, SCHEMES[name].parts) for name in sorted(SPOKEN)]


@pytest.fixture
def city(db):
    load_reference(at=AT)
    return found_city(seed=7, size=200, at=AT, tell=lambda _what: None)


def test_every_scheme_lets_each_chosen_institution_in_once_opened(city):
    opened = {point.scheme for point in found_access(city=city, schemes=ALL)}
    assert opened == SPOKEN - {"none", "csb", "tif"}

    said = {}
    for point in AccessPoint.objects.exclude(scheme__in=OTHER_ENVELOPES):
        for code in chosen(city):
            now = clock.now(BEIJING)
            body = first_message(
                institution_code=code, name="试", document=city.identity_numbers[0], division=city.region.code
            )
            signed = signed_message(point, institution_code=code, body=body, infno="1101", at=now)
            _, answer = post(f"{point.path_prefix}/1101", signed.body, headers=signed.headers)
            said[point.scheme, code] = json.loads(answer).get("infcode")

    assert len(said) == len(SPOKEN - OTHER_ENVELOPES) * 5
    assert {at: infcode for at, infcode in said.items() if infcode not in {0, "0"}} == {}


def test_a_second_call_opens_nothing(city):
    found_access(city=city, schemes=ALL)
    keys = Credential.objects.count()

    assert found_access(city=city, schemes=ALL) == []
    assert Credential.objects.count() == keys


class TestClientKeys:
    PLATFORM = "1f" * 32

    def test_the_client_holds_its_own_private_and_the_platforms_public_key(self):
        platform = paired(Material(secret="s", private_key=self.PLATFORM))
        client = as_client(platform)

        assert client.public_key == public_key_of(self.PLATFORM)
        assert public_key_of(client.private_key) == platform.public_key
        assert (client.secret, client.private_key != self.PLATFORM) == ("s", True)

    def test_the_key_of_a_real_client_is_not_known(self):
        real = Material(private_key=self.PLATFORM, public_key=public_key_of("2e" * 32))

        assert as_client(real) is None

    def test_a_shared_secret_is_the_same_on_both_sides(self):
        assert as_client(Material(secret="s")) == Material(secret="s")
