"""Sums over persons and groups against the plainest Python, on whole numbers that floats could not hold."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yibao.engines.projection import Tally, add_by_group, add_by_person, costliest, outcomes_of

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no reason to fail
VISITS = st.lists(st.tuples(st.integers(0, 4), *(st.integers(0, 10**12) for _ in range(3))), max_size=40)


def columns(visits):
    ordered = sorted(visits, key=lambda visit: visit[0])
    persons = sorted({visit[0] for visit in ordered})
    whose = np.array([persons.index(visit[0]) for visit in ordered], np.int64)
    starts = np.searchsorted(whose, np.arange(len(persons) + 1)).astype(np.int64)
    amounts = np.array([visit[1:] for visit in ordered], np.int64).reshape(-1, 3).T.copy()
    return ordered, persons, whose, starts, amounts


@unhurried
@given(VISITS)
def test_sums_by_person_and_by_group_are_exact(visits):
    ordered, persons, whose, starts, amounts = columns(visits)
    for row in range(3):
        expected = [sum(v[row + 1] for v in ordered if v[0] == person) for person in persons]
        assert add_by_person(starts, amounts[row]).tolist() == expected
    grouped = add_by_group(whose, amounts, count=len(persons))
    assert grouped.tolist() == [
        [sum(v[row + 1] for v in ordered if v[0] == person) for row in range(3)] for person in persons
    ]


@unhurried
@given(VISITS, st.integers(0, 10**12))
def test_outcomes_of_each_person(visits, threshold):
    ordered, persons, _, starts, amounts = columns(visits)
    found = outcomes_of(
        starts, total_fen=amounts[0], own_base_fen=amounts[1], own_reform_fen=amounts[2], threshold_fen=threshold
    )
    for place, person in enumerate(persons):
        total, base, reform = (sum(v[row] for v in ordered if v[0] == person) for row in (1, 2, 3))
        assert found.measures[:, place].tolist() == [
            1, reform < base, reform > base, max(base - reform, 0), max(reform - base, 0), total, base, reform,
            base > threshold, reform > threshold,
        ]  # fmt: skip
        if total and base <= 10**12:
            assert found.share_base_ppm[place] == (base * 10**6 + total // 2) // total
        if not total:
            assert found.share_base_ppm[place] == -1


@unhurried
@given(VISITS)
def test_the_costliest_visit_is_the_first_of_the_highest(visits):
    ordered, persons, whose, starts, amounts = columns(visits)
    expected = []
    for person in persons:
        own = [place for place, visit in enumerate(ordered) if visit[0] == person]
        expected.append(max(own, key=lambda place: (ordered[place][1], -place)))
    assert costliest(starts, whose, amounts[0]).tolist() == expected


@unhurried
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_deciles_are_the_smallest_shares_that_tenths_do_not_exceed(shares):
    tally = Tally()
    people = np.ones(len(shares), np.int64) * 10**6
    own = np.array(shares, np.int64)
    starts = np.arange(len(shares) + 1, dtype=np.int64)
    found = outcomes_of(starts, total_fen=people, own_base_fen=own, own_reform_fen=own, threshold_fen=0)
    tally.add_persons(found, {})
    ordered = sorted(shares)
    expected = tuple(ordered[-(-len(shares) * tenth // 10) - 1] for tenth in range(1, 11))
    assert tally.deciles().base_ppm == tally.deciles().reform_ppm == expected


def test_nobody_has_no_deciles():
    assert Tally().deciles().base_ppm == ()


@unhurried
@given(VISITS, st.integers(1, 5))
def test_chunks_come_to_the_same_as_the_whole(visits, size):
    _, persons, _, starts, amounts = columns(visits)
    whole, pieces = Tally(), Tally()
    names, codes = ("even", "odd"), np.arange(len(persons)) % 2

    def add(tally, first, last):
        part = slice(starts[first], starts[last])
        found = outcomes_of(
            starts[first : last + 1] - starts[first], total_fen=amounts[0, part], own_base_fen=amounts[1, part],
            own_reform_fen=amounts[2, part], threshold_fen=10**6,
        )  # fmt: skip
        tally.add_persons(found, {"parity": (names, codes[first:last])})

    add(whole, 0, len(persons))
    for first in range(0, len(persons), size):
        add(pieces, first, min(first + size, len(persons)))
    assert {key: sums.tolist() for key, sums in whole.groups.items()} == {
        key: sums.tolist() for key, sums in pieces.groups.items()
    }
    assert whole.deciles() == pieces.deciles()


def test_providers_are_counted_and_summed():
    tally = Tally()
    for _ in range(2):
        tally.add_providers("level", ("tertiary", "unused", "primary"), np.array([0, 2, 0]), np.array([[1, 2, 4]]))
    assert {key: sums.tolist() for key, sums in tally.providers.items()} == {
        ("level", "tertiary"): [4, 10],
        ("level", "primary"): [2, 4],
    }


def test_a_group_out_of_range_is_a_fault_of_the_caller():
    with pytest.raises(AssertionError):
        add_by_group(np.array([3]), np.array([[1]]), count=3)
