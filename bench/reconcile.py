"""Reconciliation: 3201 for a hospital-month among its neighbours, 3202 for a file of a million rows, what the indexes cost.

Founds an embedded database of its own under a temporary home and sends real messages through the gateway, in this process. The
limits are measured in the same run: for 3201 the bare sum over the same rows by the same index, for 3202 DuckDB joining the
same rows from two files.

    python bench/reconcile.py [--month 100000] [--neighbours 4] [--rows 1000000]
"""

import argparse
import io
import json
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import load

ROUNDS = 5
MONTH = ("2026-10-01", "2026-10-31")
BEFORE = ("2026-09-01", "2026-09-30")
CHUNK = 100_000
_MADE = (
    "CREATE TEMP TABLE made AS SELECT n, (%(houses)s::bigint[])[1 + n %% %(among)s] AS house,"
    " (%(persons)s::bigint[])[1 + n %% %(people)s] AS person_id, (%(enrolments)s::bigint[])[1 + n %% %(people)s] AS enrolment_id,"
    " nextval('visits_visit_id_seq') AS visit_id, nextval('settlement_settlement_id_seq') AS settlement_id,"
    " %(from)s::timestamptz + n * (interval '29 days' / %(all)s) AS at FROM generate_series(%(first)s::bigint, %(last)s::bigint) n"
)
_VISITS = (
    "INSERT INTO visits_visit (id, institution_id, person_id, enrolment_id, care, medical_type, number_at_institution,"
    " voucher_kind, place, began_at, department_code, department_name, physician_code, physician_name, details, state)"
    " SELECT visit_id, house, person_id, enrolment_id, 'outpatient', '11', 'B' || visit_id, '02', 'local', at, '', '', '', '',"
    " '{}', 'open' FROM made"
)
_SETTLEMENTS = (
    "INSERT INTO settlement_settlement (id, kind, visit_id, person_id, institution_id, enrolment_id, settled_at,"
    " benefit_year, msgid, infno, operator, invoice, uses_account, is_midway, voucher_kind, total_fen, full_self_pay_fen,"
    " over_ceiling_fen, self_pay_first_fen, in_scope_fen, deductible_fen, fund_fen, person_fen, account_fen, cash_fen,"
    " hospital_fen, balance_after_fen, fund_codes, fund_amounts_fen, accumulator_changes, policy, trace)"
    " SELECT settlement_id, 'settlement', visit_id, person_id, house, enrolment_id, at, 2026, 'H' || settlement_id, '2207', 'op',"
    " '', false, false, '02', 4800 + n %% 100, n %% 100, 0, 480, 4320, 0, 3024, 1776 + n %% 100, 776, 1000 + n %% 100, 0, 0,"
    " '{310100}', '{3024}', '{\"outpatient_pooled_paid\": 3024}', 'bench', %(trace)s::jsonb FROM made"
)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--month", type=int, default=100_000, help="settlements of the hospital in its month")
    parser.add_argument("--neighbours", type=int, default=4, help="hospitals that settle as much among them")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file of 3202")
    options = parser.parse_args()
    with load.own_database():
        _measure(options)


def _measure(options: argparse.Namespace) -> None:
    """Everything that needs the database."""
    import prepared_visits

    town = prepared_visits.found(persons=12_000)
    print("| what | figure | limit of the same run | ratio |\n| --- | --- | --- | --- |", flush=True)
    _cost_of_indexes(town)
    others = _neighbours(options.neighbours)
    _write(town, [town.institution_id, *others], MONTH[0], options.month * (1 + len(others)))
    _totals(town, options.month)
    _write(town, [town.institution_id], BEFORE[0], options.rows)
    _details(town, options.rows)


def _neighbours(count: int) -> list[int]:
    """Other hospitals of the region."""
    from yibao.domains.institutions.models import Institution

    hospital = Institution.objects.get(code__startswith="H")
    values = {"name": "bench", "kind": "hospital", "level": "tertiary", "division_id": "110101"}
    made = [
        Institution(code=f"H110101{place:05d}", designated_from=hospital.designated_from, **values)
        for place in range(900, 900 + count)
    ]
    return [house.pk for house in Institution.objects.bulk_create(made)]


