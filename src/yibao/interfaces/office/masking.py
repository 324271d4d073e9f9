"""Hide who a record is about: names, identity numbers, telephones, addresses, also inside messages."""

import json
import re
from collections.abc import Collection
from typing import Any, Final

from yibao.core.identity import mask, mask_name

__all__ = ["mask_name", "masked_message", "masked_value"]

_EIGHTEEN_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_NUMBER_KEYS: Final = frozenset(
    {
        "certno", "psn_cert_no", "mdtrt_cert_no", "card_sn", "card_token", "ectoken", "ec_token", "ecqrcode", "tel", "mob", "coner_tel",
        "agnter_tel", "agnter_certno", "bankacct", "coner_certno",
    }
)  # fmt: skip
_NAME_KEY: Final = re.compile(r"(?:^|_)(?:psn|opter|dr|doc|dor|coner|patn|agnter|atddr|chfpdr|nurs|phar)_name$|^name$")
_ADDRESS_KEY: Final = re.compile(r"(?:^|_)addr$")
_LONGEST_BODY: Final = 200_000


def masked_message(raw: bytes, *, hidden: Collection[str]) -> str:
    """Lay out the bytes of a JSON message for reading, with personal values masked.

    Masked are members known to hold a name, a number or an address, everything that looks like a citizen's number, and
    every occurrence of the words in `hidden`, also in JSON that stands as text inside JSON. What is no JSON is shown as
    text with the same words masked; nothing is shown of a body too long to be read.
    """
    if len(raw) > _LONGEST_BODY:
        return f"({len(raw):,} bytes)"
    text = raw.decode("utf-8", errors="replace")
    words = tuple(sorted((word for word in hidden if word), key=len, reverse=True))
    try:
        content = json.loads(text)
    except ValueError:
        return _mask_text(text, words)
    return json.dumps(_mask_value("", content, words), ensure_ascii=False, indent=2)


def masked_value(value: Any, *, hidden: Collection[str] = ()) -> Any:
    """JSON values with personal ones masked, as `masked_message` masks them."""
    return _mask_value("", value, tuple(sorted((word for word in hidden if word), key=len, reverse=True)))


def _mask_value(key: str, value: Any, words: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {name: _mask_value(name, member, words) for name, member in value.items()}
    if isinstance(value, list):
        return [_mask_value(key, member, words) for member in value]
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return _mask_scalar(key.lower(), value, words)
    return value


def _mask_scalar(key: str, value: str | int, words: tuple[str, ...]) -> Any:
    text = str(value)
    if key in _NUMBER_KEYS:
        return mask(text)
    if _NAME_KEY.search(key):
        return mask_name(text)
    if _ADDRESS_KEY.search(key):
        return "*" * min(len(text), 6)
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        return _mask_embedded(value, words)
    hidden = _mask_text(text, words)
    return value if hidden == text else hidden


def _mask_embedded(text: str, words: tuple[str, ...]) -> Any:
    """JSON kept as text, as `exp_content` is, is masked as JSON."""
    try:
        return json.dumps(_mask_value("", json.loads(text), words), ensure_ascii=False)
    except ValueError:
        return _mask_text(text, words)


def _mask_text(text: str, words: tuple[str, ...]) -> str:
    for word in words:
        text = text.replace(word, mask(word) if len(word) >= 6 else mask_name(word))
    return _EIGHTEEN_DIGITS.sub(lambda found: mask(found[0]), text)
