"""Codes of electronic vouchers: what they say, how long they live, and that nothing else passes for one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.domains.vouchers.codes import (
    LIFE,
    SKEW,
    ForgedVoucherError,
    is_code,
    key_number,
    make_code,
    read_code,
    secret_of,
)

NOW = datetime(2026, 5, 6, 9, 30, 12, 345678, tzinfo=UTC)
SECRET = secret_of(7, b"a secret of thirty-two bytes....")


class TestCode:
    def test_fits_the_field_of_the_interface_and_the_dense_mode_of_a_qr_code(self):
        text = make_code(SECRET, voucher_id=123, now=NOW).text
        assert len(text) == 50
        assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")

    def test_says_whose_it_is_and_when_it_was_made(self):
        code = make_code(SECRET, voucher_id=2**40 - 1, now=NOW)
        proof = read_code(SECRET, code.text, now=NOW)
        assert (proof.voucher_id, proof.made_at, proof.expires_at) == (
            2**40 - 1,
            datetime(2026, 5, 6, 9, 30, 12, tzinfo=UTC),
            datetime(2026, 5, 6, 9, 31, 12, tzinfo=UTC),
        )
        assert code.expires_at - code.made_at == LIFE == timedelta(seconds=60)

    def test_names_its_key(self):
        assert key_number(make_code(SECRET, voucher_id=1, now=NOW).text) == 7

    def test_two_of_one_person_have_nothing_in_common_but_the_key(self):
        one, other = (make_code(SECRET, voucher_id=5, now=NOW).text for _ in range(2))
        assert one[:5] == other[:5]
        same = sum(a == b for a, b in zip(one[6:], other[6:], strict=True))
        assert same < 15  # of 44 characters; by chance one or two

    def test_is_read_when_its_time_is_over_too(self):
        text = make_code(SECRET, voucher_id=5, now=NOW).text
        assert read_code(SECRET, text, now=NOW + timedelta(days=400)).voucher_id == 5


class TestForgery:
    @given(place=st.integers(2, 49), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
    def test_one_other_letter_is_seen(self, place, letter):
        text = make_code(SECRET, voucher_id=5, now=NOW).text
        changed = text[:place] + letter + text[place + 1 :]
        if changed == text:
            assert read_code(SECRET, changed, now=NOW).voucher_id == 5
            return
        with pytest.raises(ForgedVoucherError):
            read_code(SECRET, changed, now=NOW)

    @pytest.mark.parametrize(
        "text", ["", "EC", "ec" + "a" * 48, "EC" + "A" * 47, "EC" + "A" * 49, "EC" + "1" * 48, "电" * 50]
    )
    def test_what_has_another_shape_is_none(self, text):
        assert not is_code(text)
        with pytest.raises(ForgedVoucherError):
            key_number(text)

    def test_another_secret_reads_nothing(self):
        with pytest.raises(ForgedVoucherError):
            read_code(secret_of(7, b"another"), make_code(SECRET, voucher_id=5, now=NOW).text, now=NOW)

    def test_another_number_of_the_same_secret_is_seen(self):
        text = make_code(secret_of(8, b"a secret of thirty-two bytes...."), voucher_id=5, now=NOW).text
        swapped = make_code(SECRET, voucher_id=5, now=NOW).text[:5] + text[5:]
        with pytest.raises(ForgedVoucherError):
            read_code(SECRET, swapped, now=NOW)

    def test_one_from_the_future_is_refused_beyond_what_clocks_differ(self):
        text = make_code(SECRET, voucher_id=5, now=NOW).text
        assert read_code(SECRET, text, now=NOW.replace(microsecond=0) - SKEW).voucher_id == 5
        with pytest.raises(ForgedVoucherError):
            read_code(SECRET, text, now=NOW.replace(microsecond=0) - SKEW - timedelta(seconds=1))
