"""The rulebook of care over the internet: its days, its values and articles, continuations, and what cannot be one."""

import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from yibao.interfaces.commands import policy
from yibao.policies import NoPolicyError, PolicyError
from yibao.policies.articles import article_in_english
from yibao.policies.internet_care import (
    CONTINUED_FILE,
    INTERNET_FILE,
    ROOT,
    check_rulebook,
    internet_regions,
    is_internet_type,
    latest_rulebook,
    rulebook_on,
)
from yibao.policies.library import law_of, load, schemes

TRIAL = "《天津市“互联网+”医疗服务医保支付管理办法(试行)》"
TODAY = date(2026, 11, 1)


@pytest.mark.requirement("INT-57")
@pytest.mark.parametrize(
    ("day", "document"),
    [
        (date(2020, 11, 1), TRIAL),
        (date(2022, 10, 31), TRIAL),
        (date(2022, 11, 1), "《演示统筹区“互联网+”医疗服务医保支付规则》(演津医保〔2022〕1号)"),
    ],
)
def test_each_day_has_its_document(day, document):
    assert rulebook_on("120000", day).document == document


@pytest.mark.requirement("INT-57")
def test_before_its_first_day_nothing_is_in_force():
    with pytest.raises(NoPolicyError):
        rulebook_on("120000", date(2020, 10, 31))
    assert latest_rulebook("120000").clause_of("in_force").article == "第二十六条"


@pytest.mark.parametrize(
    ("rule", "article"),
    [
        ("guided_price", "第七条"),
        ("condition_direct", "第八条(一)至(五)"),
        ("excluded_kind", "第八条"),
        ("internet_department", "第九条"),
        ("payable_disease", "第十条"),
        ("never_paid_marks", "第十一条"),
        ("agreement", "第十二条、第十五条"),
        ("voucher", "第十三条"),
        ("shared_budget", "第十四条"),
        ("experience", "第十六条"),
        ("separate_cost", "第十八条"),
        ("too_long_ago", "第十八条(三)"),
        ("refused_before", "第二十条"),
        ("no_record", "第二十二条"),
    ],
)
def test_a_broken_rule_names_its_article(rule, article):
    assert rulebook_on("120000", date(2021, 6, 1)).clause_of(rule).article == article
    assert rulebook_on("120000", TODAY).clause_of(rule).article == article


def test_the_figures_of_the_text():
    rules = rulebook_on("120000", date(2021, 6, 1)).visit_rules()
    assert (rules.same_disease_months, rules.independent_years, rules.voucher_kinds) == (3, 3, {"01"})
    said = rulebook_on("120000", date(2021, 6, 1)).values
    assert (len(said["item_conditions"]), len(said["excluded_kinds"]), said["shared_budget"]) == (5, 7, True)


def test_regions_that_continue_say_so_and_trust_themselves_least():
    assert internet_regions() == ("110000", "120000", "130000", "310000", "331100", "440100")
    for region in internet_regions():
        book = rulebook_on(region, TODAY)
        assert book.values["same_disease_months"] == 3
        assert book.clause_of("payable_disease").trust == "our_default"
        assert is_internet_type(region, "17", TODAY)
        assert not is_internet_type(region, "11", TODAY)
    assert not is_internet_type("620900", "17", TODAY)


@pytest.mark.requirement("INT-58", "INT-65")
def test_hebei_states_its_own_articles():
    book = rulebook_on("130000", TODAY)
    hebei = "《河北省“互联网+”医疗服务医保管理办法(试行)》"
    for key, article in {
        "offline_services_only": "第二条",
        "voucher_kinds": "第六条(四)",
        "separate_cost": "第六条(三)",
    }.items():
        assert (book.clauses[key].document, book.clauses[key].article) == (hebei, article)
    assert book.clauses["payable_diseases"].document != hebei


def test_care_over_the_internet_is_paid_like_care_offline():
    for region, scheme in schemes():
        if region in internet_regions():
            assert law_of(load(region, scheme, TODAY)).scheme.cares["internet_followup"].like == "outpatient"


@pytest.fixture
def shelf(tmp_path):
    for region in ("110000", "120000"):
        (tmp_path / region).mkdir()
        for path in (ROOT / region).glob("internet_care*.yaml"):
            shutil.copy(path, tmp_path / region)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "old", "new", "kind"),
    [
        (f"120000/{INTERNET_FILE}", "value: 3\n    unit: months", "value: three\n    unit: months", "no_value"),
        (f"120000/{INTERNET_FILE}", "key: repeat_days", "key: repeated_days", "unknown_key"),
        (f"120000/{INTERNET_FILE}", 'value: ["01"]', "value: []", "no_value"),
        (f"120000/{INTERNET_FILE}", "value: 60", "value: 0", "no_value"),
        (f"120000/{INTERNET_FILE}", "110200006:tertiary", "110200006", "no_value"),
        (f"120000/{INTERNET_FILE}", "[\n      I10,", "[\n      I11,", "never_holds"),
        (f"120000/{CONTINUED_FILE}", "effective_from: 2022-11-01", "effective_from: 2022-10-31", "overlap"),
        (f"110000/{INTERNET_FILE}", 'continues: "120000"', 'continues: "620900"', "unknown_code"),
        (f"110000/{INTERNET_FILE}", "source: own", "source: other", "unknown_source"),
        (f"110000/{INTERNET_FILE}", 'region: "110000"', 'region: "120000"', "wrong_folder"),
        (f"110000/{INTERNET_FILE}", "as_of:", "as_on:", "unknown_key"),
    ],
)
def test_what_cannot_be_a_rulebook_is_named(shelf, path, old, new, kind):
    text = (shelf / path).read_text(encoding="utf-8")
    assert old in text
    (shelf / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        check_rulebook(shelf / path)
    assert kind in {problem.kind for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("article", "english"),
    [
        ("第十八条(三)", "art. 18(3)"),
        ("第二十六条", "art. 26"),
        ("第八条(一)至(五)", "art. 8(1) to (5)"),
        ("第五条(一)、第十五条", "art. 5(1), art. 15"),
        (None, ""),
    ],
)
def test_articles_have_english_names(article, english):
    assert article_in_english(article) == english


def test_the_command_shows_it_and_says_where_there_is_none():
    shown = CliRunner().invoke(
        policy.app, ["show", "120000", "internet_care", "--on", "2021-06-01"], env={"COLUMNS": "400"}
    )
    assert (shown.exit_code, "第十八条(三)" in shown.output, "same_disease_months" in shown.output) == (0, True, True)
    none = CliRunner().invoke(policy.app, ["show", "120000", "internet_care", "--on", "2020-06-01"])
    assert none.exit_code == 1
