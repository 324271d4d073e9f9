"""What is owed and where it goes: floor and roof, parts that add up, reliefs, credits."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yibao.engines.contributions import BaseLimits, ContributionTerms, Credit, Levy, Relief, assess, repeated

# A busy machine is no reason to fail.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEN = st.integers(0, 10**9)
PPM = st.integers(0, 1_000_000)
LEVIES = st.lists(
    st.builds(
        Levy,
        key=st.just("levy"),
        payer=st.sampled_from(["employer", "person", "subsidy"]),
        pot=st.sampled_from(["pool", "large"]),
        rate_ppm=PPM,
        fixed_fen=st.integers(0, 10**6),
        clause=st.just("c"),
    ),
    max_size=5,
)
CREDITS = st.none() | st.builds(
    Credit, rate_ppm=PPM, fixed_fen=FEN, clause=st.just("c"), withheld_fen=FEN, withheld_clause=st.just("w")
)
RELIEFS = st.lists(
    st.builds(Relief, kind=st.sampled_from(["1", "2"]), rate_ppm=PPM, fixed_fen=FEN, clause=st.just("r")), max_size=3
)


@st.composite
def terms(draw):
    floor = draw(FEN)
    limits = draw(
        st.none() | st.builds(BaseLimits, st.just(floor), st.integers(floor, 2 * 10**9), st.just("f"), st.just("r"))
    )
    return ContributionTerms(limits, tuple(draw(LEVIES)), tuple(draw(RELIEFS)), draw(CREDITS))


@unhurried
@given(terms(), st.none() | FEN, st.sets(st.sampled_from(["1", "2", "9"])))
def test_the_parts_add_up_to_the_whole_without_a_remainder(terms, wage, statuses):
    found = assess(terms, wage_fen=wage, statuses=statuses)
    paid = found.employer_fen + found.person_fen + found.subsidy_fen + found.assistance_fen
    assert found.to_pool_fen + found.to_large_fen + found.to_account_fen == paid == found.due_fen
    owed = sum(line.amount_fen for line in found.lines if line.what == "levy")
    assert owed == paid
    assert min(
        found.person_fen, found.assistance_fen, found.to_pool_fen, found.to_account_fen, found.from_pool_fen,
        found.withheld_fen,
    ) >= 0  # fmt: skip


@unhurried
@given(terms(), st.none() | FEN)
def test_the_base_lies_between_floor_and_roof(terms, wage):
    base = assess(terms, wage_fen=wage).base_fen
    if terms.limits is None:
        assert base == 0
    else:
        assert terms.limits.floor_fen <= base <= terms.limits.roof_fen
        if wage is not None and terms.limits.floor_fen <= wage <= terms.limits.roof_fen:
            assert base == wage


@unhurried
@given(terms(), FEN)
def test_the_account_gets_its_credit_whole_less_what_is_withheld(terms, wage):
    found = assess(terms, wage_fen=wage)
    gross = sum(line.amount_fen for line in found.lines if line.what == "credit")
    assert found.credit_fen + found.withheld_fen == gross
    assert found.from_pool_fen == 0 or found.to_pool_fen == 0


@unhurried
@given(terms(), FEN, st.integers(0, 60))
def test_a_repair_of_many_periods_is_that_many_times_one(terms, wage, periods):
    one = assess(terms, wage_fen=wage)
    many = repeated(one, periods)
    assert (many.due_fen, many.credit_fen) == (one.due_fen * periods, one.credit_fen * periods)


def terms_with(*reliefs):
    return ContributionTerms(None, (Levy("person", "person", "pool", 0, 40_000, "p"),), reliefs, None)


class TestReliefs:
    def test_of_two_the_larger_counts_and_only_for_holders(self):
        terms = terms_with(Relief("1", 500_000, 0, "half"), Relief("2", 1_000_000, 0, "full"))
        assert assess(terms, wage_fen=None, statuses=["1"]).person_fen == 20_000
        both = assess(terms, wage_fen=None, statuses=["1", "2"])
        assert (both.person_fen, both.assistance_fen, both.lines[-1].clause) == (0, 40_000, "full")
        assert assess(terms, wage_fen=None, statuses=["9"]).assistance_fen == 0

    def test_no_more_than_is_owed(self):
        found = assess(terms_with(Relief("1", 0, 99_999, "fixed")), wage_fen=None, statuses=["1"])
        assert (found.person_fen, found.assistance_fen) == (0, 40_000)


def test_half_a_fen_is_rounded_up_in_each_levy_by_itself():
    levies = (Levy("a", "employer", "pool", 5_000, 0, "a"), Levy("b", "person", "pool", 5_000, 0, "b"))
    terms = ContributionTerms(BaseLimits(0, 1000, "f", "r"), levies, (), None)
    found = assess(terms, wage_fen=100)
    assert (found.employer_fen, found.person_fen, found.to_pool_fen) == (1, 1, 2)
