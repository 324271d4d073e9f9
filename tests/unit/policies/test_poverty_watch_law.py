"""The law of the poverty watch: sourced like all law, limits made of dated figures, what cannot be law refused with its line."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from yibao.interfaces.commands.refusals import REASONS
from yibao.policies import NoPolicyError, PolicyError
from yibao.policies.poverty_watch import FILE, ROOT, check_watch, load_watch, watched_regions

TRUSTS = {"official", "relayed", "third_party", "our_default"}


@pytest.fixture
def changed(tmp_path):
    """A copy of a region's file with some text replaced; gives the folder of the regions."""

    def change(old, new):
        text = (ROOT / "110000" / FILE).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "110000").mkdir(exist_ok=True)
        (tmp_path / "110000" / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return change


def figures(node):
    """Every mapping with a clause, wherever it stands."""
    if isinstance(node, dict):
        if "clause" in node:
            yield node
        for child in node.values():
            yield from figures(child)
    elif isinstance(node, list):
        for child in node:
            yield from figures(child)


class TestShipped:
    def test_the_first_four_regions_have_one(self):
        with_benefits = {path.parent.parent.name for path in ROOT.glob("*/*/scheme.yaml")}
        assert {"110000", "120000", "310000", "440100"} <= set(watched_regions()) <= with_benefits

    @pytest.mark.parametrize("region", watched_regions())
    def test_every_figure_has_source_or_says_that_it_is_ours(self, region):
        check_watch(region)
        loaded = yaml.safe_load((ROOT / region / FILE).read_text(encoding="utf-8"))
        found = list(figures(loaded))
        assert len(found) >= 8
        for clause in found:
            assert clause["trust"] in TRUSTS
            assert clause["note"]
            if clause["trust"] != "our_default":
                source = loaded["sources"][clause["source"]]
                assert source["document"]
                assert clause["article"] or source["link"]

    @pytest.mark.requirement("MAS-08", "MAS-10")
    def test_limits_are_shares_of_the_income_of_the_year(self):
        def limits(on):
            return {limit.key: limit.limit_fen for limit in load_watch("110000", on).limits}

        assert limits(date(2024, 12, 31)) == {
            "assisted_red": 4_087_600,
            "ordinary_yellow": 4_087_600,
            "ordinary_red": 8_175_200,
        }
        assert limits(date(2025, 1, 1)) == {
            "assisted_red": 4_270_750,
            "ordinary_yellow": 4_270_750,
            "ordinary_red": 8_541_500,
        }

    def test_groups_follow_special_statuses(self):
        law = load_watch("110000", date(2026, 1, 1))
        assert [law.group_of(kinds) for kinds in ([], ["4"], ["1"], ["4", "2"])] == [
            "ordinary",
            "ordinary",
            "assisted",
            "assisted",
        ]

    @pytest.mark.parametrize(
        ("region", "on"), [("110000", date(2023, 12, 31)), ("999999", date(2026, 1, 1)), ("..", date(2026, 1, 1))]
    )
    def test_no_law_is_said_so(self, region, on):
        with pytest.raises(NoPolicyError):
            load_watch(region, on)


class TestRefused:
    @pytest.mark.parametrize(
        ("old", "new", "kind"),
        [
            ('region: "110000"', 'region: "120000"', "wrong_folder"),
            ("signal: red", "signal: green", "not_in_the_language"),
            ("group: assisted", "group: rich", "unknown_code"),
            ("value: 0.50", "value: -0.5", "no_value"),
            ("value: 0.50", "value: [1]", "no_value"),
            ("value: 81752", "value: 1.001", "no_value"),
            ("unit: working_days", "unit: yuan", "wrong_unit"),
            ("effective_until: 2025-01-01", "effective_until: 2024-06-01", "gap"),
            ("effective_until: 2025-01-01", "effective_until: 2025-06-01", "overlap"),
            ("effective_until: 2025-01-01", "effective_until: 2023-01-01", "empty_period"),
            ("effective_until: null", "effective_until: 2027-01-01", "gap"),
            ("trust: our_default", "trust: official", "no_source"),
            ("source: null", "source: hearsay", "unknown_source"),
            ("bj-watch-income-2024", "bj-watch-income-2023", "repeated_clause"),
            ("key: ordinary_red", "key: ordinary_yellow", "repeated_key"),
            ('kinds: ["1", "2", "3", "61"]', "kinds: []", "gap"),
            ("region:", "extra: 1\nregion:", "unknown_key"),
            ("region:", "region: [", "no_yaml"),
        ],
    )
    def test_names_file_line_and_reason(self, changed, old, new, kind):
        with pytest.raises(PolicyError) as refused:
            check_watch("110000", changed(old, new))
        assert kind in {problem.kind for problem in refused.value.problems}
        for problem in refused.value.problems:
            assert problem.file == f"110000/{FILE}"
            assert problem.line >= 1
            assert problem.kind in REASONS


def test_the_files_lie_beside_the_schemes():
    assert all((Path(ROOT) / region / "310" / "scheme.yaml").exists() for region in watched_regions())
