"""A worker keeps to a core that no other worker has, for as long as it lives."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from yibao.interfaces.server.cores import keeps_to_cores

CORES = sorted(os.sched_getaffinity(0))
SCRIPT = """
import os, sys, threading
from yibao.interfaces.server import cores
cores._NAME = f"\\0yibao-core-test-{sys.argv[1]}-{{uid}}-{{core}}"
core = cores.keep_to_a_core([int(each) for each in sys.argv[2].split(",")])
seen = []
thread = threading.Thread(target=lambda: seen.extend([os.sched_getaffinity(0), os.sched_getscheduler(0)]))
thread.start()
thread.join()
print(core, seen[1] == os.SCHED_BATCH, *sorted(seen[0]), flush=True)
sys.stdin.read()
"""


@contextmanager
def worker(cores: list[int]) -> Iterator[tuple[str, str, bool]]:
    """A process that keeps to a core until the block ends: the core it got, those its threads run on, whether they wait."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(os.getpid()), ",".join(map(str, cores))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    core, waits, *of_threads = process.stdout.readline().split()
    try:
        yield core, " ".join(of_threads), waits == "True"
    finally:
        process.communicate()


class TestKeeping:
    def test_threads_stay_on_the_core(self):
        with worker(CORES[:1]) as (core, of_threads, _):
            assert core == of_threads == str(CORES[0])

    def test_a_thread_that_wakes_up_interrupts_no_other_there(self):
        with worker(CORES[:1]) as (_, _, waits), worker(CORES[:1]) as (_, _, waits_anywhere):
            assert waits
            assert not waits_anywhere

    def test_two_workers_share_no_core(self):
        if len(CORES) < 2:
            pytest.skip("this machine has one core")
        with worker(CORES[:2]) as (one, *_), worker(CORES[:2]) as (other, *_):
            assert {one, other} == {str(core) for core in CORES[:2]}

    def test_the_system_decides_for_who_comes_too_late(self):
        with worker(CORES[:1]), worker(CORES[:1]) as (core, of_threads, _):
            assert core == "None"
            assert of_threads == " ".join(map(str, CORES))

    def test_a_core_is_free_again_when_its_worker_has_ended(self):
        with worker(CORES[:1]):
            pass
        with worker(CORES[:1]) as (core, *_):
            assert core == str(CORES[0])


@pytest.mark.parametrize(
    ("wish", "workers", "cores", "keeps"),
    [("auto", 2, 2, True), ("auto", 2, 8, False), ("auto", 4, 2, True), ("1", 2, 8, True), ("0", 2, 2, False)],
)
def test_when_workers_keep_to_cores(wish, workers, cores, keeps):
    assert keeps_to_cores(wish, workers=workers, cores=cores) is keeps
