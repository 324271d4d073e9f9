"""Names, numbers and tokens of the city's people: valid in form, and of nobody.

Identity numbers start with 9901, a division that GB/T 2260 never gave out, so that no real person can be meant; names
are put together from lists of characters.
"""

from datetime import date, timedelta
from typing import Final

import numpy as np

from yibao.city.people import MALE, Population
from yibao.city.streams import stream
from yibao.core.identity import check_digit

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
GIVEN_MALE: Final = "伟强磊军洋勇杰涛明超刚平辉鹏飞波斌宇浩凯健俊帆鑫文博志建国华峰龙海林晨旭东宁"
GIVEN_FEMALE: Final = "芳娜敏静丽艳娟霞秀兰玲桂英华萍红梅莉燕洁婷雪琳颖慧晶欣怡佳悦蕾倩菲妍琪楠薇月"
GIVEN_SECOND: Final = "子一雨梓思嘉晓文亦若景天永立德新清安乐平成春秋"
RESERVED_DIVISION: Final = 990101
"""First six digits of the city's identity numbers; the next ones are used when a day's 500 numbers a sex run out."""
EPOCH: Final = date(1970, 1, 1)


def make_names(*, seed: int, population: Population) -> list[str]:
    """A name for every person; children at home have their father's surname."""
    chance = stream(seed, "names")
    weights = 1.0 / np.arange(3, len(SURNAMES) + 3)
    surname = chance.choice(len(SURNAMES), size=population.size, p=weights / weights.sum())
    at_home = population.parent >= 0
    surname[at_home] = surname[population.parent[at_home]]
    first = chance.integers(0, 1 << 20, size=population.size)
    second = chance.integers(0, 1 << 20, size=population.size)
    two = chance.random(population.size) < 0.8
    names = []
    for place in range(population.size):
        given = GIVEN_MALE if population.sex[place] == MALE else GIVEN_FEMALE
        middle = GIVEN_SECOND[second[place] % len(GIVEN_SECOND)] if two[place] else ""
        names.append(SURNAMES[surname[place]] + middle + given[first[place] % len(given)])
    return names


def make_identity_numbers(population: Population) -> list[str]:
    """An 18-digit number for every person: reserved division, birth, a sequence odd for men, check digit."""
    used: dict[tuple[int, int], int] = {}
    numbers = []
    for birth, sex in zip(population.birth.tolist(), population.sex.tolist(), strict=True):
        rank = used.get((birth, sex), 0)
        used[birth, sex] = rank + 1
        division, sequence = RESERVED_DIVISION + rank // 499, rank % 499 * 2 + (1 if sex == MALE else 2)
        first17 = f"{division}{EPOCH + timedelta(days=birth):%Y%m%d}{sequence:03d}"
        numbers.append(first17 + check_digit(first17))
    return numbers


def make_tokens(*, seed: int, count: int) -> list[str]:
    """Tokens of e-credentials (医保电子凭证令牌): 28 letters and digits each."""
    chance = stream(seed, "tokens")
    raw = chance.bytes(14 * count).hex().upper()
    return [raw[start : start + 28] for start in range(0, len(raw), 28)]


def person_number(place: int, *, region: str) -> str:
    """The person number (人员编号) of the person at a place: region, 99 for the city, and the place."""
    return f"{region}99{place:012d}"