def _values(town: Any, houses: list[int], since: str, count: int) -> dict[str, Any]:
    """What the statements need."""
    step = {"layer": "pooled", "base_fen": 4320, "bands": [[0, 4320, 700000]], "paid_fen": 3024, "clause": "x" * 40}
    return {
        "houses": houses,
        "among": len(houses),
        "persons": [person[0] for person in town.persons],
        "enrolments": [person[3] for person in town.persons],
        "people": len(town.persons),
        "from": f"{since} 00:00+08",
        "all": count,
        "trace": json.dumps([step] * 4),
    }


def _write(town: Any, houses: list[int], since: str, count: int) -> None:
    """Write settled visits of 29 days, spread over houses and people."""
    from django.db import connection, transaction

    values = _values(town, houses, since, count)
    for first in range(1, count + 1, CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in (_MADE, _VISITS, _SETTLEMENTS, "DROP TABLE made"):
                cursor.execute(statement, {**values, "first": first, "last": min(first + CHUNK - 1, count)})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE settlement_settlement")
        cursor.execute("VACUUM ANALYZE visits_visit")


def _cost_of_indexes(town: Any) -> None:
    """Insert settlements with the indexes as they are, and as they were before there was one by institution and time."""
    from django.db import connection, transaction

    before = (
        "DROP INDEX settlement_of_institution",
        "DROP INDEX settlement_is_reversed_once",
        "CREATE UNIQUE INDEX bench_as_it_was ON settlement_settlement (reverses_id)",
    )
    values = _values(town, [town.institution_id], MONTH[0], 50_000)

    def seconds(statements: tuple[str, ...]) -> float:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute(_MADE, {**values, "first": 1, "last": 50_000})
            began = time.perf_counter()
            cursor.execute(_SETTLEMENTS, values)
            taken = time.perf_counter() - began
            cursor.execute("DROP TABLE made")
            transaction.set_rollback(True)
        return taken

    pairs = [(seconds(()), seconds(before)) for _ in range(ROUNDS)]
    now, then = (median(column) for column in zip(*pairs, strict=True))
    print(
        f"| insert of a settlement, all checks and indexes | {now * 20:.1f} µs | as the indexes were: {then * 20:.1f} µs"
        f" | {now / then:.2f} |",
        flush=True,
    )


def _send(infno: str, node: dict[str, Any], serial: int) -> tuple[float, bytes]:
    """Send a message through the gateway; the seconds it took, and the answer."""
    from prepared_visits import CODE, REGION
    from yibao.interfaces.gateway import directory
    from yibao.interfaces.gateway.service import HttpRequest, respond

    envelope = {
        "infno": infno, "msgid": f"{CODE}{infno}{serial:014d}", "mdtrtarea_admvs": "110101", "insuplc_admdvs": REGION,
        "recer_sys_code": "bench", "infver": "V1.0", "opter_type": "1", "opter": "op", "opter_name": "op",
        "inf_time": "2026-11-10 09:00:00", "fixmedins_code": CODE, "fixmedins_name": "bench", "sign_no": "", "input": node,
    }  # fmt: skip
    body = json.dumps(envelope).encode()
    request = HttpRequest("/fsi", {}, body, "application/json")
    point = directory.access_point_for("/fsi")
    assert point is not None
    began = time.perf_counter()
    answer = respond(request, point, now=datetime.now(UTC))
    taken = time.perf_counter() - began
    assert b'"infcode":0' in answer, answer[:500]
    return taken, bytes(answer)


def _totals(town: Any, count: int) -> None:
    """3201 for the hospital's month, against the bare sum by the same index."""
    from django.db import connection

    sums = "sum(total_fen), sum(fund_fen), sum(account_fen), count(*)"
    with connection.cursor() as cursor:
        where = "WHERE institution_id = %s AND settled_at >= '2026-10-01+08' AND settled_at < '2026-11-01+08'"
        cursor.execute(f"SELECT {sums} FROM settlement_settlement {where}", [town.institution_id])
        total, fund, account, rows = map(int, cursor.fetchone())
    assert rows == count
    claim = {
        "insutype": "310", "clr_type": "11", "setl_optins": "110000", "stmt_begndate": MONTH[0], "stmt_enddate": MONTH[1],
        "medfee_sumamt": f"{total / 100:.2f}", "fund_pay_sumamt": f"{fund / 100:.2f}", "acct_pay": f"{account / 100:.2f}",
        "fixmedins_setl_cnt": rows,
    }  # fmt: skip

    def bare() -> float:
        with connection.cursor() as cursor:
            began = time.perf_counter()
            cursor.execute(f"SELECT {sums} FROM settlement_settlement {where}", [town.institution_id])
            cursor.fetchone()
            return time.perf_counter() - began

    ours, limit = [], []
    for serial in range(ROUNDS):
        taken, answer = _send("3201", {"data": claim}, serial)
        assert b'"stmt_rslt":"0"' in answer, answer
        ours.append(taken)
        limit.append(bare())
    print(
        f"| 3201, a month of {count:,} settlements | {median(ours):.2f} s ({max(ours):.2f} at worst) | bare sum"
        f" {median(limit):.2f} s | {median(ours) / median(limit):.1f} |",
        flush=True,
    )


def _file(town: Any) -> tuple[bytes, int, int, int]:
    """The hospital's file of its settlements, every thousandth row wrong; its sums and rows."""
    from django.db import connection

    text = io.StringIO()
    total = fund = rows = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.visit_id, p.number, s.total_fen, s.fund_fen, s.account_fen FROM settlement_settlement s"
            " JOIN people_person p ON p.id = s.person_id WHERE s.institution_id = %s AND s.settled_at < '2026-10-01+08'",
            [town.institution_id],
        )
        while chunk := cursor.fetchmany(50_000):
            for setl_id, visit, person, total_fen, fund_fen, account_fen in chunk:
                rows += 1
                said_fen = total_fen + 100 * (rows % 1000 == 0)
                total, fund = total + said_fen, fund + fund_fen
                amounts = "\t".join(f"{fen // 100}.{fen % 100:02d}" for fen in (said_fen, fund_fen, account_fen))
                text.write(f"{setl_id}\t{visit}\t{person}\t{amounts}\t0\tnull\n")
    return text.getvalue().encode(), total, fund, rows


