"""The catalogue of the city: drugs, decoction pieces, services and consumables with codes, classes and prices.

Generic names, classes and rough prices are general knowledge of the trade; makers and codes are made up in the national
structure (药品 23, 服务项目 15, 耗材 20 characters), so a code here is no product of the national list.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Final

import numpy as np

from yibao.city.streams import stream
from yibao.core.money import share_half_up

LEVELS: Final = ("tertiary", "district_tertiary", "secondary", "primary", "community", "pharmacy")
SERVICE_PRICE_PPM: Final = {
    "tertiary": 1_000_000,
    "district_tertiary": 1_000_000,
    "secondary": 900_000,
    "primary": 820_000,
    "community": 760_000,
}
"""Prices of services by level of institution, of the tertiary price (our default)."""
ORIGINATOR_SHARE: Final = 0.12
CLASSES: Final = {"A": "01", "B": "02", "C": "03"}
MAKER_WORDS: Final = (
    "安和",
    "博康",
    "诚济",
    "德润",
    "恩泰",
    "福佑",
    "广仁",
    "恒健",
    "济民",
    "康宁",
    "灵方",
    "民生",
    "普惠",
    "仁泽",
    "泰安",
    "元和",
)
MAKER_PLACES: Final = ("江北", "海东", "云西", "岭南", "河阳", "湖滨", "山城", "平川")


@dataclass(frozen=True, slots=True)
class Good:
    """One item of the catalogue with what it costs; prices in fen.

    `price_fen` is what a tertiary hospital charges, `ceiling_fen` the highest price in scope there or None; services
    are cheaper at lower levels, goods cost the same. `uses` are the words by which diagnoses find it.
    """

    code: str
    kind: str
    name: str
    specification: str
    dosage_form: str
    unit: str
    maker: str
    charge_category: str
    item_class: str
    self_pay_first_ppm: int
    price_fen: int
    ceiling_fen: int | None
    uses: frozenset[str]
    is_essential: bool = False
    is_negotiated: bool = False

    def price_at(self, level: str) -> int:
        """What an institution of the level charges, in fen."""
        if self.kind != "service":
            return self.price_fen
        return share_half_up(self.price_fen, SERVICE_PRICE_PPM[level])

    def ceiling_at(self, level: str) -> int | None:
        """The highest price in scope at the level, in fen; None: no ceiling, or not sold there."""
        if self.ceiling_fen is None:
            return None
        if self.kind == "service":
            return share_half_up(self.ceiling_fen, SERVICE_PRICE_PPM[level]) if level in SERVICE_PRICE_PPM else None
        return self.ceiling_fen


def make_goods(*, seed: int) -> list[Good]:
    """The whole catalogue, the same for one seed, sorted by code."""
    chance = stream(seed, "goods")
    drugs = [*_western(chance), *_patent(chance)]
    goods = [*drugs, *_originators(chance, drugs), *_pieces(), *_services(), *_consumables(chance)]
    assert len({good.code for good in goods}) == len(goods)
    return sorted(goods, key=lambda good: good.code)


@cache
def _rows(name: str) -> list[dict[str, str]]:
    """The rows of a file of the catalogue."""
    text = resources.files("yibao.city").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _fen(yuan: str) -> int:
    """A price in the files, in fen."""
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0")[:2] or 0)


def _self_pay_first_ppm(row: dict[str, str]) -> int:
    """The share paid first by the person: nothing in class 甲, all in class 丙."""
    return {"A": 0, "C": 1_000_000}.get(row["class"], int(row.get("self_pay_first_percent", "10")) * 10_000)


def _maker(chance: np.random.Generator) -> str:
    """A maker that does not exist."""
    return f"{chance.choice(MAKER_PLACES)}{chance.choice(MAKER_WORDS)}制药有限公司"


def _drug_code(stem: str, *, form: int, pack: int, product: int, maker: int) -> str:
    """23 characters: category and class 7, product 3, dosage form 4, specification 2, pack 2, maker 5."""
    return f"{stem}{product:03d}A{form:03d}{pack:02d}01{maker:05d}"


def _western(chance: np.random.Generator) -> Iterator[Good]:
    """Western drugs, one good for each pack."""
    forms: dict[str, int] = {}
    products: dict[str, int] = {}
    for number, row in enumerate(_rows("western_drugs.csv")):
        stem = "X" + row["atc"][:5].ljust(5, "X") + "A"
        product = products.setdefault(stem + row["name"], len(products) % 1000)
        form = forms.setdefault(row["form"], len(forms) + 1)
        for pack, described in enumerate(row["packs"].split(";"), start=1):
            specification, price = described.rsplit("@", 1)
            code = _drug_code(stem, form=form, pack=pack, product=product, maker=number + 1)
            yield _drug(
                row, code=code, specification=specification, price_fen=_fen(price), maker=_maker(chance), charge="09"
            )


def _patent(chance: np.random.Generator) -> Iterator[Good]:
    """Chinese patent medicines (中成药)."""
    forms: dict[str, int] = {}
    for number, row in enumerate(_rows("patent_medicines.csv")):
        form = forms.setdefault(row["form"], len(forms) + 1)
        specification, price = row["packs"].rsplit("@", 1)
        stem = row["group"].ljust(7, "A")[:7]
        code = _drug_code(stem, form=form, pack=1, product=number, maker=50_000 + number)
        yield _drug(
            row, code=code, specification=specification, price_fen=_fen(price), maker=_maker(chance), charge="11"
        )


def _drug(row: dict[str, str], *, code: str, specification: str, price_fen: int, maker: str, charge: str) -> Good:
    """A drug as its row describes it."""
    return Good(
        code=code,
        kind="drug",
        name=f"注射用{row['name']}" if row["form"] == "冻干粉针" else row["name"] + row["form"],
        specification=specification,
        dosage_form=row["form"],
        unit=row["unit"],
        maker=maker,
        charge_category=charge,
        item_class=CLASSES[row["class"]],
        self_pay_first_ppm=_self_pay_first_ppm(row),
        price_fen=price_fen,
        ceiling_fen=None,
        uses=frozenset(row["uses"].split()),
        is_essential="E" in row["marks"],
        is_negotiated="N" in row["marks"],
    )


def _originators(chance: np.random.Generator, drugs: list[Good]) -> Iterator[Good]:
    """Originator brands (原研药) beside some generics: twice the price, in scope up to a payment standard."""
    for place, drug in enumerate(drugs):
        if drug.charge_category == "09" and not drug.is_negotiated and chance.random() < ORIGINATOR_SHARE:
            yield replace(
                drug,
                code=drug.code[:18] + f"{90_000 + place:05d}",
                maker=f"{chance.choice(MAKER_WORDS)}(进口分包装)制药有限公司",
                price_fen=drug.price_fen * 2,
                ceiling_fen=drug.price_fen * 3 // 2,
                is_essential=False,
            )


def _pieces() -> Iterator[Good]:
    """Decoction pieces (中药饮片), priced by the gram."""
    for number, row in enumerate(_rows("decoction_pieces.csv")):
        yield Good(
            code=f"T{1_700 + number * 10:09d}",
            kind="decoction_piece",
            name=row["name"],
            specification="饮片",
            dosage_form="饮片",
            unit="克",
            maker="",
            charge_category="10",
            item_class=CLASSES[row["class"]],
            self_pay_first_ppm=_self_pay_first_ppm(row),
            price_fen=_fen(row["price_yuan_per_gram"]),
            ceiling_fen=None,
            uses=frozenset({"piece"}),
        )


def _services() -> Iterator[Good]:
    """Medical services (医疗服务项目), each with a ceiling at every level."""
    for row in _rows("services.csv"):
        price_fen = _fen(row["price_yuan"])
        yield Good(
            code=row["code"] + "000000",
            kind="service",
            name=row["name"],
            specification="",
            dosage_form="",
            unit=row["unit"],
            maker="",
            charge_category=row["charge"],
            item_class=CLASSES[row["class"]],
            self_pay_first_ppm=_self_pay_first_ppm(row),
            price_fen=price_fen,
            ceiling_fen=price_fen if row["class"] != "C" else None,
            uses=frozenset(row["uses"].split()),
        )


def _consumables(chance: np.random.Generator) -> Iterator[Good]:
    """Consumables (医用耗材): some cost more than their ceiling."""
    for number, row in enumerate(_rows("consumables.csv")):
        price_fen = _fen(row["price_yuan"])
        dearer = row["class"] == "B" and chance.random() < 0.25
        yield Good(
            code=f"{row['group']}{number % 100:02d}01{number:03d}{number % 7:03d}01{number:05d}",
            kind="consumable",
            name=row["name"],
            specification=row["specification"],
            dosage_form="",
            unit=row["unit"],
            maker=f"{chance.choice(MAKER_PLACES)}{chance.choice(MAKER_WORDS)}医疗器械有限公司",
            charge_category="08",
            item_class=CLASSES[row["class"]],
            self_pay_first_ppm=_self_pay_first_ppm(row),
            price_fen=price_fen,
            ceiling_fen=price_fen * 85 // 100 if dearer else price_fen if row["class"] != "C" else None,
            uses=frozenset(row["uses"].split()),
        )
