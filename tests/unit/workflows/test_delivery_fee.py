"""The fee for delivering medicine is on the bill and never paid by a fund, however the catalogue covers its item."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.domains.catalogue.queries import LineCoverage
from yibao.engines.pricing import line_amount_fen
from yibao.policies.internet_care import internet_regions
from yibao.workflows.upload_fees import WishedLine, _keep

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BEGAN = datetime(2026, 11, 10, 1, tzinfo=UTC)
covered = st.one_of(st.just(("01", 0)), st.just(("03", 1_000_000)), st.tuples(st.just("02"), st.integers(0, 1_000_000)))


def line(quantity_e4, price_e6, approval=None):
    amount_fen = line_amount_fen(quantity_e4=quantity_e4, price_e6=price_e6)
    return WishedLine(
        "1",
        "P",
        "药品配送费",
        quantity_e4,
        price_e6,
        amount_fen,
        approval,
        "A",
        "D",
        datetime(2026, 11, 10, 2, tzinfo=UTC),
    )


def coverage(item_class, ratio, ceiling, mark):
    return LineCoverage("P", "药品配送费", "14", False, False, item_class, ratio, ceiling, date(2019, 1, 1), None, mark)


@pytest.mark.requirement("INT-34")
@given(
    st.tuples(st.integers(1, 10**7), st.integers(0, 10**10), st.sampled_from(["0", "1", "2", None])),
    covered, st.none() | st.integers(1, 10**9), st.sampled_from(internet_regions()),
)  # fmt: skip
def test_no_part_of_it_is_in_scope(charged, held, ceiling, region):
    wished = line(*charged)
    kept = _keep(0, wished, coverage(*held, ceiling, "delivery_fee"), began_at=BEGAN, now=NOW, region=region).line
    assert (kept.in_scope_fen, kept.self_pay_first_fen, kept.over_ceiling_fen) == (0, 0, 0)
    assert kept.full_self_pay_fen == kept.amount_fen == wished.amount_fen


def test_another_mark_changes_nothing():
    kept = _keep(
        0, line(10_000, 5_000_000), coverage("01", 0, None, "special_drugs"), began_at=BEGAN, now=NOW, region="110000"
    ).line
    assert kept.in_scope_fen == 500
