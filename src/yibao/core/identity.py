"""Identity documents (证件): what a number must look like, and what it says about birth, sex and place.

Forms of numbers are GB 11643 (18 digits, check digit by ISO 7064 MOD 11-2) and, where no public standard states one, the
form printed on the documents; those are as loose as is needed to refuse no true document.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from yibao.core.divisions import PROVINCE_PREFIXES, NotADivisionError, parse_division
from yibao.core.errors import YibaoError

_CHECK_CHARACTERS: Final = "10X98765432"
_WEIGHTS: Final = tuple(2**place % 11 for place in range(17, 0, -1))

_EIGHTEEN: Final = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_HONG_KONG: Final = re.compile(r"H[0-9]{8}(?:[0-9]{2})?|K[0-9]{8}|[HK][A-Z][0-9]{7}")
_MACAU: Final = re.compile(r"M[0-9]{8}(?:[0-9]{2})?|M[A-Z][0-9]{7}")
_TAIWAN: Final = re.compile(r"[0-9]{8}")
_OLD_PERMANENT_RESIDENT: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_CHINESE_PASSPORT: Final = re.compile(r"[A-Z][0-9]{8}|[A-Z]{2}[0-9]{7}|1[45][0-9]{7}")
_FOREIGN_PASSPORT: Final = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}")
_DISABILITY: Final = re.compile(r"([0-9]{17}[0-9X])[1-7][1-4](?:B[0-9]{1,2})?")
_OTHER: Final = re.compile(r"[^\s\x00-\x1f]{1,50}")


class Sex(StrEnum):
    """Sex (性别) under the code of GB/T 2261.1."""

    MALE = "1"
    FEMALE = "2"


class IdentityError(YibaoError):
    """A document's number cannot be right; `document` is the type's code and `number` is masked."""

    code: ClassVar[str] = "identity.wrong"


class UnknownDocumentTypeError(IdentityError):
    """The code of the document type (人员证件类型) is not in the national dictionary."""

    code: ClassVar[str] = "identity.unknown_document_type"


class NumberFormError(IdentityError):
    """The number has not the length or the characters that this kind of document has."""

    code: ClassVar[str] = "identity.form"


class CheckDigitError(IdentityError):
    """The last character does not follow from the others: a digit was mistyped or two were swapped."""

    code: ClassVar[str] = "identity.check_digit"


class BirthDateError(IdentityError):
    """The digits of birth are no day of the calendar, or a day after the one of checking."""

    code: ClassVar[str] = "identity.birth_date"


class PlaceError(IdentityError):
    """The leading digits are no division that gives out this kind of document."""

    code: ClassVar[str] = "identity.place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A document whose number was found right, and what the number tells: None is what this kind does not tell.

    `document` is the type's code, `number` is in upper case without blanks at its ends, `division` has six digits.
    """

    document: str
    number: str
    birth_date: date | None = None
    sex: Sex | None = None
    division: str | None = None


def check_digit(first17: str) -> str:
    """Compute the last character of an 18-digit number from its first 17 digits: '0' to '9' or 'X'.

    Source: GB 11643-1999, ISO 7064 MOD 11-2.
    """
    assert len(first17) == 17
    return _CHECK_CHARACTERS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True)) % 11]


def mask(number: str) -> str:
    """Hide the middle of a number for screens and logs: 3 and 4 characters stay of 12 or more, else 1 and 2, else none."""
    head, tail = (3, 4) if len(number) >= 12 else (1, 2) if len(number) >= 6 else (0, 0)
    return number[:head] + "*" * (len(number) - head - tail) + number[len(number) - tail :]


def mask_name(name: str) -> str:
    """Keep the first and, of three or more, the last character of a name: 张三 is 张*, 欧阳小明 is 欧**明."""
    if len(name) < 2:
        return "*" * len(name)
    return f"{name[0]}*" if len(name) == 2 else f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def check_identity(document: str, number: str, *, on: date | None = None) -> Identity:
    """Check a document's number by its type (psn_cert_type 人员证件类型) and read what it tells.

    Small letters and blanks at the ends are forgiven. With `on`, a birth after that day is refused.
    :raises UnknownDocumentTypeError: the type's code is not in the dictionary.
    :raises NumberFormError: length or characters are wrong.
    :raises CheckDigitError: the last of 18 characters does not follow from the others.
    :raises BirthDateError: the digits of birth are no day, or a day after `on`.
    :raises PlaceError: the leading digits are no division that gives out this document.
    """
    normal = number.strip().upper()
    reader = _READERS.get(document)
    if reader is None:
        raise UnknownDocumentTypeError(document=document, number=mask(normal))
    identity = reader(document, normal)
    if on is not None and identity.birth_date is not None and identity.birth_date > on:
        raise BirthDateError(document=document, number=mask(normal))
    return identity


