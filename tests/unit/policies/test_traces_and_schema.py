import json
from datetime import date

import jsonschema
import msgspec
import pytest
import yaml

from yibao.engines.benefits import BenefitCase, settle
from yibao.policies import (
    UnknownClauseError,
    UnreadableTraceError,
    explain,
    load,
    schemes,
    steps_from_plain,
    steps_to_plain,
)
from yibao.policies.language import json_schema
from yibao.policies.library import ROOT

POLICY = load("110000", "310", date(2026, 11, 1))
CASE = BenefitCase(
    "inpatient",
    "tertiary",
    "active",
    40,
    1,
    "local",
    20_000_000,
    0,
    0,
    0,
    20_000_000,
    0,
    account_used=False,
    accumulators={},
)


def test_a_trace_survives_the_database_byte_for_byte():
    steps = settle(POLICY, CASE).steps
    stored = json.dumps(steps_to_plain(steps))
    assert steps_from_plain(json.loads(stored)) == steps
    assert json.dumps(steps_to_plain(steps_from_plain(json.loads(stored)))) == stored


@pytest.mark.parametrize("plain", [[["layer"]], [None], [[*range(9), 5, *range(8)]]])
def test_what_is_no_trace_is_refused(plain):
    with pytest.raises(UnreadableTraceError):
        steps_from_plain(plain)


def test_a_trace_is_not_explained_by_another_law():
    plain = steps_to_plain(settle(POLICY, CASE).steps)
    with pytest.raises(UnknownClauseError):
        explain(load("110000", "390", date(2026, 11, 1)), plain, "zh")


def test_nothing_paid_is_said():
    assert explain(POLICY, [], "zh") == ["本次费用没有进入任何基金的支付范围，全部由个人支付。"]


def test_the_schema_takes_every_shipped_file_and_no_unknown_key():
    checker = jsonschema.Draft202012Validator(json_schema())
    for region, scheme in schemes():
        for path in (ROOT / region / scheme).glob("*.yaml"):
            content = msgspec.to_builtins(yaml.safe_load(path.read_text(encoding="utf-8")))
            assert checker.is_valid(content), path
            assert not checker.is_valid({**content, "region_name": "北京"})
