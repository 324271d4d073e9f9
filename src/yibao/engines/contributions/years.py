"""Years of contribution (缴费年限): what is missing for benefits without contributions after retirement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class YearsTerms:
    """Months of contribution that a man or a woman needs at retirement, and how many of them must be local."""

    male_months: int
    female_months: int
    local_months: int
    clause: str


def months_short(terms: YearsTerms, *, is_male: bool, recognised_months: int, local_months: int) -> int:
    """How many months are missing at retirement; months paid in other regions are recognised, the local minimum is not.

    `recognised_months` counts everywhere with deemed years (视同缴费), `local_months` only here. None missing is 0.
    """
    assert 0 <= local_months <= recognised_months
    needed = terms.male_months if is_male else terms.female_months
    return max(0, needed - recognised_months, terms.local_months - local_months)
