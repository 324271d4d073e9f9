"""How one value of each kind is read from JSON and written to JSON; money never passes through a float."""

import base64
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final

import msgspec

from yibao.interfaces.gateway.catalogue import DICTIONARIES, Dictionary, Field

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The only clock of the interface: times carry no zone and mean Beijing time."""

Reader = Callable[[Any], Any]
"""Takes a JSON value that is not null (floats as the text the sender wrote), gives the typed value or None when blank."""

Writer = Callable[[Any], Any]
"""Takes a typed value that is not None, gives what `msgspec.json.encode` writes exactly."""

BLANK: Final = frozenset(("", "null"))
"""Texts that mean no value; weak clients write the word null."""

_NUMBER: Final = re.compile(r"([+-]?)([0-9]{0,20})(?:\.([0-9]{0,40}))?").fullmatch
_EXPONENT_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?[eE][+-]?[0-9]{1,2}").fullmatch
_MILLISECONDS: Final = re.compile(r"[0-9]{13}").fullmatch
_EPOCH: Final = datetime(1970, 1, 1, 8, tzinfo=BEIJING)
_SHOWN: Final = 30
_DIGITS: Final = 18
_REMEMBERED: Final = 4096
"""Texts of numbers and times repeat within and between messages: the last ones are remembered, all of bounded length."""


class UnreadableError(Exception):
    """A value that its field does not take: the reason as a code, and facts for the sentence."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason, facts)
        self.reason = reason
        self.facts = facts


def reader_of(field: Field) -> Reader:
    """The function that reads values of this field."""
    if field.type == "number":
        assert field.precision is not None
        return _number_reader(*field.precision)
    if field.type in _PLAIN_READERS:
        return _PLAIN_READERS[field.type]
    assert field.length is not None
    if field.type == "extension":
        return _extension_reader(field.length)
    return _char_reader(field.length, DICTIONARIES[field.dictionary] if field.dictionary else None)


def plain_length(field: Field) -> int:
    """The length of a field that is text without a code table, which readers of whole objects read in line; else 0."""
    return field.length or 0 if field.type == "char" and field.dictionary is None else 0


def writer_of(field: Field) -> Writer:
    """The function that writes typed values of this field."""
    if field.type == "number":
        return _number_writer(field.decimals)
    if field.type == "date":
        return _write_date
    if field.type == "datetime":
        return _write_datetime
    if field.type == "boolean":
        return bool
    if field.type == "bytes":
        return _write_bytes
    return _write_text


def _shown(value: object) -> str:
    """A refused value as the sentence shows it."""
    text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _text_of_scalar(value: object) -> str:
    """Numbers sent where text is expected; anything else is refused."""
    if type(value) is int:
        return str(value)
    raise UnreadableError("not_text")


def _char_reader(length: int, dictionary: Dictionary | None) -> Callable[[Any], str | None]:
    """Text of at most `length` characters, trimmed; a code of the table when there is one."""

    def read_text(value: Any) -> str | None:
        text: str = value.strip() if type(value) is str else _text_of_scalar(value)
        if text in BLANK:
            return None
        if len(text) > length:
            raise UnreadableError("too_long", limit=length, length=len(text))
        if "\0" in text:
            raise UnreadableError("bad_character")
        return text

    if dictionary is None:
        return read_text
    accept, codes = _acceptance(dictionary), frozenset(dictionary.values)

    def read_code(value: Any) -> str | None:
        if type(value) is str and value in codes:
            return value
        code = read_text(value)
        return None if code is None else accept(code)

    return read_code


def _acceptance(dictionary: Dictionary) -> Callable[[str], str]:
    """The test whether a code belongs to the table, see `Dictionary`."""
    codes = frozenset(dictionary.values)
    is_extension = re.compile(dictionary.extension or "(?!)").fullmatch
    open_table = dictionary.confidence == "recalled"
    width = dictionary.zero_padded_to or 0

    def accept(code: str) -> str:
        if code in codes or open_table:
            return code
        padded = code.zfill(width)
        if padded in codes:
            return padded
        if is_extension(code):
            return code
        raise UnreadableError("unknown_code", value=_shown(code))

    return accept


def _extension_reader(length: int) -> Reader:
    """JSON of any shape, kept as text."""
    read_text = _char_reader(length, None)

    def read(value: Any) -> str | None:
        if isinstance(value, dict | list):
            return read_text(msgspec.json.encode(value).decode()) if value else None
        return read_text(str(value))

    return read


@cache
def _number_reader(digits: int, decimals: int) -> Reader:
    """A decimal number as an integer of 10**-decimals units, from a JSON number or from text."""
    unit, limit = 10**decimals, 10**digits

    def within(units: int) -> int:
        if -limit < units < limit:
            return units
        raise UnreadableError("too_large", digits=digits - decimals)

    @lru_cache(maxsize=_REMEMBERED)
    def units_of(text: str) -> int | None:
        return None if text in BLANK else within(_units_of(text, decimals))

    def read(value: Any) -> int | None:
        if type(value) is str:
            return units_of(value.strip())
        if type(value) is int:
            return within(value * unit)
        raise UnreadableError("not_a_number", value=_shown(value))

    return read


