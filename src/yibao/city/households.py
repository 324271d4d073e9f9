"""Who lives with whom: couples of like age, children with a couple of fitting age, the rest alone."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def form_households(chance: np.random.Generator, *, age: Integers, sex: Integers) -> tuple[Integers, Integers]:
    """Give every person a household (户), numbered from 0, and every child at home a parent, else -1."""
    people = len(age)
    household = np.full(people, -1, dtype=np.int64)
    parent = np.full(people, -1, dtype=np.int64)
    husbands, wives = _couples(chance, age, sex)
    household[husbands] = household[wives] = np.arange(len(husbands))
    children = np.flatnonzero((age < 24) & (household < 0))
    if len(wives):
        mothers = np.argsort(age[wives], kind="stable")
        wanted = age[children] + 28 + chance.normal(0, 4, size=len(children))
        places = np.clip(np.searchsorted(age[wives][mothers], wanted), 0, len(wives) - 1)
        jitter = chance.integers(-min(40, len(wives) // 4), min(40, len(wives) // 4) + 1, size=len(children))
        chosen = mothers[np.clip(places + jitter, 0, len(wives) - 1)]
        fits = age[wives[chosen]] - age[children] >= 18
        household[children[fits]] = household[wives[chosen[fits]]]
        parent[children[fits]] = husbands[chosen[fits]]
    alone = np.flatnonzero(household < 0)
    household[alone] = len(husbands) + np.arange(len(alone))
    return household, parent


def _couples(chance: np.random.Generator, age: Integers, sex: Integers) -> tuple[Integers, Integers]:
    """Three of four adults of 25 or more live as couples; partners follow each other in age."""
    adults = np.flatnonzero(age >= 25)
    living_together = adults[chance.random(len(adults)) < 0.75]
    men = living_together[sex[living_together] == 1]
    women = living_together[sex[living_together] == 2]
    pairs = min(len(men), len(women))
    men = np.sort(chance.permutation(men)[:pairs])
    women = np.sort(chance.permutation(women)[:pairs])
    by_age_of_men = men[np.argsort(age[men], kind="stable")]
    by_age_of_women = women[np.argsort(age[women], kind="stable")]
    return by_age_of_men, by_age_of_women
