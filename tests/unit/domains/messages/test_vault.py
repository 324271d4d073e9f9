"""What is sealed opens under its master key alone, beside what it belongs to; a new master key takes over without a pause."""

import pytest

from yibao.domains.messages import vault

OLD, NEW = "the old master key of this test, long enough", "the new master key of this test, long enough"


@pytest.fixture(autouse=True)
def _old(settings):
    settings.MASTER_KEYS = (OLD,)


def test_what_is_sealed_opens_and_shows_nothing():
    sealed = vault.seal(b"secret-of-a-hospital", belongs_to=b"key 1 2 ak")
    assert b"secret" not in sealed
    assert vault.unseal(sealed, belongs_to=b"key 1 2 ak") == b"secret-of-a-hospital"
    assert vault.seal(b"secret-of-a-hospital", belongs_to=b"key 1 2 ak") != sealed


@pytest.mark.parametrize("place", [0, 4, 10, 20, -1])
def test_nothing_changed_opens(place):
    sealed = bytearray(vault.seal(b"secret", belongs_to=b"a"))
    sealed[place] ^= 1
    if place == 0:
        sealed[1] ^= 1  # the form says nothing about the content; the fingerprint does
    with pytest.raises(vault.UnknownMasterKeyError):
        vault.unseal(bytes(sealed), belongs_to=b"a")


def test_nothing_moved_opens():
    with pytest.raises(vault.UnknownMasterKeyError):
        vault.unseal(vault.seal(b"secret", belongs_to=b"a"), belongs_to=b"b")


def test_a_master_key_is_replaced(settings):
    sealed = vault.seal(b"secret", belongs_to=b"a")
    settings.MASTER_KEYS = (NEW, OLD)
    assert (vault.unseal(sealed, belongs_to=b"a"), vault.is_newest(sealed)) == (b"secret", False)
    anew = vault.seal(b"secret", belongs_to=b"a")
    settings.MASTER_KEYS = (NEW,)
    assert (vault.unseal(anew, belongs_to=b"a"), vault.is_newest(anew)) == (b"secret", True)
    with pytest.raises(vault.UnknownMasterKeyError) as refused:
        vault.unseal(sealed, belongs_to=b"a")
    assert len(refused.value.facts["fingerprint"]) == 8


def test_without_a_master_key_nothing_is_sealed(settings):
    settings.MASTER_KEYS = ()
    for act in (vault.check, lambda: vault.seal(b"", belongs_to=b""), lambda: vault.unseal(b"x" * 40, belongs_to=b"")):
        with pytest.raises(vault.NoMasterKeyError):
            act()


def test_a_short_one_is_none(settings):
    settings.MASTER_KEYS = ("short",)
    with pytest.raises(vault.ShortMasterKeyError) as refused:
        vault.check()
    assert refused.value.facts == {"least": 32}
    settings.MASTER_KEYS = (vault.new_master_key(),)
    vault.check()
