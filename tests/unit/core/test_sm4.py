"""SM4 held against GB/T 32907-2016, annex A, and against the one block known from a real client."""

import pytest

from yibao.core import sm4

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
BLOCK = "681edf34d206965e86b3e94f536e4246"


def test_the_example_of_the_standard():
    assert sm4.encrypt(KEY, KEY)[:16].hex() == BLOCK
    assert len(sm4.encrypt(KEY, KEY)) == 32  # a whole block of padding follows a whole block


@pytest.mark.parametrize("plain", [b"", b"x", b"y" * 15, b"z" * 16, "姓名".encode() * 500])
def test_what_is_hidden_is_found_again(plain):
    sealed = sm4.encrypt(KEY, plain)
    assert len(sealed) == (len(plain) // 16 + 1) * 16
    assert sm4.decrypt(KEY, sealed) == plain


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 17, bytes.fromhex(BLOCK), b"\0" * 32])
def test_what_is_no_cipher_text(sealed):
    with pytest.raises(sm4.UnreadableCipherError) as refused:
        sm4.decrypt(KEY, sealed)
    assert refused.value.facts == {"length": len(sealed)}


def test_another_key_is_noticed_by_the_padding():
    with pytest.raises(sm4.UnreadableCipherError):
        sm4.decrypt(KEY[::-1], sm4.encrypt(KEY, b"input"))
