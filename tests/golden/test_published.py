"""Published examples of Chinese cities, each with the law that its source tells: amounts and explanation, word for word."""

import pytest

from tests.golden.reading import expected, fen, files, read_cases, settled

WITH_THEIR_OWN_TEST = {"beijing", "guangzhou", "shanghai", "tianjin"}
CASES = [
    (golden, path)
    for path in files()
    if path.parent.name not in WITH_THEIR_OWN_TEST or path.stem == "published"
    for golden in read_cases(path)
]


@pytest.mark.parametrize(
    ("golden", "path"), CASES, ids=[f"{path.parent.name}:{golden['id']}" for golden, path in CASES]
)
def test_amounts_and_explanation(golden, path):
    found, explanation = settled(golden, path)
    assert found == expected(golden)
    assert explanation == golden["explanation"]


@pytest.mark.parametrize(
    ("golden", "path"),
    [(g, p) for g, p in CASES if "printed" in g],
    ids=lambda value: value["id"] if isinstance(value, dict) else "",
)
def test_a_wrong_figure_is_told_apart_and_argued(golden, path):
    found, _ = settled(golden, path)
    wrong = golden["printed"]
    assert any(found["funds"].get(fund) != fen(paid) for fund, paid in wrong["funds"].items())
    assert len(golden["note"]) > 40
