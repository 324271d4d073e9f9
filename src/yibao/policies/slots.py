"""Accumulators as columns: one for each month or quarter of the year and each disease that is counted apart."""

from collections.abc import Iterator
from typing import Final

from yibao.engines.benefits.tables import MONTHS
from yibao.policies.language import Accumulator, Text
from yibao.policies.law import Law

_QUARTER: Final = 3


def slots_of(law: Law) -> tuple[str, ...]:
    """Name the columns of all accumulators, in the order in which they are declared."""
    return tuple(slot for name, said in law.scheme.accumulators.items() for slot in _slots(law, name, said))


def columns_of(law: Law) -> list[list[int]]:
    """Give the column by month and disease (month * diseases + disease) of each accumulator that has several."""
    place = {slot: column for column, slot in enumerate(slots_of(law))}
    diseases = law.codes()["disease"]
    return [
        [place[_slot(name, said, month, disease)] for month in range(MONTHS) for disease in diseases]
        for name, said in law.scheme.accumulators.items()
        if _is_slotted(said)
    ]


def column_of(law: Law, name: str) -> int:
    """Say where an accumulator is counted, as the kernel's rows do: a column, or -2 - k for line k of `columns_of`."""
    if not _is_slotted(law.scheme.accumulators[name]):
        return slots_of(law).index(name)
    slotted = [other for other, said in law.scheme.accumulators.items() if _is_slotted(said)]
    return -2 - slotted.index(name)


def _is_slotted(said: Accumulator) -> bool:
    """Say whether an accumulator has several columns."""
    return said.per in {"month", "quarter"} or said.by is not None


def accumulator_names(law: Law) -> dict[str, Text]:
    """Give the words for every column: the accumulator's own, with the month, quarter and disease it counts."""
    names: dict[str, Text] = {}
    for name, said in law.scheme.accumulators.items():
        for slot in _slots(law, name, said):
            zh, en = said.zh, said.en
            for part in slot.split("@")[1:]:
                disease = law.scheme.diseases.get(part)
                if disease is not None:
                    zh, en = f"{zh}（{disease.zh}）", f"{en} ({disease.en})"
                elif part.startswith("q"):
                    zh, en = f"{zh}（第{part[1:]}季度）", f"{en} (quarter {part[1:]})"
                else:
                    zh, en = f"{zh}（第{int(part)}个月）", f"{en} (month {int(part)})"
            names[slot] = Text(zh=zh, en=en)
    return names


def _slots(law: Law, name: str, said: Accumulator) -> Iterator[str]:
    """Name the columns of one accumulator."""
    diseases = law.codes()["disease"] if said.by == "disease" else ("",)
    step = {"month": 1, "quarter": _QUARTER}.get(said.per, MONTHS)
    for month in range(0, MONTHS, step):
        for disease in diseases:
            yield _slot(name, said, month, disease)


def _slot(name: str, said: Accumulator, month: int, disease: str) -> str:
    """Name the column of one accumulator in a month for a disease."""
    parts = [name]
    if said.per == "month":
        parts.append(f"{month + 1:02d}")
    if said.per == "quarter":
        parts.append(f"q{month // _QUARTER + 1}")
    if said.by == "disease":
        parts.append(disease)
    return "@".join(parts)
