"""The simulator on millions of visits of a made city: wall time from Parquet to tables, against DuckDB on the same file.

The limit is 20 seconds of wall time for 10 million visits on two quiet cores. The ratio is measured in the same run: DuckDB
reads every column of the same file and sums by level and institution, which is the least that anything reading it must do.

python bench/simulate.py                       # 10 million visits of the employees' scheme
python bench/simulate.py --visits 1000000
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Final

import duckdb

from yibao.city.bulk_visits import write_visits
from yibao.policies.references import choose
from yibao.workflows.simulate_reform import Question, simulate

LIMIT_SECONDS: Final = 20.0
LIMIT_VISITS: Final = 10_000_000
BASE: Final = "110000/310@2022-12-31"
REFORM: Final = "110000/310@2026-11-01"
ROUNDS: Final = 3


def scan_seconds(path: Path) -> float:
    """Wall time of DuckDB with two threads for reading all columns and summing by level and institution."""
    engine = duckdb.connect(config={"threads": 2})
    began = time.perf_counter()
    engine.execute(
        "SELECT level, institution_id, count(*), count(DISTINCT person_id), sum(total_fen), sum(full_self_pay_fen),"
        " sum(over_ceiling_fen), sum(self_pay_first_fen), sum(in_scope_fen), sum(account_balance_fen), max(age),"
        " max(tenure), max(began_on), max(benefit_year), max(care), max(place), max(status), max(aid), max(plan),"
        " max(disease), max(scheme), max(account_used::int) FROM read_parquet(?) GROUP BY ALL",
        [str(path)],
    ).fetchall()
    return time.perf_counter() - began


def simulation_seconds(path: Path, workplace: Path) -> tuple[float, float, int]:
    """Wall and processor time from opening the file to the finished tables, and how many visits were settled twice."""
    began, worked = time.perf_counter(), time.process_time()
    found = simulate(Question(base=choose(BASE), reform=choose(REFORM), files=[path], workplace=workplace))
    return time.perf_counter() - began, time.process_time() - worked, int(found.facts["visits"])


def main() -> None:
    """Make the file, measure in turn, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--visits", type=int, default=LIMIT_VISITS)
    parser.add_argument("--file", type=Path, help="where the made visits are kept from run to run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "visits.parquet"
        if not path.exists():
            began = time.perf_counter()
            made = write_visits(path, seed=2026, visits=options.visits, scheme="310")
            print(f"made {made:,} visits in {time.perf_counter() - began:.1f} s, {path.stat().st_size / 1e6:.0f} MB")
        ours, theirs, processor, visits = list[float](), list[float](), list[float](), 0
        for _ in range(ROUNDS):
            theirs.append(scan_seconds(path))
            seconds, worked, visits = simulation_seconds(path, Path(folder))
            ours.append(seconds)
            processor.append(worked)
    limit = LIMIT_SECONDS * visits / LIMIT_VISITS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"simulated {visits:,} visits under two laws: {min(ours):.1f} s wall (rounds {', '.join(f'{s:.1f}' for s in ours)};"
        f" limit {limit:.1f}), {min(processor):.1f} s of processor; {visits * 2 / min(ours) / 1e6:.1f} million settlements/s; peak memory {peak:,.0f} MiB"
    )
    print(f"DuckDB reading and grouping the same file: {min(theirs):.1f} s; ratio {min(ours) / min(theirs):.2f}")


if __name__ == "__main__":
    main()
