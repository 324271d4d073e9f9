"""Every golden case: published examples and cases worked by hand come out to the fen and are explained word for word."""

import re

import pytest
import yaml

from tests.golden.reading import HERE, expected, fen, files, read_cases, settled

CASES = [(golden, path) for path in files() for golden in read_cases(path)]
NAMES = [f"{path.parent.name}:{golden['policy']}:{golden['id']}" for golden, path in CASES]
WRONG = [(golden, path) for golden, path in CASES if "printed" in golden]
EXAMPLES = """
X01 X02 X03 X04 C01 C05 C07 C08 C09 D03 D04 I02 I03 I05 I07 I09 I10 I11 I13 I14 I15 U01 U03 U04 U05
O01 O02 O04 O06 O07 O09 O10 O11 O12 M02 M03 A02 A03 A04 A05 H03 H04 H07 H08 H10 H11 B02 B04 B05 B06
B07 P01 P03 P04 P05 P06 P07 W01 L01 G01 G02 G03
"""
UNUSABLE = {"X02", "A04", "A05", "O12", "H11", "G01", "G02", "G03"}
"""Why they are no cases stands in docs/coverage.md."""


@pytest.mark.parametrize(("golden", "path"), CASES, ids=NAMES)
def test_amounts_and_explanation(golden, path):
    found, explanation = settled(golden, path)
    assert found == expected(golden)
    assert explanation == golden["explanation"]


@pytest.mark.parametrize(("golden", "path"), WRONG, ids=[golden["id"] for golden, _ in WRONG])
def test_a_wrong_figure_is_told_apart_and_argued(golden, path):
    found, _ = settled(golden, path)
    assert any(found["funds"].get(fund) != fen(paid) for fund, paid in golden["printed"]["funds"].items())
    assert len(golden["note"]) > 40


def test_every_published_example_is_a_case_or_unusable():
    shown = {name for golden, _ in CASES for name in re.findall(r"Published example ([A-Z]\d\d)", golden["source"])}
    for path in [*HERE.glob("*/cases/*.yaml"), *HERE.glob("maternity/test_*.py")]:
        shown |= set(re.findall(r"(?:source: |^ +\")([A-Z]\d\d)\b", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert shown & set(EXAMPLES.split()) == set(EXAMPLES.split()) - UNUSABLE
    assert not shown & UNUSABLE


def test_a_case_with_a_word_that_the_kernel_does_not_know_is_refused():
    golden, path = CASES[0]
    with pytest.raises(AssertionError, match="unknown in"):
        settled(yaml.safe_load(yaml.safe_dump({**golden, "case": {**golden["case"], "levle": "tertiary"}})), path)
