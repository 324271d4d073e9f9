"""Hospitals of three levels, community centres and pharmacies, with departments, physicians and pharmacists."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from yibao.city.identities import GIVEN_FEMALE, GIVEN_MALE, GIVEN_SECOND, SURNAMES
from yibao.city.region import CityRegion
from yibao.city.streams import stream

PLACE_WORDS: Final = (
    "仁安",
    "和济",
    "康慈",
    "普爱",
    "明德",
    "惠民",
    "颐和",
    "宁远",
    "清河",
    "望湖",
    "青松",
    "朝晖",
    "玉泉",
    "长宁",
    "福泽",
    "凌云",
)
SERIAL_FROM: Final = 90_001
"""Serials of institution codes start here, far from those in use."""
PRACTITIONERS_FROM: Final = 900_001
DEPARTMENTS: Final = (
    ("A02", "全科医疗科"), ("A03", "内科"), ("A03.04", "心血管内科"), ("A03.01", "呼吸内科"), ("A03.02", "消化内科"),
    ("A03.05", "内分泌与肾病科"), ("A03.03", "神经内科"), ("A04", "外科"), ("A04.03", "骨科"), ("A04.04", "泌尿外科"),
    ("A05", "妇产科"), ("A07", "儿科"), ("A10", "眼科"), ("A11", "耳鼻咽喉科"), ("A12", "口腔科"), ("A13", "皮肤科"),
    ("A15", "精神科"), ("A19", "肿瘤科"), ("A21", "康复医学科"), ("A28", "重症医学科"), ("A50", "中医科"),
)  # fmt: skip
SMALL_DEPARTMENTS: Final = ("A02", "A03", "A07", "A12", "A50")
DEPARTMENT_OF_USE: Final = {
    "htn": "A03.04", "chd": "A03.04", "hf": "A03.04", "arr": "A03.04", "lipid": "A03.04", "resp": "A03.01", "uri": "A03.01",
    "inf": "A03.01", "tb": "A03.01", "gi": "A03.02", "liver": "A03.02", "dm": "A03.05", "thyroid": "A03.05", "renal": "A03.05",
    "gout": "A03.05", "rheum": "A03.05", "transplant": "A03.05", "stroke": "A03.03", "neuro": "A03.03", "surg": "A04",
    "pain": "A04.03", "ortho": "A04.03", "uro": "A04.04", "gyn": "A05", "ob": "A05", "child": "A07", "newborn": "A07",
    "eye": "A10", "allergy": "A11", "dental": "A12", "derm": "A13", "psych": "A15", "onc": "A19", "rehab": "A21", "tcm": "A50",
    "dialysis": "A03.05",
}  # fmt: skip
"""Which department sees a use of the catalogue."""
SIZES: Final = {
    # level: institutions a million people (2024 derived, more tertiary ones as in a city), fewest, beds (2024 derived), name
    "tertiary": (3.5, 2, 947, "医院"),
    "district_tertiary": (1.0, 1, 620, "区医院"),
    "secondary": (8.7, 4, 231, "中心医院"),
    "primary": (9.4, 3, 54, "医院"),
    "community": (7.3, 6, 28, "社区卫生服务中心"),
    "pharmacy": (350.0, 8, 0, "大药房"),
}


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A physician or pharmacist: national code, name, code of the department or an empty text."""

    code: str
    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Provider:
    """An institution with its people and the way it speaks to the platform.

    `access` is a place in ACCESS_POINTS; `access_key` and `secret` are what it signs with, empty where nothing is signed.
    """

    code: str
    name: str
    kind: str
    level: str
    district: str
    beds: int
    departments: tuple[tuple[str, str], ...]
    practitioners: tuple[Practitioner, ...]
    access: int
    access_key: str
    secret: str

    def department_for(self, uses: frozenset[str]) -> tuple[str, str]:
        """Code and name of the department that sees these uses, the first one where none fits."""
        wanted = {DEPARTMENT_OF_USE[use] for use in uses if use in DEPARTMENT_OF_USE}
        return next((found for found in self.departments if found[0] in wanted), self.departments[0])

    def practitioners_of(self, department: str) -> tuple[Practitioner, ...]:
        """The practitioners of a department, all where it has none."""
        return tuple(p for p in self.practitioners if p.department == department) or self.practitioners


@dataclass(frozen=True, slots=True)
class Access:
    """An access point: name, URL prefix, scheme of signing, form of the path, JSON type of infcode."""

    name: str
    prefix: str
    scheme: str
    path: str
    infcode_type: str


