"""What practitioners sign, by whose keys, and how private halves are kept."""

from datetime import UTC, date, datetime, timedelta

import pytest

from yibao.core import sm2
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.prescriptions.models import SigningKey
from yibao.domains.prescriptions.signatures import (
    NoKeyHereError,
    SignatureRefusedError,
    canonical,
    check_signature,
    keep_key,
    quantity_text,
    seal_anew,
    seal_text,
    sign_here,
)
from yibao.domains.reference.models import Change, Division

AT = datetime(2026, 11, 22, tzinfo=UTC)
TEXT = "处方"


@pytest.fixture
def physician(db):
    Division.objects.create(code="110101", name="x", pooling_region="110000")
    house = Institution.objects.create(
        code="H11010100001", name="院", kind="hospital", level="tertiary", division_id="110101",
        designated_from=date(2019, 1, 1),
    )  # fmt: skip
    return Practitioner.objects.create(
        code="D110101000001", name="医师", kind="D", institution=house, valid_from=date(2019, 1, 1)
    )


def test_the_text_is_written_in_one_way():
    told = {"b": {"y": None, "x": "1"}, "a": ["二", {"z": ""}], "empty": [], "none": None}
    assert canonical(told) == '{"a":["二",{}],"b":{"x":"1"}}'
    assert [quantity_text(each) for each in (10_000, 5_000, 12_345, 20_000_000)] == ["1", "0.5", "1.2345", "2000"]


def test_a_signature_of_ones_own_key_and_of_others(physician):
    private, other = sm2.new_private_key(), sm2.new_private_key()
    keep_key(practitioner_id=physician.pk, public_key=sm2.public_key_of(private), at=AT)

    def check(signature, text=TEXT, at=AT):
        return check_signature(practitioner_id=physician.pk, text=text, signature=signature, at=at, field="f")

    good = sm2.sign(private, TEXT.encode()).hex()
    assert check(good) == (sm2.public_key_of(private), good)
    for wrong in (sm2.sign(other, TEXT.encode()).hex(), "", "no", "00" * 64):
        with pytest.raises(SignatureRefusedError):
            check(wrong)
    with pytest.raises(SignatureRefusedError):
        check(good, text="另一处方")
    with pytest.raises(SignatureRefusedError):
        check(good, at=AT - timedelta(seconds=1))
    SigningKey.objects.update(valid_until=AT + timedelta(days=1))
    assert check(good)
    with pytest.raises(SignatureRefusedError):
        check(good, at=AT + timedelta(days=1))


def test_a_key_that_is_kept_here_signs_and_one_that_is_not_does_not(physician):
    with pytest.raises(NoKeyHereError):
        sign_here(practitioner_id=physician.pk, text=TEXT, at=AT)
    key = keep_key(practitioner_id=physician.pk, public_key=None, at=AT)
    public_key, signature = sign_here(practitioner_id=physician.pk, text=TEXT, at=AT)
    assert public_key == key.public_key
    assert sm2.verify(public_key, TEXT.encode(), bytes.fromhex(signature))


def test_an_institution_is_sealed_by_one_key(physician):
    first, second = (seal_text(institution_id=physician.institution_id, name="院", text=TEXT, at=AT) for _ in range(2))
    assert (first.public_key, first.certificate_number) == (second.public_key, second.certificate_number)
    assert SigningKey.objects.filter(institution_id=physician.institution_id).count() == 1


def test_private_halves_are_sealed_anew_and_stand_in_no_history(physician, settings):
    settings.MASTER_KEYS = ("the first master key, of some length",)
    key = keep_key(practitioner_id=physician.pk, public_key=None, at=AT)
    before = bytes(SigningKey.objects.get(pk=key.pk).sealed)
    settings.MASTER_KEYS = ("the second master key, of some length", "the first master key, of some length")
    assert (seal_anew(), seal_anew()) == (1, 0)
    settings.MASTER_KEYS = ("the second master key, of some length",)
    assert bytes(SigningKey.objects.get(pk=key.pk).sealed) != before
    assert sign_here(practitioner_id=physician.pk, text=TEXT, at=AT)[0] == key.public_key
    kept = Change.objects.filter(table="prescriptions_signingkey")
    assert kept.count() == 1
    assert all("sealed" not in (each.after or {}) for each in kept)
