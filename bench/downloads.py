"""A list of 200,000 rows: published, made into its file when a hospital asks (1301), and fetched (9102), through the gateway in one process.

Founds an embedded database of its own under a temporary home. The limit of the same run is what cannot be avoided: PostgreSQL
copying the same rows out as text, and the same text packed by zlib.

    python bench/downloads.py [--rows 200000] [--changed 20000]
"""

import argparse
import io
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import load

LIST = "1301"
FILLED = 30
"""Columns of each row that hold something, beside those that a release fills in."""
WORDS = ("口服常释剂型", "片剂", "10mg*7片*2板/盒", "国药准字H20000001", "测试制药有限公司", "0.5", "盒", "西药")
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--changed", type=int, default=20_000, help="rows that the second version changes")
    options = parser.parse_args()
    with load.own_database():
        import prepared_visits

        prepared_visits.found(persons=1)
        print("| what | figure | limit of the same run | ratio |\n| --- | --- | --- | --- |", flush=True)
        _measure(options.rows, options.changed)


def _measure(rows: int, changed: int) -> None:
    """Publish twice; then fetch both files, made anew because they can no longer be fetched."""
    first = _publish(_rows(rows, "一"), is_whole=True, at=NOW)
    second = _publish(_rows(changed, "二"), is_whole=False, at=NOW + timedelta(days=1))
    print(f"| publish {rows:,} rows, files and register included | {first:.1f} s | | |", flush=True)
    print(f"| publish a version that changes {changed:,} | {second:.1f} s | | |", flush=True)
    later = NOW + timedelta(days=60)
    for held, expected in (("v0000", rows), ("v0001", changed)):
        made, answer = _send(LIST, {"data": {"ver": held}}, at=later)
        found, again = _send(LIST, {"data": {"ver": held}}, at=later + timedelta(seconds=1))
        told = json.loads(again)["output"]
        fetched, packed = _send("9102", {"fsDownloadIn": {**told, "fixmedins_code": "plc"}}, at=later)
        assert json.loads(answer)["output"]["file_qury_no"] == told["file_qury_no"]
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            (name,) = archive.namelist()
            text = archive.read(name)
        assert text.count(b"\n") == expected, text.count(b"\n")
        limit = _bare(text, since=int(held[1:]))
        print(
            f"| 1301 from {held}: {expected:,} rows, {len(text) / 2**20:.0f} MiB, {len(packed) / 2**20:.1f} MiB packed, made anew"
            f" | {made:.2f} s; asked again {found * 1000:.0f} ms; 9102 {fetched * 1000:.0f} ms | COPY and zlib {limit:.2f} s"
            f" | {made / limit:.1f} |",
            flush=True,
        )


def _rows(count: int, mark: str) -> dict[str, Any]:
    """Made rows of the list, by code."""
    from yibao.domains.listings.lists import LISTS, STAMPED, VALID
    from yibao.domains.listings.operations import ListRow

    kind = LISTS[LIST]
    free = [
        column
        for column in kind.columns
        if column not in {*STAMPED, VALID, kind.key, kind.name} and "日期" not in column
    ]
    free = [column for column in free if "时间" not in column][: FILLED - 2]
    return {
        f"XA{n:08d}": ListRow(
            {
                kind.key: f"XA{n:08d}",
                kind.name: f"测试药品{n}{mark}",
                **{column: f"{WORDS[(n + place) % len(WORDS)]}{n % 97}" for place, column in enumerate(free)},
            },
            is_valid=True,
        )
        for n in range(count)
    }


def _publish(rows: dict[str, Any], *, is_whole: bool, at: datetime) -> float:
    """Publish a version; the seconds it took."""
    from prepared_visits import REGION
    from yibao.workflows.publish_list import Publication, publish_list

    began = time.perf_counter()
    publish_list(Publication(LIST, REGION, rows, is_whole, "bench", "bench", at))
    return time.perf_counter() - began


def _send(infno: str, node: dict[str, Any], *, at: datetime) -> tuple[float, bytes]:
    """Send a message through the gateway; the seconds it took, and the answer."""
    from prepared_visits import CODE, REGION
    from yibao.interfaces.gateway import directory
    from yibao.interfaces.gateway.service import HttpRequest, respond

    envelope = {
        "infno": infno, "msgid": f"{CODE}{time.time_ns() % 10**18:018d}", "mdtrtarea_admvs": "110101",
        "insuplc_admdvs": REGION, "recer_sys_code": "bench", "infver": "V1.0", "opter_type": "1", "opter": "op",
        "opter_name": "op", "inf_time": "2026-11-10 09:00:00", "fixmedins_code": CODE, "fixmedins_name": "bench",
        "sign_no": "", "input": node,
    }  # fmt: skip
    point = directory.access_point_for("/fsi")
    assert point is not None
    request = HttpRequest("/fsi", {}, json.dumps(envelope).encode(), "application/json")
    began = time.perf_counter()
    answer = bytes(respond(request, point, now=at))
    taken = time.perf_counter() - began
    assert b'"infcode":0' in answer or answer.startswith(b"PK"), answer[:500]
    return taken, answer


def _bare(text: bytes, *, since: int) -> float:
    """Seconds in which PostgreSQL copies the same rows out, and zlib packs the same text."""
    from yibao.domains import storage

    began = time.perf_counter()
    with storage.driver().cursor() as cursor:
        statement = (
            "COPY (SELECT DISTINCT ON (e.code) e.code, e.values, e.is_valid, e.created_at, r.released_at, r.number"
            " FROM listings_entry e JOIN listings_release r ON r.id = e.release_id"
            f" WHERE r.number > {since} ORDER BY e.code, e.release_id DESC) TO STDOUT"
        )
        with cursor.copy(statement) as copied:
            for _ in copied:
                pass
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.txt", text)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
