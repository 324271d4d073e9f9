"""What a policy needs to know of a visit beyond the bill, read from the records: care, disease, what was used, times due."""

from collections.abc import Mapping
from typing import Final

import msgspec

from yibao.engines.benefits import CompiledPolicy

CARE_OF_MEDICAL_TYPE: Final[Mapping[tuple[str, str], str]] = {
    ("outpatient", "15"): "negotiated_drugs",
    ("outpatient", "17"): "internet_followup",
    ("inpatient", "28"): "day_surgery",
}
"""Kinds of care that the medical category (医疗类别, med_type of the national dictionary) tells apart."""


CHRONIC: Final = "chronic"


def is_chronic(care: str, medical_type: str) -> bool:
    """Say whether a medical category is that of chronic and special diseases (门诊慢特病): 14 and what provinces add to it."""
    return care == "outpatient" and (medical_type.startswith("14") or medical_type == "9903")


def care_of(policy: CompiledPolicy, care: str, medical_type: str) -> str:
    """Give the kind of care that a scheme sees: 门诊慢特病 and 日间手术 where it tells them apart, else the visit's own."""
    finer = CHRONIC if is_chronic(care, medical_type) else CARE_OF_MEDICAL_TYPE.get((care, medical_type), care)
    return finer if finer in policy.index["care"] else care


def disease_of(policy: CompiledPolicy, care: str, code: str | None) -> str:
    """Give the scheme's disease group of chronic care; a code that it does not know stays, and is then refused."""
    if care != "chronic" or len(policy.diseases) == 1:
        return policy.diseases[0]
    return policy.disease_of(code or "") or code or ""


def used_of(policy: CompiledPolicy, amounts_by_year: str | None, year: int) -> dict[str, int]:
    """Give what a person has used of a benefit year in fen, with the first year of a window of two years in its second.

    `amounts_by_year` is JSON of amounts by accumulator by benefit year.
    """
    by_year: dict[str, dict[str, int]] = msgspec.json.decode(amounts_by_year) if amounts_by_year else {}
    now, before = by_year.get(str(year), {}), by_year.get(str(year - 1), {})
    used = {name: now[name] for name in policy.accumulators if name in now}
    for name, begins in policy.carried.items():
        if year % 2 != begins and name in before:
            used[name] = used.get(name, 0) + before[name]
    return used


def times_due(policy: CompiledPolicy, care: str, stay_days: int) -> int:
    """Give how often a stay owes its deductible: once, and anew after every so many days where the law says so."""
    if policy.renewal_days is None or care == "outpatient":
        return 1
    return max(-(-stay_days // policy.renewal_days), 1)
