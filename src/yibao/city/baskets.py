"""What a visit is charged: real lines of the catalogue that come to about a wanted cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yibao.city.goods import Good
from yibao.city.illness import Diagnosis

MOST_PACKS: Final = {"outpatient": 4, "chronic": 12, "pharmacy": 6}
MOST_LINES: Final = 12
SURGICAL: Final = frozenset({"surg"})
FALLBACK: Final = ("pain", "uri", "gi")
"""What a pharmacy or clinic sells to people whose diagnosis asks for nothing it has."""
RELATED: Final = {"inf": "lab", "surg": "wound", "pain": "ortho", "tcm": "piece"}
"""Where else goods are looked for, when the diagnosis alone finds few."""


@dataclass(frozen=True, slots=True)
class Line:
    """One charged line: place of the good in the catalogue, whole units, price in fen, day of the visit from 0."""

    good: int
    quantity: int
    price_fen: int
    day: int

    @property
    def amount_fen(self) -> int:
        """Quantity times price."""
        return self.quantity * self.price_fen


class Shelves:
    """The catalogue sorted by what its goods are for."""

    def __init__(self, goods: Sequence[Good]) -> None:
        self.goods = goods
        self._by_use: dict[str, list[int]] = {}
        for place, good in enumerate(goods):
            for use in good.uses:
                self._by_use.setdefault(use, []).append(place)
        self._pools: dict[tuple[frozenset[str], str], list[int]] = {}

    def of(self, *uses: str) -> list[int]:
        """Places of the goods for any of the uses, each once, in the order of the catalogue."""
        return sorted({place for use in uses for place in self._by_use.get(use, ())})

    def pool(self, uses: frozenset[str], care: str) -> list[int]:
        """Places of the goods that are given or done for a diagnosis in a kind of care, cheapest first."""
        found = self._pools.get((uses, care), [])
        if not found:
            wider = [
                *uses,
                *(RELATED[use] for use in uses if use in RELATED),
                *(["lab"] if care == "outpatient" else []),
            ]
            for words in (wider, FALLBACK):
                found = [place for place in self.of(*words) if self._suits(self.goods[place], care)]
                if found:
                    break
            found.sort(key=lambda place: (self.goods[place].price_fen, place))
            self._pools[uses, care] = found
        return found

    @staticmethod
    def _suits(good: Good, care: str) -> bool:
        """Pharmacies sell drugs; clinics do not use what wards use; class 丙 is bought now and then by itself."""
        if care == "inpatient":
            return True
        if "ip" in good.uses or good.uses == SURGICAL or good.charge_category == "06":
            return False
        return (
            good.kind in {"drug", "decoction_piece"} if care in {"pharmacy", "chronic"} else good.kind != "consumable"
        )


def fill(
    chance: np.random.Generator,
    shelves: Shelves,
    *,
    pool: Sequence[int],
    level: str,
    wanted_fen: int,
    most_units: int,
    days: int = 1,
) -> list[Line]:
    """Lines from the pool (cheapest first) that come to about `wanted_fen`.

    Dear things are taken first where they fit, what is left is made up of more packs of something cheap.
    """
    lines: list[Line] = []
    taken: set[int] = set()
    prices = [shelves.goods[place].price_at(level) for place in pool]
    left = wanted_fen
    while left > 0 and len(lines) < MOST_LINES * days and len(taken) < len(pool):
        affordable = int(np.searchsorted(prices, left, side="right"))
        if not affordable:
            break
        place = int(chance.integers(affordable * 2 // 3 if chance.random() < 0.4 else 0, affordable))
        if pool[place] in taken:
            place = next((p for p in range(affordable - 1, -1, -1) if pool[p] not in taken), -1)
            if place < 0:
                break
        units = _units(chance, left, prices[place], shelves.goods[pool[place]], most_units)
        taken.add(pool[place])
        lines.append(Line(pool[place], units, prices[place], int(chance.integers(days))))
        left -= units * prices[place]
    return lines


def _units(chance: np.random.Generator, left_fen: int, price_fen: int, good: Good, most: int) -> int:
    """How many units: grams of a decoction, one of a test, packs of a drug towards what is left."""
    if good.kind == "decoction_piece":
        return int(chance.integers(5, 15)) * 7
    if good.kind != "drug":
        return 1
    fitting = max(1, round(left_fen / price_fen * float(chance.uniform(0.35, 1.0))))
    return min(fitting, most)


def fees(shelves: Shelves, *, level: str, words: Iterable[str], units: int = 1, day: int = 0) -> list[Line]:
    """The first service for each word, such as the consultation fee (诊察费)."""
    lines = []
    for word in words:
        places = shelves.of(word)
        if places:
            good = shelves.goods[places[0]]
            lines.append(Line(places[0], units, good.price_at(level), day))
    return lines


def consultation(chance: np.random.Generator, shelves: Shelves, *, level: str) -> list[Line]:
    """Registration and the fee of the physician who sees an outpatient."""
    if level == "community":
        return fees(shelves, level=level, words=["consult_community"])
    expert = level in {"tertiary", "district_tertiary"} and chance.random() < 0.4
    return fees(shelves, level=level, words=["register", "consult_expert" if expert else "consult"])


def outpatient(
    chance: np.random.Generator, shelves: Shelves, *, care: str, level: str, diagnosis: Diagnosis, wanted_fen: int
) -> list[Line]:
    """The lines of an outpatient visit or a purchase in a pharmacy that comes to about the wanted cost."""
    lines = [] if care == "pharmacy" else consultation(chance, shelves, level=level)
    left = wanted_fen - sum(line.amount_fen for line in lines)
    pool = shelves.pool(diagnosis.uses, care)
    # A visit may end with the consultation; a purchase never ends with nothing.
    lines += fill(chance, shelves, pool=pool, level=level, wanted_fen=left, most_units=MOST_PACKS[care])
    if lines:
        return lines
    return [Line(pool[0], 1, shelves.goods[pool[0]].price_at(level), 0)]


def stay(
    chance: np.random.Generator, shelves: Shelves, *, level: str, diagnosis: Diagnosis, days: int, wanted_fen: int
) -> list[Line]:
    """The lines of a stay in hospital: bed, physician and nursing by the day, operation with its goods, tests, drugs."""
    lines: list[Line] = []
    for day in range(days):
        lines += fees(shelves, level=level, words=["bed", "ward_day", "nursing"], day=day)
    if diagnosis.operation and wanted_fen > 3 * sum(line.amount_fen for line in lines):
        lines += _operation(shelves, level=level, operation=diagnosis.operation, day=min(1, days - 1))
    left = wanted_fen - sum(line.amount_fen for line in lines)
    ward = [diagnosis.ward] if diagnosis.ward else []
    tests = shelves.of("ward_lab", *ward)
    tests.sort(key=lambda place: (shelves.goods[place].price_fen, place))
    tests = [place for place in tests if shelves.goods[place].kind == "service"]
    lines += fill(chance, shelves, pool=tests, level=level, wanted_fen=left * 2 // 5, most_units=1, days=days)
    left = wanted_fen - sum(line.amount_fen for line in lines)
    lines += fill(
        chance,
        shelves,
        pool=_course(shelves, diagnosis, ward),
        level=level,
        wanted_fen=left,
        most_units=days * 3,
        days=days,
    )
    return sorted(lines, key=lambda line: (line.day, line.good))


def _operation(shelves: Shelves, *, level: str, operation: str, day: int) -> list[Line]:
    """The operation, anaesthesia, and the consumables that go with it."""
    general = ["op"] if operation not in {"minor_op", "birth", "dialysis", "newborn", "eye_op", "heart_op"} else []
    places = [p for p in shelves.of(operation, *general) if shelves.goods[p].kind in {"service", "consumable"}]
    return [Line(place, 1, shelves.goods[place].price_at(level), day) for place in places]


def _course(shelves: Shelves, diagnosis: Diagnosis, ward: list[str]) -> list[int]:
    """Drugs, infusions, treatments and consumables of a stay, cheapest first."""
    places = [
        place
        for place in shelves.of(*diagnosis.uses, "ip", "infusion", "iv", *ward)
        if shelves.goods[place].charge_category != "06"
    ]
    places.sort(key=lambda place: (shelves.goods[place].price_fen, place))
    return places