def _details(town: Any, count: int) -> None:
    """Upload a file of the month and compare it, against DuckDB joining the same rows from two files."""
    from yibao.domains.reconciliation.models import ReconciliationRun

    content, total, fund, rows = _file(town)
    assert rows == count
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("detail.txt", content)
    from prepared_visits import CODE

    number = _keep(town, packed.getvalue(), CODE)
    claim = {
        "setl_optins": "110000", "file_qury_no": number, "stmt_begndate": BEFORE[0], "stmt_enddate": BEFORE[1],
        "medfee_sumamt": f"{total / 100:.2f}", "fund_pay_sumamt": f"{fund / 100:.2f}", "cash_payamt": 0,
        "fixmedins_setl_cnt": rows,
    }  # fmt: skip
    taken, _ = _send("3202", {"data": claim}, 1)
    limit = _duckdb(content)
    run = ReconciliationRun.objects.latest("pk")
    assert run.difference_count == rows // 1000, run.difference_count
    print(
        f"| 3202, {rows:,} rows in {len(packed.getvalue()) / 2**20:.0f} MiB, {run.difference_count:,} of them differ"
        f" | {taken:.1f} s, {_peak_mib()} MiB at most in this process | DuckDB joining two files {limit:.1f} s"
        f" | {taken / limit:.1f} |",
        flush=True,
    )


def _keep(town: Any, content: bytes, code: str) -> str:
    """Keep the file as 9101 does; its number."""
    from yibao.domains import storage
    from yibao.domains.files.operations import NewFile, keep_file

    now = datetime.now(UTC)
    with storage.transaction() as raw:
        return keep_file(raw, NewFile(town.institution_id, code, "detail.zip", content, now, now.replace(year=2099)))


def _duckdb(content: bytes) -> float:
    """Seconds in which DuckDB joins the file with itself, as two files of text."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "detail.txt"
        path.write_bytes(content)
        read = f"read_csv('{path}', delim = '\t', header = false, all_varchar = true)"
        began = time.perf_counter()
        duckdb.connect().execute(
            f"SELECT count(*) FROM {read} a FULL JOIN {read} b ON a.column0 = b.column0"
            " WHERE a.column3::decimal(16,2) <> b.column3::decimal(16,2) OR a.column4::decimal(16,2) <> b.column4::decimal(16,2)"
            " OR a.column5::decimal(16,2) <> b.column5::decimal(16,2) OR a.column0 IS NULL OR b.column0 IS NULL"
        ).fetchone()
        return time.perf_counter() - began


def _peak_mib() -> int:
    """The most memory that this process has held, in MiB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
