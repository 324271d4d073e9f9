"""SM2 held against GB/T 32918.5-2017, annex A, and against OpenSSL's own idea of the formats."""

import base64
import hashlib

import pytest

from yibao.core import sm2

PRIVATE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PUBLIC = (
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
MESSAGE = b"message digest"
Z = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
E = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
SIGNATURE = (
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
P256 = (
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004" + PUBLIC)


def test_sm3_of_this_python_is_the_standard_one():
    # GB/T 32905-2016, annex A.1
    assert hashlib.new("sm3", b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


class TestTheExampleOfTheStandard:
    def test_the_public_key_of_the_private_one(self):
        assert sm2.public_key_of(PRIVATE) == PUBLIC

    def test_the_digests_of_identity_and_message(self):
        z = sm2.identity_digest(PUBLIC, sm2.DEFAULT_ID)
        assert (z.hex(), hashlib.new("sm3", z + MESSAGE).hexdigest()) == (Z, E)

    def test_the_signature_is_accepted(self):
        assert sm2.verify(PUBLIC, MESSAGE, bytes.fromhex(SIGNATURE))

    @pytest.mark.parametrize(
        "changed",
        [
            {"message": b"message digesT"},
            {"user_id": b"1234567812345679"},
            {"signature": bytes.fromhex(SIGNATURE[:-1] + "b")},
            {"signature": bytes(64)},
            {"signature": b"\xff" * 64},
            {"signature": bytes.fromhex(SIGNATURE)[:63]},
            {"public_key": sm2.public_key_of("1" * 64)},
        ],
    )
    def test_nothing_else_is(self, changed):
        given = {"public_key": PUBLIC, "message": MESSAGE, "signature": bytes.fromhex(SIGNATURE), **changed}
        assert not sm2.verify(given.pop("public_key"), given.pop("message"), given.pop("signature"), **given)


class TestSigning:
    @pytest.mark.parametrize("user_id", [sm2.DEFAULT_ID, b"", "客户端".encode(), b"x" * 300])
    def test_what_is_signed_is_accepted_with_the_same_identity_only(self, user_id):
        signature = sm2.sign(PRIVATE, b"\x00\xff", user_id=user_id)
        assert len(signature) == sm2.SIGNATURE_BYTES
        assert sm2.verify(PUBLIC, b"\x00\xff", signature, user_id=user_id)
        assert not sm2.verify(PUBLIC, b"\x00\xff", signature, user_id=user_id + b"!")

    def test_new_keys_sign_and_short_numbers_are_filled_up(self):
        for _ in range(200):  # r or s begins with a zero byte about once in 128 signatures
            private = sm2.new_private_key()
            signature = sm2.sign(private, b"m")
            assert len(signature) == sm2.SIGNATURE_BYTES
            assert sm2.verify(sm2.public_key_of(private), b"m", signature)

    def test_a_refusal_leaves_nothing_behind_for_the_next_caller(self):
        assert not sm2.verify(PUBLIC, b"m", bytes(64))
        assert sm2.verify(PUBLIC, b"m", sm2.sign(PRIVATE, b"m"))


class TestKeysAsOthersWriteThem:
    @pytest.mark.parametrize(
        "text",
        [
            PRIVATE,
            PRIVATE.upper(),
            "00" + PRIVATE,
            base64.b64encode(bytes.fromhex(PRIVATE)).decode(),
            base64.b64encode(
                bytes.fromhex(f"30770201010420{PRIVATE}a00a06082a811ccf5501822da14403420004{PUBLIC}")
            ).decode(),
        ],
    )
    def test_private_keys(self, text):
        assert sm2.read_private_key(text) == PRIVATE

    @pytest.mark.parametrize(
        "text",
        [
            PUBLIC,
            "04" + PUBLIC.upper(),
            base64.b64encode(bytes.fromhex("04" + PUBLIC)).decode(),
            base64.b64encode(SPKI).decode(),
            SPKI.hex(),
            f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(SPKI).decode()}\n-----END PUBLIC KEY-----\n",
        ],
    )
    def test_public_keys(self, text):
        assert sm2.read_public_key(text) == PUBLIC

    @pytest.mark.parametrize(
        "text",
        ["", "key", "00" * 32, "ff" * 32, PRIVATE[:-2], base64.b64encode(SPKI).decode()],
    )
    def test_what_is_no_private_key(self, text):
        with pytest.raises(sm2.UnreadableKeyError) as refused:
            sm2.read_private_key(text)
        assert refused.value.facts == {"part": "private_key"}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "04",
            PUBLIC[:-1] + "4",  # beside the curve
            "00" * 64,
            P256,  # a key of another curve
        ],
    )
    def test_what_is_no_public_key(self, text):
        with pytest.raises(sm2.UnreadableKeyError) as refused:
            sm2.read_public_key(text)
        assert refused.value.facts == {"part": "public_key"}


class TestSignaturesAsOthersWriteThem:
    RAW = bytes.fromhex(SIGNATURE)
    DER = bytes.fromhex("3046022100" + SIGNATURE[:64] + "022100" + SIGNATURE[64:])

    @pytest.mark.parametrize(
        "text",
        [
            SIGNATURE,
            SIGNATURE.upper(),
            base64.b64encode(RAW).decode(),
            base64.b64encode(DER).decode(),
            DER.hex(),
        ],
    )
    def test_are_read(self, text):
        assert sm2.read_signature(text) == self.RAW

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "signature",
            SIGNATURE[:-2],
            base64.b64encode(DER[:-1]).decode(),
            base64.b64encode(b"\x30\x02\x02\x01").decode(),
            base64.b64encode(b"\x30\x04\x04\x00\x02\x00").decode(),
            base64.b64encode(bytes((0x30, 0x28)) + b"\x02\x22" + b"\xff" * 0x22 + b"\x02\x02\x01\x01").decode(),
        ],
    )
    def test_others_are_not(self, text):
        with pytest.raises(sm2.UnreadableSignatureError):
            sm2.read_signature(text)
