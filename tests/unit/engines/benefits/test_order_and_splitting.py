"""What order and splitting may change: nothing but the rounding of single bands.

Proved for laws that count everything by year (deductible, position in the bands, cap), one level, one ordinal, layers
each taking up what the one before left, and rates of 30 % or more. Every band row rounds by half a fen at most. Where a
cap stops a layer, that half fen is turned back into cost (divided by a rate of at least 0.3) and paid by the next layer
at 100 % at most, and the turned-back cost itself is rounded up by less than a fen for each visit. So two ways of settling
the same costs differ by less than 4 fen for each row and visit that they have, whatever the amounts.
"""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engines.benefits.benefit_laws import ORDINARY, laws
from tests.unit.engines.benefits.test_kernel_against_reference import SLOW, case_of, compiled
from yibao.engines.benefits import settle

yearly_laws = laws(annual=True, least_rate=3_000)
scopes = st.lists(st.integers(0, 20_000_000), min_size=2, max_size=6)


def run(policy, in_scope_amounts, ordinals=None):
    """Settle one after the other; gives the funds' total and the number of rounded rows and visits."""
    held, total, roundings = {}, 0, len(in_scope_amounts)
    for place, amount in enumerate(in_scope_amounts):
        visit = ORDINARY | {"in_scope": amount, "ordinal_group": ordinals[place] if ordinals else "first"}
        result = settle(policy, case_of(visit, held, 0))
        for name, change in result.accumulator_changes.items():
            held[name] = held.get(name, 0) + change
        total += result.fund_fen
        roundings += sum(len(step.bands) for step in result.steps)
    return total, roundings


@SLOW
@given(yearly_laws, scopes, st.randoms(use_true_random=False))
def test_the_order_of_a_years_visits_moves_only_roundings(law, amounts, chance):
    policy = compiled(law)
    shuffled = list(amounts)
    chance.shuffle(shuffled)
    one, roundings = run(policy, amounts)
    other, other_roundings = run(policy, shuffled)
    assert abs(one - other) < 4 * (roundings + other_roundings)


@SLOW
@given(yearly_laws, st.integers(1, 40_000_000), st.integers(2, 6))
def test_splitting_a_visit_gains_only_roundings(law, amount, pieces):
    policy = compiled(law)
    parts = [amount // pieces] * (pieces - 1) + [amount - amount // pieces * (pieces - 1)]
    whole, roundings = run(policy, [amount])
    split, more_roundings = run(policy, parts)
    assert abs(split - whole) < 4 * (roundings + more_roundings)


@SLOW
@given(yearly_laws, st.integers(1, 40_000_000), st.integers(2, 6), st.integers(0, 200_000))
def test_splitting_an_admission_bears_more_deductibles_and_never_gains(law, amount, pieces, later):
    """A deductible by admission that is at least half of the first one for later ones, as in Beijing."""
    first = law["layers"][0]
    first["deductible_by"] = None
    first["threshold"] = {"first": 2 * later, "later": later}
    policy = compiled(law)
    parts = [amount // pieces] * (pieces - 1) + [amount - amount // pieces * (pieces - 1)]
    whole, roundings = run(policy, [amount])
    split, more_roundings = run(policy, parts, ["first"] + ["later"] * (pieces - 1))
    assert split - whole < 4 * (roundings + more_roundings)
