"""Files are dealt slow ones first, whole, and in the same order whoever asks."""

from pathlib import Path
from types import SimpleNamespace

from tests.dealing import SLOW, dealt

ROOT = Path(__file__).resolve().parents[2]


def items(*ids):
    return [SimpleNamespace(nodeid=each) for each in ids]


def test_slow_files_browsers_and_then_those_with_most_tests():
    found = items(
        "tests/unit/test_few.py::a", "tests/unit/test_many.py::b", "tests/journeys/test_x_browser.py::c",
        "tests/unit/test_many.py::a", f"{SLOW[1]}::z", f"{SLOW[0]}::y", "tests/unit/test_also.py::a",
    )  # fmt: skip
    assert [each.nodeid.partition("::")[0] for each in dealt(found)] == [
        SLOW[0], SLOW[1], "tests/journeys/test_x_browser.py", "tests/unit/test_many.py", "tests/unit/test_many.py",
        "tests/unit/test_also.py", "tests/unit/test_few.py",
    ]  # fmt: skip
    assert [each.nodeid for each in dealt(found) if "many" in each.nodeid] == [
        "tests/unit/test_many.py::b",
        "tests/unit/test_many.py::a",
    ]


def test_the_order_in_which_tests_were_found_does_not_matter_between_files():
    ids = ("tests/a.py::1", "tests/b.py::1", "tests/b.py::2", f"{SLOW[2]}::1")
    files = [[each.nodeid.partition("::")[0] for each in dealt(items(*some))] for some in (ids, ids[::-1])]
    assert files[0] == files[1]


def test_every_slow_file_is_there():
    assert [name for name in SLOW if not (ROOT / name).is_file()] == []
