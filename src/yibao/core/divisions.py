"""Division codes (行政区划代码, GB/T 2260): six digits, two each for province, city and county."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from yibao.core.errors import YibaoError

PROVINCE_PREFIXES: Final = frozenset(
    str(prefix)
    for prefixes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82),
    )
    for prefix in prefixes
)
"""First two digits of every province-level division (省级): GB/T 2260, with Taiwan 71, Hong Kong 81, Macau 82."""

_SIX_DIGITS: Final = re.compile(r"[0-9]{6}")


class Level(StrEnum):
    """How deep a division lies: 省级, 地级, 县级."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


class NotADivisionError(YibaoError):
    """The text is no division code: not six digits, of no province, or a county without a city."""

    code: ClassVar[str] = "divisions.not_a_division"


@dataclass(frozen=True, slots=True)
class Division:
    """One division code taken apart; make it with `parse_division`."""

    code: str

    @property
    def level(self) -> Level:
        """Tell province, city and county apart by the trailing zeros."""
        if self.code.endswith("0000"):
            return Level.PROVINCE
        return Level.CITY if self.code.endswith("00") else Level.COUNTY

    @property
    def province(self) -> str:
        """Code of the province (省级) this division is or lies in: 110000 for 110105."""
        return self.code[:2] + "0000"

    @property
    def city(self) -> str | None:
        """Code of the city (地级) this division is or lies in: 110100 for 110105; None for a province."""
        return None if self.level is Level.PROVINCE else self.code[:4] + "00"

    @property
    def county(self) -> str | None:
        """Code of the county (县级) itself; None for a province or a city."""
        return self.code if self.level is Level.COUNTY else None

    @property
    def is_direct(self) -> bool:
        """Whether it is the seat's own insured (省本级 xx9900, 市本级 xxxx99), a code of insurance, not of geography.

        Practice of the national institution interface, where 420299 stands for the people a city insures itself.
        """
        return self.code.endswith(("99", "9900"))

    @property
    def prefix(self) -> str:
        """The leading digits that every division inside this one shares: 11, 4202 or all six."""
        return {Level.PROVINCE: self.code[:2], Level.CITY: self.code[:4], Level.COUNTY: self.code}[self.level]


def parse_division(code: str) -> Division:
    """Read a division code of six digits.

    Whether the code was ever given to a place is known by the reference data, not here: codes are retired and added
    every year, and a person keeps the code of birth.
    :raises NotADivisionError: it is not six digits, its province does not exist, or its county has no city.
    """
    if not _SIX_DIGITS.fullmatch(code) or code[:2] not in PROVINCE_PREFIXES:
        raise NotADivisionError(division=code)
    if code[2:4] == "00" and code[4:] != "00":
        raise NotADivisionError(division=code)
    return Division(code)


def is_within(code: str, region: str) -> bool:
    """Whether a division is, or lies in, a pooling region (统筹区): 110105 in 110000, 420299 in 420200.

    :raises NotADivisionError: one of the two is no division code.
    """
    return parse_division(code).code.startswith(parse_division(region).prefix)
