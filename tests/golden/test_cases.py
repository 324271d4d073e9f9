"""Every golden case: published examples and cases worked by hand come out to the fen and are explained word for word."""

import pytest
import yaml

from tests.golden.reading import expected, fen, files, read_cases, settled

CASES = [(golden, path) for path in files() for golden in read_cases(path)]
NAMES = [f"{path.parent.name}:{golden['policy']}:{golden['id']}" for golden, path in CASES]
WRONG = [(golden, path) for golden, path in CASES if "printed" in golden]


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


def test_a_case_with_a_word_that_the_kernel_does_not_know_is_refused():
    golden, path = CASES[0]
    with pytest.raises(AssertionError, match="unknown in"):
        settled(yaml.safe_load(yaml.safe_dump({**golden, "case": {**golden["case"], "levle": "tertiary"}})), path)
