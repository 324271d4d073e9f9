"""What the database refuses to keep as a settlement, each under its own name, and the accumulators it refuses."""

from collections.abc import Mapping

import pytest
from django.db import IntegrityError, connection, transaction

pytestmark = pytest.mark.django_db

COLUMNS = (
    "kind", "reverses_id", "total_fen", "full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen",
    "deductible_fen", "fund_fen", "person_fen", "account_fen", "cash_fen", "hospital_fen", "balance_after_fen",
    "fund_codes", "fund_amounts_fen", "shared_account_fen", "shared_owner_ids", "shared_amounts_fen",
)  # fmt: skip
SOUND = dict(
    zip(COLUMNS, ("settlement", None, 1000, 100, 50, 150, 700, 200, 400, 550, 150, 400, 50, 0, ["310100", "330100"], [300, 100],
                  90, [7, 8], [60, 30]),
        strict=True)
)  # fmt: skip
REVERSED = {
    name: -value if isinstance(value, int) else value for name, value in SOUND.items()
} | {"kind": "reversal", "reverses_id": 7, "fund_amounts_fen": [-300, -100], "shared_amounts_fen": [-60, -30]}  # fmt: skip


def is_sound(settlement: Mapping[str, object]) -> bool:
    """Ask the function that the table's check calls."""
    with transaction.atomic(), connection.cursor() as cursor:
        marks = ", ".join(
            ["%s::varchar", "%s::bigint", *["%s"] * 12, "%s::varchar[]", "%s::bigint[]", "%s", *["%s::bigint[]"] * 2]
        )
        cursor.execute(f"SELECT yibao_settlement_is_sound({marks})", [settlement[name] for name in COLUMNS])
        row = cursor.fetchone()
        assert row is not None
        return bool(row[0])


@pytest.mark.parametrize("settlement", [SOUND, REVERSED, REVERSED | {"kind": "reinstatement"} | {
    name: SOUND[name] for name in COLUMNS[2:]}])  # fmt: skip
def test_what_adds_up_is_kept(settlement: Mapping[str, object]) -> None:
    assert is_sound(settlement)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("settlement_scope_adds_up", {"in_scope_fen": 701}),
        ("settlement_payers_add_up", {"hospital_fen": 51}),
        ("settlement_person_adds_up", {"cash_fen": 399}),
        ("settlement_funds_add_up", {"fund_amounts_fen": [300, 99]}),
        ("settlement_funds_add_up", {"fund_codes": ["310100"]}),
        ("settlement_shares_add_up", {"shared_account_fen": 91}),
        ("settlement_shares_add_up", {"shared_owner_ids": [7]}),
        ("settlement_shares_add_up", {"shared_amounts_fen": [90, 0]}),
        ("settlement_shares_add_up", {"shared_amounts_fen": [100, -10]}),
        ("settlement_shares_add_up", {"shared_account_fen": 151, "shared_amounts_fen": [60, 91]}),
        ("settlement_has_one_sign", {"deductible_fen": 701}),
        ("settlement_has_one_sign", {"deductible_fen": -1}),
        ("settlement_has_one_sign", {"account_fen": -10, "cash_fen": 560}),
        ("settlement_kind_matches_what_it_reverses", {"reverses_id": 7}),
        ("settlement_kind_matches_what_it_reverses", {"kind": "reinstatement"}),
        ("settlement_never_overdraws", {"balance_after_fen": -1}),
    ],
)
def test_what_does_not_is_refused_by_name(name: str, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=name) as refused:
        is_sound(SOUND | changes)
    assert refused.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


def test_the_amounts_of_a_reversal_are_negative() -> None:
    with pytest.raises(IntegrityError, match="settlement_has_one_sign"):
        is_sound(SOUND | {"kind": "reversal", "reverses_id": 7})


def test_the_table_asks_for_every_column_in_this_order() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname = 'settlement_is_sound'"
        )
        assert cursor.fetchone() == (f"CHECK (yibao_settlement_is_sound({', '.join(COLUMNS)}))", True)


@pytest.mark.parametrize("amounts", ['{"paid": -1}', "[]", "3"])
def test_accumulators_are_amounts_by_name_and_never_negative(amounts: str) -> None:
    with pytest.raises(IntegrityError, match="accumulators_are_not_negative"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO settlement_accumulator (person_id, scheme, year, amounts) VALUES (1, '310', 2026, %s::jsonb)",
            [amounts],
        )
