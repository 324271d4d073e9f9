"""How a payment is split between the own account and relatives' accounts, by the numbers alone."""

import pytest

from yibao.workflows.share_account import NO_SHARES, Shares, shares_of


@pytest.mark.parametrize(
    ("account_fen", "own_fen", "others", "expected"),
    [
        (0, 500, [(7, 100)], NO_SHARES),
        (500, 500, [(7, 100)], NO_SHARES),
        (501, 500, [(7, 100)], Shares((7,), (1,))),
        (600, 500, [(7, 100), (8, 100)], Shares((7,), (100,))),
        (601, 500, [(8, 100), (7, 100)], Shares((8, 7), (100, 1))),
        (30, 0, [(7, 10), (8, 10), (9, 10)], Shares((7, 8, 9), (10, 10, 10))),
    ],
)
def test_own_first_then_the_others_in_order(
    account_fen: int, own_fen: int, others: list[tuple[int, int]], expected: Shares
) -> None:
    shares = shares_of(account_fen, own_fen=own_fen, others=others)
    assert shares == expected
    assert shares.total_fen == max(account_fen - own_fen, 0)


def test_more_than_all_hold_is_a_mistake() -> None:
    with pytest.raises(AssertionError):
        shares_of(700, own_fen=500, others=[(7, 100)])
