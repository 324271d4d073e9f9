"""The law of sharing accounts: whose, for whom, how far, by the day; a region's own file goes before the nation's."""

import shutil
from datetime import date

import pytest

from yibao.policies.account_sharing import SHARING_FILE, sharing_files, sharing_law, sharing_on
from yibao.policies.errors import NoPolicyError, PolicyError
from yibao.policies.library import ROOT


def test_relations_grow_with_the_law() -> None:
    assert sharing_on("110000", date(2024, 7, 25)).relations == ("spouse", "parent", "child")
    assert "sibling" in sharing_on("110000", date(2024, 7, 26)).relations


def test_before_the_opinion_nothing_is_shared() -> None:
    with pytest.raises(NoPolicyError):
        sharing_on("110000", date(2021, 4, 21))


@pytest.mark.parametrize(
    ("day", "owner", "relative", "reaches"),
    [
        (date(2024, 11, 25), "440100", "440300", False),
        (date(2024, 11, 26), "440100", "440300", True),
        (date(2026, 1, 1), "440100", "110000", False),
        (date(2024, 1, 1), "440100", "440100", True),
    ],
)
def test_how_far_apart_the_two_may_be_insured(day: date, owner: str, relative: str, *, reaches: bool) -> None:
    assert sharing_on(relative, day).reaches(owner, relative) is reaches


def test_a_regions_own_file_goes_first(tmp_path) -> None:
    for region in ("100000", "110000"):
        (tmp_path / region).mkdir()
        shutil.copy(ROOT / "100000" / SHARING_FILE, tmp_path / region / SHARING_FILE)
    own = tmp_path / "110000" / SHARING_FILE
    text = own.read_text(encoding="utf-8").replace('region: "100000"', 'region: "110000"')
    own.write_text(text.replace("[spouse, parent, child]", "[spouse]"), encoding="utf-8")
    assert sharing_on("110000", date(2023, 1, 1), tmp_path).relations == ("spouse",)
    assert sharing_on("120000", date(2023, 1, 1), tmp_path).relations == ("spouse", "parent", "child")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("value: [province]", "value: province", "no_value"),
        ("key: reach", "key: distance", "unknown_key"),
        ("effective_until: 2024-07-26", "effective_until: 2024-07-25", "gap"),
        ("source: opinion_2021", "source: opinion_2020", "unknown_source"),
    ],
)
def test_what_cannot_be_law_is_refused(tmp_path, old: str, new: str, kind: str) -> None:
    (tmp_path / "100000").mkdir()
    path = tmp_path / "100000" / SHARING_FILE
    path.write_text((ROOT / "100000" / SHARING_FILE).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        sharing_law(path)
    assert kind in {problem.kind for problem in refused.value.problems}


def test_every_file_is_sound() -> None:
    assert [path.parent.name for path in sharing_files()] == ["100000"]
    assert all(sharing_law(path) for path in sharing_files())