def check_resident_number(number: str, *, on: date | None = None) -> Identity:
    """Check a citizen's number (公民身份号码); the same as `check_identity` with type 01."""
    return check_identity("01", number, on=on)


def _read_resident(document: str, number: str) -> Identity:
    """Citizen's number: division of first registration, birth, sequence with sex, check digit."""
    _demand_form(_EIGHTEEN, document, number)
    _demand_check_digit(document, number)
    try:
        division = parse_division(number[:6]).code
    except NotADivisionError:
        raise PlaceError(document=document, number=mask(number)) from None
    if number[:2] in {"81", "82"}:  # these say that the card is a residence permit, type 17
        raise PlaceError(document=document, number=mask(number))
    return _read_eighteen(document, number, division=division)


def _read_residence_permit(document: str, number: str) -> Identity:
    """Residence permit (港澳台居民居住证): 810000 Hong Kong, 820000 Macau, 830000 Taiwan, else as a citizen's number."""
    _demand_form(_EIGHTEEN, document, number)
    _demand_check_digit(document, number)
    if number[:6] not in {"810000", "820000", "830000"}:
        raise PlaceError(document=document, number=mask(number))
    division = "710000" if number[:2] == "83" else number[:6]  # GB/T 2260 lists Taiwan as 71; 83 is the permit's own
    return _read_eighteen(document, number, division=division)


def _read_permanent_resident(document: str, number: str) -> Identity:
    """Foreigner's permanent residence card (外国人永久居留证).

    Before 2023: three letters of nationality and 12 digits, of which only the form is checked. Since then 18 digits: 9,
    province, nationality in three digits, birth, sequence with sex, check digit. Source: general knowledge.
    """
    if _OLD_PERMANENT_RESIDENT.fullmatch(number):
        return Identity(document=document, number=number)
    _demand_form(_EIGHTEEN, document, number)
    _demand_check_digit(document, number)
    if number[0] != "9" or number[1:3] not in PROVINCE_PREFIXES:
        raise PlaceError(document=document, number=mask(number))
    return _read_eighteen(document, number, division=number[1:3] + "0000")


def _read_disability(document: str, number: str) -> Identity:
    """Disability certificate (残疾人证): the citizen's number, kind 1-7, grade 1-4, and B with the count of reissues."""
    found = _demand_form(_DISABILITY, document, number)
    holder = _read_resident(document, found[1])
    return Identity(
        document=document,
        number=number,
        birth_date=holder.birth_date,
        sex=holder.sex,
        division=holder.division,
    )


def _reader_of_form(form: re.Pattern[str]) -> Callable[[str, str], Identity]:
    """Make the reader of a kind of document whose number tells nothing beyond its form."""

    def read(document: str, number: str) -> Identity:
        _demand_form(form, document, number)
        return Identity(document=document, number=number)

    return read


def _demand_form(form: re.Pattern[str], document: str, number: str) -> re.Match[str]:
    found = form.fullmatch(number)
    if found is None:
        raise NumberFormError(document=document, number=mask(number))
    return found


def _demand_check_digit(document: str, number: str) -> None:
    if number[17] != check_digit(number[:17]):
        raise CheckDigitError(document=document, number=mask(number))


def _read_eighteen(document: str, number: str, *, division: str) -> Identity:
    """Read birth (digits 7-14) and sex (digit 17, odd is male), which all 18-digit numbers keep in the same place."""
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BirthDateError(document=document, number=mask(number)) from None
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return Identity(document=document, number=number, birth_date=birth_date, sex=sex, division=division)


_READERS: Final[Mapping[str, Callable[[str, str], Identity]]] = MappingProxyType(
    {
        "01": _read_resident,  # 居民身份证(户口簿)
        "04": _reader_of_form(_HONG_KONG),  # 香港特区护照、港澳居民来往内地通行证
        "05": _reader_of_form(_MACAU),  # 澳门特区护照、港澳居民来往内地通行证
        "06": _reader_of_form(_TAIWAN),  # 台湾居民来往大陆通行证
        "07": _read_permanent_resident,  # 外国人永久居留证
        "08": _reader_of_form(_FOREIGN_PASSPORT),  # 外国人护照: ICAO 9303, at most nine characters
        "09": _read_disability,  # 残疾人证
        "16": _reader_of_form(_CHINESE_PASSPORT),  # 中国护照
        "17": _read_residence_permit,  # 港澳台居民居住证
        # Officers, families of soldiers, foreigners at work, settled experts, social-security cards, others: numbers
        # of many issuers without a common form.
        **dict.fromkeys(("02", "03", "10", "11", "12", "13", "14", "15", "90", "99"), _reader_of_form(_OTHER)),
    },
)
DOCUMENT_TYPES: Final = frozenset(_READERS)
"""Codes of the national dictionary psn_cert_type (人员证件类型) that `check_identity` knows."""
