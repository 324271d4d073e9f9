import json

import jsonschema
import pytest
from typer.testing import CliRunner

from yibao.interfaces.commands.main import app
from yibao.interfaces.gateway.openapi import openapi
from yibao.interfaces.gateway.service import HANDLERS


@pytest.fixture(scope="module")
def document():
    return openapi(version="1")


def test_every_transaction_that_is_answered_is_described(document):
    assert set(document["paths"]) == {f"/{infno}" for infno in HANDLERS}
    assert len({path["post"]["operationId"] for path in document["paths"].values()}) == len(HANDLERS)


def test_a_real_kind_of_message_fits_and_a_wrong_one_does_not(document):
    schema = document["paths"]["/9001"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document["components"]}
    sent = {
        "infno": "9001",
        "msgid": "H11010100001202601020830000001",
        "mdtrtarea_admvs": "110101",
        "recer_sys_code": "FSI_LOCAL",
        "infver": "V1.0",
        "opter_type": "1",
        "opter": "001",
        "opter_name": "收费员",
        "inf_time": "2026-01-02 08:30:00",
        "fixmedins_code": "H11010100001",
        "fixmedins_name": "医院",
        "input": {"signIn": {"opter_no": "001", "mac": "-", "ip": "127.0.0.1"}},
    }
    jsonschema.Draft202012Validator(whole).validate(sent)
    for wrong in (
        {**sent, "infno": "9002"},
        {**sent, "input": {"signIn": {"mac": "-", "ip": "-"}}},
        {**sent, "msgid": "x" * 31},
    ):
        assert list(jsonschema.Draft202012Validator(whole).iter_errors(wrong))


def test_the_command_writes_the_document(tmp_path):
    out = tmp_path / "gateway.json"
    result = CliRunner().invoke(app, ["gateway", "openapi", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text(encoding="utf-8"))["openapi"] == "3.1.0"


def test_the_command_lists_what_an_acceptance_needs():
    result = CliRunner().invoke(app, ["gateway", "transactions", "--kind", "pharmacy"])
    assert "1101" in result.output
    assert "2401" not in result.output
    assert CliRunner().invoke(app, ["gateway", "transactions", "--kind", "school"]).exit_code == 2