def _units_of(text: str, decimals: int) -> int:
    """The number written in `text` in units of 10**-decimals, exactly; the form nearly all senders use goes first."""
    whole, _, part = text.partition(".")
    missing = decimals - len(part)
    if missing >= 0 and len(whole) <= _DIGITS and whole.isdigit() and text.isascii() and (part.isdigit() or not part):
        return int(whole + part + "0" * missing)
    return _units_of_any_form(text, decimals)


def _units_of_any_form(text: str, decimals: int) -> int:
    """Signs, exponents, a missing whole part and superfluous zeros are understood too."""
    match = _NUMBER(text)
    if match is None and _EXPONENT_NUMBER(text):
        match = _NUMBER(f"{Decimal(text):f}")
    if match is None or not (match[2] or match[3]):
        raise UnreadableError("not_a_number", value=_shown(text))
    part = (match[3] or "").rstrip("0")
    if len(part) > decimals:
        raise UnreadableError("too_many_decimals", decimals=decimals, value=_shown(text))
    units = int(match[2] + part.ljust(decimals, "0") or "0")
    return -units if match[1] == "-" else units


def _read_boolean(value: Any) -> bool | None:
    """Yes or no, as JSON says it or as text."""
    if type(value) is bool:
        return value
    text = str(value).strip().lower()
    if text in BLANK:
        return None
    if text in ("true", "false"):
        return text == "true"
    raise UnreadableError("not_a_boolean", value=_shown(value))


def _read_bytes(value: Any) -> bytes | None:
    """The bytes of a file: Base64 text, or a list of byte values that may be signed as Java writes them."""
    try:
        if isinstance(value, list):
            return bytes(each & 0xFF for each in value if -128 <= each <= 255 or _out_of_range(each))
        return base64.b64decode(_text_of_scalar(value) if type(value) is not str else value, validate=True) or None
    except (ValueError, TypeError):
        raise UnreadableError("not_bytes", value=_shown(value)) from None


def _out_of_range(each: object) -> bool:
    """No byte has this value."""
    raise ValueError(each)


def _write_bytes(value: bytes) -> str:
    """The bytes of a file as Base64 text."""
    return base64.b64encode(value).decode()


def _read_datetime(value: Any) -> datetime | None:
    """A moment from yyyy-MM-dd, yyyy-MM-dd HH:mm:ss (or with T), or 13 digits of milliseconds."""
    text = value.strip() if type(value) is str else str(value)
    return None if text in BLANK else _moment_of(text)


@lru_cache(maxsize=_REMEMBERED)
def _moment_of(text: str) -> datetime:
    """The moment that `text` writes; the lines of one message repeat theirs, so the last ones are remembered."""
    try:
        if len(text) == 10 and text[4] == "-" == text[7]:
            return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
        if len(text) == 19 and text[4] == "-" == text[7] and text[10] in " T" and text[13] == ":" == text[16]:
            return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    except ValueError:
        raise UnreadableError("not_a_date", value=_shown(text)) from None
    if _MILLISECONDS(text):
        return _EPOCH + timedelta(milliseconds=int(text))
    raise UnreadableError("not_a_date", value=_shown(text))


def _read_date(value: Any) -> date | None:
    """A day, from the same forms; the time of day is dropped."""
    moment = _read_datetime(value)
    return None if moment is None else moment.date()


def _write_text(value: str) -> str:
    """Text as it is; anything else is a mistake of the caller."""
    if type(value) is not str:
        raise TypeError(value)
    return value


@cache
def _number_writer(decimals: int) -> Writer:
    """An integer of 10**-decimals units as a JSON number with exactly that many decimals."""
    unit = 10**decimals
    form = b"%%d.%%0%dd" % decimals
    raw = msgspec.Raw

    def write_whole(value: int) -> int:
        if type(value) is not int:
            raise TypeError(value)
        return value

    @lru_cache(maxsize=_REMEMBERED, typed=True)
    def write(value: int) -> msgspec.Raw:
        if type(value) is not int:
            raise TypeError(value)
        return raw(form % divmod(value, unit) if value >= 0 else b"-" + form % divmod(-value, unit))

    return write if decimals else write_whole


def _beijing(value: datetime) -> datetime:
    """The moment on Beijing's clock; a naive value is already on it."""
    return value if value.tzinfo is None else value.astimezone(BEIJING)


def _write_date(value: date) -> str:
    """A day as yyyy-MM-dd; of a moment, its day in Beijing."""
    return _beijing(value).isoformat()[:10] if isinstance(value, datetime) else value.isoformat()


def _write_datetime(value: datetime) -> str:
    """A moment as yyyy-MM-dd HH:mm:ss in Beijing time."""
    return _beijing(value).isoformat(" ", "seconds")[:19]


_PLAIN_READERS: Final[dict[str, Reader]] = {
    "date": _read_date,
    "datetime": _read_datetime,
    "boolean": _read_boolean,
    "bytes": _read_bytes,
}
