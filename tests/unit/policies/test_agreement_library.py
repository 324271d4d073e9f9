"""The law of agreements: files are read whole, wrong ones are refused with the line, the nearest file speaks."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from yibao.policies import NoPolicyError, PolicyError
from yibao.policies import agreement_library as library

ROOT = library.ROOT
DAY = date(2021, 3, 1)


def shelf(tmp_path, change=None, *, region="120000"):
    """A folder with the nation's texts and one region's file, changed."""
    for name in ("100000/agreement_texts.yaml", f"{region}/agreements.yaml"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        target.write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    if change is not None:
        path = tmp_path / region / "agreements.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("region", library.agreement_regions())
def test_every_shipped_file_is_sound(region):
    assert library.check_agreements(region).region == region


class TestWhoSpeaks:
    @pytest.mark.requirement("INT-14", "INT-15", "INT-16", "INT-17")
    def test_tianjin_s_terms_are_those_of_article_6(self):
        stages = library.agreement_procedure("120000", "internet", DAY).procedure.stages
        assert stages.rebuild is not None
        assert stages.test is not None
        terms = [
            (each.value, each.unit, each.trust) for each in (stages.review, stages.rebuild, stages.test, stages.sign)
        ]
        assert terms == [
            (5, "working_days", "official"), (3, "months", "official"), (5, "working_days", "official"),
            (5, "working_days", "official"),
        ]  # fmt: skip

    @pytest.mark.requirement("INT-09", "INT-10", "INT-11", "INT-12", "INT-13")
    def test_tianjin_asks_for_five_conditions(self):
        conditions = library.agreement_procedure("120000", "internet", DAY).procedure.conditions
        assert [(each.key, each.article) for each in conditions] == [
            ("designated", "第五条（一）"), ("internet_licence", "第五条（二）"), ("can_connect", "第五条（三）"),
            ("business_apart", "第五条（四）"), ("other_conditions", "第五条（五）"),
        ]  # fmt: skip

    @pytest.mark.requirement("INT-60", "INT-61", "INT-62", "INT-63", "INT-64", "INT-65")
    def test_a_city_of_hebei_follows_its_province(self):
        applied = library.agreement_procedure("130100", "internet", DAY)
        assert (applied.region, applied.procedure.windows, applied.procedure.path) == ("130000", [], ())
        assert applied.procedure.together.value is True
        assert [each.article for each in applied.procedure.conditions] == [
            "第六条（一）", "第六条（二）", "第六条（三）", "第六条（四）",
        ]  # fmt: skip

    def test_what_nobody_says_is_refused(self):
        with pytest.raises(NoPolicyError):
            library.agreement_procedure("120000", "internet", date(2019, 1, 1))
        with pytest.raises(NoPolicyError):
            library.points_law("120000", date(2024, 8, 31))

    def test_the_bands_of_points_are_the_nation_s(self):
        law = library.points_law("120000", date(2024, 9, 1))
        assert [(act.low, act.high) for act in law.acts] == [(1, 3), (4, 6), (7, 9), (10, 12)]
        assert [law.suspension_months(points) for points in (8, 9, 10, 11, 12)] == [0, 2, 4, 6, 6]
        assert (law.bar_months(12, at_once=True), law.bar_months(12, at_once=False)) == (36, 12)
        assert law.bar_months(11, at_once=False) == 0


class TestWhatIsNoLaw:
    def problems(self, tmp_path, change, **which):
        with pytest.raises(PolicyError) as refused:
            library.check_agreements(which.get("region", "120000"), shelf(tmp_path, change, **which))
        return {problem.kind for problem in refused.value.problems}

    def test_a_file_in_another_folder(self, tmp_path: Path):
        assert self.problems(tmp_path, lambda file: file.update(region="110000")) == {"wrong_folder"}

    def test_two_procedures_on_one_day(self, tmp_path: Path):
        def twice(file):
            first = file["procedures"]["internet"][0]
            second = yaml.safe_load(yaml.safe_dump(first).replace("tianjin-internet", "tianjin-second"))
            file["procedures"]["internet"] = [first, second | {"effective_from": date(2022, 10, 31)}]
            second["effective_from"], second["effective_until"] = date(2022, 10, 31), None
            file["procedures"]["internet"] = [first, second]

        assert self.problems(tmp_path, twice) == {"overlap"}

    def test_a_test_without_its_term(self, tmp_path: Path):
        def without(file):
            del file["procedures"]["internet"][0]["stages"]["test"]

        assert self.problems(tmp_path, without) == {"contradiction"}

    def test_a_clause_without_its_source(self, tmp_path: Path):
        def unsourced(file):
            file["procedures"]["internet"][0]["stages"]["review"].update(source=None)

        assert self.problems(tmp_path, unsourced) == {"no_source"}

    def test_an_unknown_template(self, tmp_path: Path):
        def unknown(file):
            file["procedures"]["internet"][0]["template"] = "no_such_text"

        assert self.problems(tmp_path, unknown) == {"unknown_code"}

    def test_weights_that_are_no_hundred_and_grades_that_do_not_fall(self, tmp_path: Path):
        def heavier(file):
            file["assessment"][0]["indicators"][0]["weight"] = 11
            file["assessment"][0]["grades"][0]["at_least"] = 10

        assert self.problems(tmp_path, heavier, region="100000") == {"contradiction", "not_rising"}

    def test_a_band_that_ends_before_it_begins(self, tmp_path: Path):
        def turned(file):
            file["points"][0]["acts"][0].update(low=3, high=1)

        assert self.problems(tmp_path, turned, region="100000") == {"edges"}
