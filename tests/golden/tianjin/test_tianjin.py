"""Tianjin's law on published cases and on cases worked by hand: amounts and explanation, word for word."""

from pathlib import Path

import pytest
import yaml

from tests.golden.beijing.test_beijing import test_amounts_and_explanation as check

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
CASES = [case for path in FILES for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("golden", CASES, ids=[f"{case['policy']}:{case['id']}" for case in CASES])
def test_amounts_and_explanation(golden):
    check(golden)
