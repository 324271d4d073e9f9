from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from yibao.warehouse import questions
from yibao.warehouse.facts import COLUMNS, RANGE, bounds, forget_other_history, parts_to_write, write_part

ROW = {
    "id": 1,
    "kind": "settlement",
    "settled_at": datetime(2026, 11, 1, tzinfo=UTC),
    "benefit_year": 2026,
    "visit_id": 1,
    "person_id": 1,
    "institution_id": 1,
    "level": "tertiary",
    "care": "inpatient",
    "medical_type": "21",
    "began_on": date(2026, 10, 1),
    "days": 8,
    "scheme": "310",
    "status_group": "active",
    "sex": "1",
    "age": 52,
    "total_fen": 1_000_00,
    "full_self_pay_fen": 200_00,
    "over_ceiling_fen": 0,
    "self_pay_first_fen": 0,
    "in_scope_fen": 800_00,
    "deductible_fen": 0,
    "fund_fen": 600_00,
    "person_fen": 400_00,
    "account_fen": 100_00,
    "cash_fen": 300_00,
    "hospital_fen": 0,
    "place": "local",
    "reverses_id": None,
    "uses_account": True,
    "balance_after_fen": 900_00,
    "region": "110000",
    "fund_codes": ["310100", "330100"],
    "fund_amounts_fen": [500_00, 100_00],
}
FEN = [name for name in ROW if name.endswith("_fen") and name not in {"fund_amounts_fen", "balance_after_fen"}]


def row(**changed: Any) -> tuple[Any, ...]:
    return tuple({**ROW, **changed}[name] for name in COLUMNS)


def reversal(**changed: Any) -> tuple[Any, ...]:
    negative = {name: -ROW[name] for name in FEN}  # type: ignore[operator]
    return row(kind="reversal", fund_amounts_fen=[-500_00, -100_00], **negative, **changed)


@pytest.fixture
def warehouse(tmp_path: Path) -> questions.Warehouse:
    write_part(
        tmp_path,
        0,
        [
            row(),
            row(id=2, days=4, began_on=date(2026, 11, 3)),
            reversal(id=3, days=4, began_on=date(2026, 11, 3)),
            row(id=4, care="outpatient", medical_type="11", days=0, age=80, scheme="390"),
        ],
    )
    return questions.open_warehouse(tmp_path)


def test_a_reversal_takes_away_what_it_reverses(warehouse: questions.Warehouse) -> None:
    employees, residents = questions.rows(questions.by_scheme_and_care(warehouse))
    assert (employees["scheme"], employees["settlements"], employees["total_fen"]) == ("310", 1, 1_000_00)
    assert (residents["scheme"], residents["care"], residents["mean_fen"]) == ("390", "outpatient", 1_000_00)


def test_funds_by_month_are_net(warehouse: questions.Warehouse) -> None:
    assert questions.rows(questions.fund_payments_by_month(warehouse)) == [
        {"fund": "310100", "month": "2026-10", "amount_fen": 1_000_00},
        {"fund": "310100", "month": "2026-11", "amount_fen": 0},
        {"fund": "330100", "month": "2026-10", "amount_fen": 200_00},
        {"fund": "330100", "month": "2026-11", "amount_fen": 0},
    ]


def test_own_share_by_age_band(warehouse: questions.Warehouse) -> None:
    found = {(r["scheme"], r["age_from"]): r for r in questions.rows(questions.out_of_pocket_by_age(warehouse))}
    assert set(found) == {("310", 50), ("390", 80)}
    assert found["310", 50]["own_share"] == pytest.approx(0.4)
    assert found["310", 50]["cash_share"] == pytest.approx(0.3)


def test_admissions_by_level(warehouse: questions.Warehouse) -> None:
    (found,) = questions.rows(questions.admissions_by_level(warehouse))
    assert (found["level"], found["settlements"], found["mean_days"]) == ("tertiary", 1, 8.0)
    assert found["fund_share"] == pytest.approx(0.75)
    (overall,) = questions.rows(questions.admissions(warehouse))
    assert overall["fund_share"] == pytest.approx(0.75)


def test_the_last_two_parts_and_missing_ones_are_written(tmp_path: Path) -> None:
    assert parts_to_write(tmp_path, highest_id=0) == [0]
    assert parts_to_write(tmp_path, highest_id=3 * RANGE) == [0, 1, 2]
    for part in range(3):
        write_part(tmp_path, part, [])
    assert parts_to_write(tmp_path, highest_id=3 * RANGE) == [1, 2]
    assert parts_to_write(tmp_path, highest_id=3 * RANGE + 1) == [2, 3]
    assert bounds(1) == (RANGE, 2 * RANGE)


def test_a_part_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write_part(tmp_path, 0, [row(), row(id=2)])
    assert write_part(tmp_path, 0, [row()]) == 1
    (found,) = questions.rows(questions.by_scheme_and_care(questions.open_warehouse(tmp_path)))
    assert found["settlements"] == 1
    assert not list(tmp_path.glob("*.writing"))


def test_an_empty_warehouse_answers(tmp_path: Path) -> None:
    write_part(tmp_path, 0, [])
    assert questions.rows(questions.by_scheme_and_care(questions.open_warehouse(tmp_path))) == []


def test_parts_of_another_database_are_forgotten(tmp_path: Path) -> None:
    forget_other_history(tmp_path, origin="a")
    write_part(tmp_path, 0, [row()])
    forget_other_history(tmp_path, origin="a")
    assert len(list(tmp_path.glob("*.parquet"))) == 2
    forget_other_history(tmp_path, origin="b")
    assert not list(tmp_path.glob("*.parquet"))
