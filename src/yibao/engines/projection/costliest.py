"""Which visit of each person cost most: where a person is mostly cared for."""

import numpy as np

from yibao.engines.projection.sums import Integers


def costliest(starts: Integers, person: Integers, total_fen: Integers) -> Integers:
    """The (P,) place of each person's costliest visit, the first of several; every person has at least one visit."""
    if len(starts) == 1:
        return np.zeros(0, np.int64)
    most = np.maximum.reduceat(total_fen, starts[:-1])
    places = np.flatnonzero(total_fen == most[person])
    whose = person[places]
    first = np.ones(len(places), bool)
    first[1:] = whose[1:] != whose[:-1]
    return places[first]
