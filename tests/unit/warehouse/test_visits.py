"""Reading visits in chunks: no person's year is parted, whatever the size; what is out of order or missing is named."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.warehouse.test_questions import row
from yibao.warehouse.facts import write_part
from yibao.warehouse.visit_facts import holds_facts, write_visits_of
from yibao.warehouse.visits import (
    VISITS,
    NotInPersonOrderError,
    UnreadableVisitsError,
    count_visits,
    files_of,
    read_visits,
    sorted_copy,
)

VISIT = {
    "person_id": 1, "benefit_year": 2025, "began_on": date(2025, 3, 4), "scheme": "310", "care": "outpatient",
    "level": "tertiary", "place": "local", "status": "active", "aid": "none", "plan": "none", "disease": "none", "age": 40,
    "tenure": 3, "institution_id": 9, "account_used": True, "account_balance_fen": 500, "earned_raise_fen": 0,
    "total_fen": 100,
    "full_self_pay_fen": 10, "over_ceiling_fen": 0, "self_pay_first_fen": 20, "in_scope_fen": 70,
}  # fmt: skip


def write(path, visits, *, schema=VISITS, group=3):
    pq.write_table(pa.Table.from_pylist(visits, schema=schema), path, row_group_size=group)
    return path


def some_visits():
    """Seven persons with one to seven visits, some in two years."""
    return [
        {**VISIT, "person_id": person, "benefit_year": 2024 + (number > 3), "began_on": date(2024 + (number > 3), 1 + number, 1),
         "scheme": "390" if person == 3 else "310", "total_fen": person * 100 + number, "institution_id": person % 2,
         "care": "inpatient" if number % 2 else "outpatient"}
        for person in range(1, 8) for number in range(person)
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 100])
def test_every_size_of_chunk_gives_the_same_persons(tmp_path, rows):
    path = write(tmp_path / "v.parquet", some_visits())
    chunks = list(read_visits([path], rows=rows))
    assert sum(len(chunk.rows) for chunk in chunks) == count_visits([path]) == 28
    years = [
        chunk.amounts[0, chunk.starts[p] : chunk.starts[p + 1]].tolist()
        for chunk in chunks
        for p in range(len(chunk.balances))
    ]
    assert years == [
        [person * 100 + number for number in numbers]
        for person in range(1, 8)
        for numbers in ([n for n in range(person) if n <= 3], [n for n in range(person) if n > 3])
        if numbers
    ]
    assert np.concatenate([chunk.rows for chunk in chunks]).tolist() == list(range(28))


def test_one_scheme_is_taken_and_rows_keep_their_places(tmp_path):
    path = write(tmp_path / "v.parquet", some_visits())
    (chunk,) = (chunk for chunk in read_visits([path], scheme="390") if len(chunk.rows))
    assert chunk.rows.tolist() == [3, 4, 5]
    assert (chunk.starts.tolist(), chunk.balances.tolist(), chunk.month.tolist()) == ([0, 3], [500], [0, 1, 2])
    assert [chunk.texts["care"].names[code] for code in chunk.texts["care"].codes] == [
        "outpatient",
        "inpatient",
        "outpatient",
    ]


def test_columns_that_may_be_missing_have_their_defaults(tmp_path):
    bare = [
        name
        for name in VISITS.names
        if name not in {"place", "aid", "plan", "disease", "tenure", "account_used", "account_balance_fen", "scheme"}
    ]
    path = write(tmp_path / "v.parquet", some_visits(), schema=pa.schema([VISITS.field(name) for name in bare]))
    chunk = next(read_visits([path], scheme="310"))
    assert (chunk.texts["place"].names, set(chunk.balances.tolist()), set(chunk.account_used.tolist())) == (
        ("local",),
        {0},
        {False},
    )


@pytest.mark.parametrize("name", ["person_id", "level", "in_scope_fen", "began_on"])
def test_a_missing_column_is_named(tmp_path, name):
    schema = pa.schema([field for field in VISITS if field.name != name])
    path = write(tmp_path / "v.parquet", some_visits(), schema=schema)
    with pytest.raises(UnreadableVisitsError) as refused:
        list(read_visits([path]))
    assert refused.value.facts == {"file": str(path), "column": name, "reason": "the column is missing"}


def test_amounts_that_are_no_whole_numbers_are_refused(tmp_path):
    schema = VISITS.set(VISITS.names.index("total_fen"), pa.field("total_fen", pa.float64()))
    path = write(tmp_path / "v.parquet", some_visits(), schema=schema)
    with pytest.raises(UnreadableVisitsError) as refused:
        list(read_visits([path]))
    assert (refused.value.facts["column"], refused.value.facts["reason"]) == ("total_fen", "double instead of int64")


@pytest.mark.parametrize("name", ["age", "status", "institution_id", "total_fen"])
def test_gaps_are_refused(tmp_path, name):
    path = write(tmp_path / "v.parquet", [VISIT, {**VISIT, name: None}])
    with pytest.raises(UnreadableVisitsError) as refused:
        list(read_visits([path]))
    assert (refused.value.facts["column"], refused.value.facts["reason"]) == (name, "1 rows have no value")


def test_what_is_no_parquet_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(UnreadableVisitsError):
        files_of(tmp_path)
    (tmp_path / "v.parquet").write_bytes(b"no")
    with pytest.raises(UnreadableVisitsError):
        list(read_visits(files_of(tmp_path)))


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_visits_out_of_order_are_refused_and_can_be_sorted(tmp_path, rows):
    visits = some_visits()
    visits[10], visits[20] = visits[20], visits[10]
    path = write(tmp_path / "v.parquet", visits)
    with pytest.raises(NotInPersonOrderError):
        list(read_visits([path], rows=rows))
    ordered = sorted_copy([path], tmp_path / "sorted.parquet")
    totals = np.concatenate([chunk.amounts[0] for chunk in read_visits([ordered])])
    assert totals.tolist() == [visit["total_fen"] for visit in some_visits()]


def test_a_person_who_comes_back_in_the_next_file_is_out_of_order(tmp_path):
    paths = [write(tmp_path / f"{part}.parquet", [VISIT]) for part in "ab"]
    with pytest.raises(NotInPersonOrderError) as refused:
        list(read_visits(paths))
    assert refused.value.facts == {"file": str(paths[1]), "row": 0}


def test_the_facts_of_settlements_become_the_visits_that_stand(tmp_path):
    facts = tmp_path / "facts"
    early = {"began_on": date(2026, 2, 1), "settled_at": datetime(2026, 2, 1, tzinfo=UTC)}
    minus = {
        name: -value
        for name, value in zip(
            ("total_fen", "in_scope_fen", "full_self_pay_fen"), (100_000, 80_000, 20_000), strict=True
        )
    }
    write_part(facts, 0, [
        row(id=1, visit_id=1, balance_after_fen=700_00, **early),
        row(id=2, visit_id=2, balance_after_fen=600_00),
        row(id=3, visit_id=2, kind="reversal", reverses_id=2, **minus),
        row(id=4, visit_id=3, balance_after_fen=500_00, began_on=date(2026, 1, 5)),
        row(id=5, visit_id=3, balance_after_fen=400_00, began_on=date(2026, 1, 5)),
        row(id=6, visit_id=4, person_id=2),
        row(id=7, visit_id=4, person_id=2, kind="reversal", reverses_id=6, **minus),
        row(id=8, visit_id=4, person_id=2, kind="reinstatement", reverses_id=7),
    ])  # fmt: skip
    assert holds_facts(facts)
    assert not holds_facts(tmp_path)
    one, two = read_visits([write_visits_of(facts, tmp_path / "visits.parquet")], scheme="310")
    assert (one.amounts[0].tolist(), two.amounts[0].tolist()) == ([2_000_00, 1_000_00], [1_000_00])
    assert (one.starts.tolist(), one.balances.tolist(), two.balances.tolist()) == ([0, 2], [800_00], [1_000_00])
    assert one.texts["place"].names == ("local",)