ACCESS_POINTS: Final = (
    Access("核心业务区前置机", "/fsi/api/rsfComIfsService", "none", "call_service", "number"),
    Access("云服务总线", "/csb", "csb", "single", "string"),
    Access("政务外网网关", "/ebus", "tif", "infno", "number"),
)
"""How institutions reach the platform: three habits of real clients; the last one's prefix is the region's own."""
_REGIONS_OWN: Final = 2
BESIDE: Final = ("tertiary", "secondary")
"""Levels of hospitals to which people go in another region."""


def access_of(place: int, region: CityRegion) -> Access:
    """The access point at a place of the list, as it is in a region."""
    access = ACCESS_POINTS[place]
    return replace(access, prefix=region.gateway) if access.scheme == "tif" else access


def make_providers(*, seed: int, people: int, region: CityRegion) -> list[Provider]:
    """The institutions of a city of that many people in a region, in the order of levels."""
    chance = stream(seed, "providers")
    providers: list[Provider] = []
    serials: dict[tuple[str, str], int] = {}
    for level, (per_million, fewest, beds, word) in SIZES.items():
        count = max(fewest, round(per_million * people / 1_000_000))
        for number in range(count):
            district = str(chance.choice(region.districts, p=region.chances))
            letter = "P" if level == "pharmacy" else "H"
            serial = serials[letter, district] = serials.get((letter, district), SERIAL_FROM - 1) + 1
            code = f"{letter}{district}{serial}"
            name = f"{PLACE_WORDS[(number * 5 + len(providers)) % len(PLACE_WORDS)]}{number + 1:02d}{word}"
            staffed = sum(len(provider.practitioners) for provider in providers)
            providers.append(
                _provider(chance, code=code, name=name, level=level, beds=beds, number=len(providers), staffed=staffed)
            )
    return providers


def make_hospitals_beside(*, seed: int, region: CityRegion) -> list[Provider]:
    """Large and middle hospitals of a neighbouring region, which all speak through that region's own gateway."""
    chance = stream(seed, "hospitals beside")
    return [
        replace(each, access=_REGIONS_OWN, access_key=f"ak{each.code}", secret=chance.bytes(16).hex())
        for each in make_providers(seed=seed, people=0, region=region)
        if each.level in BESIDE
    ]


def _provider(
    chance: np.random.Generator, *, code: str, name: str, level: str, beds: int, number: int, staffed: int
) -> Provider:
    """One institution with its staff and keys."""
    departments: tuple[tuple[str, str], ...] = () if level == "pharmacy" else DEPARTMENTS
    if level in {"community", "primary"}:
        departments = tuple(found for found in DEPARTMENTS if found[0] in SMALL_DEPARTMENTS)
    kind = {"pharmacy": "pharmacy", "community": "community"}.get(level, "hospital")
    access = number % len(ACCESS_POINTS)
    signs = ACCESS_POINTS[access].scheme != "none"
    return Provider(
        code=code,
        name=name,
        kind=kind,
        level=level,
        district=code[1:7],
        beds=round(beds * chance.uniform(0.7, 1.3)),
        departments=departments or (("YD", "药品零售"),),
        practitioners=_staff(chance, code, departments, staffed),
        access=access,
        access_key=f"ak{code}" if signs else "",
        secret=chance.bytes(16).hex() if signs else "",
    )


def _staff(
    chance: np.random.Generator, code: str, departments: tuple[tuple[str, str], ...], staffed: int
) -> tuple[Practitioner, ...]:
    """Physicians of each department, or the pharmacists of a pharmacy; codes go on where those of the city end."""
    per_department = 3 if len(departments) > len(SMALL_DEPARTMENTS) else 2
    places = [department for department, _ in departments for _ in range(per_department)] or ["YD", "YD"]
    letter = "D" if departments else "Y"
    return tuple(
        Practitioner(f"{letter}{code[1:7]}{PRACTITIONERS_FROM + staffed + number:06d}", _name(chance), department)
        for number, department in enumerate(places)
    )


def _name(chance: np.random.Generator) -> str:
    """A name from the lists of characters."""
    given = GIVEN_MALE if chance.random() < 0.5 else GIVEN_FEMALE
    return str(
        SURNAMES[chance.integers(len(SURNAMES))]
        + GIVEN_SECOND[chance.integers(len(GIVEN_SECOND))]
        + given[chance.integers(len(given))]
    )
