"""Settled visits per second through the gateway against pgbench TPC-B on the same server and client count.

Starts a server and an embedded database of its own under a temporary home. Prints one line per size with a ratio
measured in the same run, the p99 latency, and the SQL round trips of one settlement.

    python bench/gateway.py [--visits 12000] [--history 0] [--items 0] [--clients 16] [--scheme none|tif|sm2]

With a scheme every message is signed beforehand, checked by the server, and its answer signed where the scheme signs answers.
"""

import argparse
import time
from statistics import median
from typing import Any

import load

BATCH = "B1"
PORT = 18411
PERSONS = 2_000
ROUNDS = 5


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=12_000, help="settlements of each size")
    parser.add_argument("--history", type=int, default=0, help="settlements to stand in the database before")
    parser.add_argument("--items", type=int, default=0, help="items to stand in the catalogue before")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--lines", type=int, nargs="*", default=[5, 20])
    parser.add_argument("--scheme", choices=["none", "tif", "sm2"], default="none", help="how messages are signed")
    options = parser.parse_args()
    with load.own_database():
        _measure(options)


def _measure(options: argparse.Namespace) -> None:
    """Everything that needs the database."""
    import prepared_visits

    town = prepared_visits.found(persons=PERSONS, scheme=options.scheme)
    print("| what | per second | p50 | p99 | ratio |\n| --- | --- | --- | --- | --- |")
    if options.items:
        prepared_visits.add_catalogue(items=options.items)
        print(f"| catalogue of {options.items:,} items | | | | |")
    if options.history:
        began = time.perf_counter()
        prepared_visits.add_history(town, settlements=options.history)
        print(f"| history of {options.history:,} settlements written in | {time.perf_counter() - began:.0f} s | | | |")
    warm = prepared_visits.requests(town, visits=400, lines=1)
    with load.served(PORT):
        load.run(PORT, warm, clients=options.clients)
        for lines in options.lines:
            _compare(town, options, lines)
    print(f"| SQL round trips of one 2207 | {prepared_visits.round_trips(town)} | | | |")


def _compare(town: Any, options: argparse.Namespace, lines: int) -> None:
    """Rounds of pgbench and of settlements in turn, because the machine's speed drifts; the medians are printed."""
    import prepared_visits

    rivals, rounds = [], []
    for _ in range(ROUNDS):
        visits = prepared_visits.requests(town, visits=options.visits // ROUNDS, lines=lines)
        rivals.append(load.pgbench(options.clients).per_second)
        rounds.append(load.run(PORT, visits, clients=options.clients))
        assert not rounds[-1].refused, rounds[-1].refused[:2]
    ratios = [ours.per_second / rival for ours, rival in zip(rounds, rivals, strict=True)]
    print(
        f"| 2207 with {lines} lines, {options.clients} clients{_signed(options)} | {median(r.per_second for r in rounds):.0f}"
        f" (pgbench {median(rivals):.0f}) | {median(r.quantile(0.5) for r in rounds) * 1000:.0f} ms"
        f" | {median(r.quantile(0.99) for r in rounds) * 1000:.0f} ms"
        f" | {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |",
        flush=True,
    )


def _signed(options: argparse.Namespace) -> str:
    """How the messages are signed, in the words of the table."""
    return "" if options.scheme == "none" else f", signed ({options.scheme})"


if __name__ == "__main__":
    main()
