"""In which order files are dealt to the workers of one run: slow ones first, so that none of them is left for one worker at the end.

The plugin deals whole files, those with most tests first; a file that plays a city or opens a browser has few tests and would
come last. The order hangs on names and numbers alone, so every worker comes to the same one.
"""

from collections import Counter
from pathlib import Path

SLOW = (
    "tests/crash/test_crashes.py",
    "tests/crash/test_under_abuse.py",
    "tests/crash/test_served.py",
    "tests/journeys/test_city_demo.py",
    "tests/journeys/test_internet_journey.py",
    "tests/journeys/test_internet_journey_refused.py",
    "tests/journeys/test_agreement_demo.py",
    "tests/unit/city/test_same_seed_same_city.py",
    "tests/unit/city/test_two_regions.py",
    "tests/unit/city/test_regions.py",
    "tests/journeys/test_fuzzed_messages.py",
    "tests/journeys/test_fuzzed_prescriptions.py",
    "tests/journeys/test_mobile_orders_fuzzed.py",
    "tests/unit/engines/benefits/test_kernel_against_reference.py",
    "tests/unit/test_documents.py",
    "tests/unit/workflows/test_simulate_reform.py",
    "tests/architecture/test_ladder.py",
)
"""Files that take long for their number of tests, the longest first; browsers (`*_browser.py`) follow by themselves."""


def dealt(items):
    """The tests in the order in which their files are dealt; within a file as they were."""
    counts = Counter(map(file_of, items))
    return sorted(items, key=lambda item: (_turn(file_of(item)), -counts[file_of(item)], file_of(item)))


def file_of(item):
    """The file of a test, as the run names it."""
    return item.nodeid.partition("::")[0]


def _turn(file):
    """When a file's turn comes: the slow ones by name, then browsers, then all others."""
    if file in SLOW:
        return SLOW.index(file)
    return len(SLOW) + (not Path(file).stem.endswith("_browser"))
