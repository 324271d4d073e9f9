"""Every fund that a shipped law pays from has a book in the ledger and a place in the national dictionary of funds."""

import pytest
import yaml

from tests.golden.reading import HERE
from yibao.policies import schemes
from yibao.policies.library import ROOT

SOURCES = HERE.parents[1] / "src" / "yibao"


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


BOOKED = {fund["code"] for fund in read(SOURCES / "domains/ledger/data/books.yaml")["funds"]}
KNOWN = set(read(SOURCES / "interfaces/gateway/catalogue/dictionaries.yaml")["fund_pay_type"]["values"])


@pytest.mark.parametrize("name", ["/".join(name) for name in schemes()])
def test_funds_are_booked_and_known(name):
    scheme = read(ROOT / name / "scheme.yaml")
    funds = set(scheme["funds"]) | ({scheme["account"]["fund"]} if scheme["account"] else set())
    assert funds <= BOOKED
    assert funds <= KNOWN
