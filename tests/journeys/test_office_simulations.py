"""Kept simulations in the office: for the region's agency and auditors only, drawn and as tables, in both languages."""

import re

import pytest

from tests.unit.warehouse.test_visits import VISIT, write
from yibao.warehouse.result_tables import keep

from .office_records import found_staff, sign_in


@pytest.fixture
def staff(town, settings, tmp_path):
    settings.SIMULATIONS = tmp_path
    return found_staff()


@pytest.fixture
def kept(staff, tmp_path):
    """A simulation of two visits of residents, the second at a district hospital where the law of 2020 pays more."""
    from yibao.policies.references import choose
    from yibao.workflows.simulate_reform import Question, simulate

    stay = {
        "scheme": "390",
        "status": "elderly",
        "care": "inpatient",
        "level": "district_tertiary",
        "account_used": False,
    }
    amounts = {"total_fen": 2_000_000, "full_self_pay_fen": 0, "self_pay_first_fen": 0, "in_scope_fen": 2_000_000}
    visits = [{**VISIT, **stay, **amounts}, {**VISIT, **stay, **amounts, "person_id": 2, "level": "tertiary"}]
    laws = (choose("110000/390@2019-12-31"), choose("110000/390@2020-01-01"))
    files = [write(tmp_path / "visits.parquet", visits)]
    found = simulate(Question(base=laws[0], reform=laws[1], files=files, workplace=tmp_path))
    keep(found, tmp_path / "draft-1.json")
    return found


def test_one_that_is_kept_is_listed_and_shown(client, kept):
    sign_in(client, "agency")
    assert 'href="/simulations/draft-1"' in client.get("/simulations").content.decode()
    answer = client.get("/simulations/draft-1")
    page = answer.content.decode()
    assert answer.status_code == 200
    # 20,000 less the deductible of 1,300 yuan, three points more: 561.00 yuan
    assert answer.context["everybody"] == {
        "difference_fen": 56_100,
        "difference_ppm": 20_000,
        "better": "1",
        "worse": "0",
    }
    assert "110000/390@2019-01-01 → 110000/390@2020-01-01" in page
    assert page.count("<svg") == 5
    assert "<script" not in page
    assert set(re.findall(r"""(?:href|src)=["'](https?://[^"']+)""", page)) == set()
    for words in ("按待遇层次的基金支出", "居民住院", "区属三级医院", "561.00", "16,525.60"):
        assert words in page


def test_it_reads_in_english_too(client, kept):
    sign_in(client, "auditor")
    page = client.get("/simulations/draft-1", headers={"accept-language": "en"}).content.decode()
    assert "Fund spending by layer" in page
    assert "Threshold of catastrophic spending" in page


def test_other_regions_and_unknown_names_are_not_found(client, kept):
    sign_in(client, "elsewhere")
    assert "draft-1" not in client.get("/simulations").content.decode()
    assert client.get("/simulations/draft-1").status_code == 404
    sign_in(client, "agency")
    assert client.get("/simulations/draft-2").status_code == 404
    assert client.get("/simulations/..").status_code == 404


@pytest.mark.parametrize(("name", "status"), [("institution", 403), ("system", 403), ("nobody", 403)])
def test_other_roles_are_refused(client, kept, name, status):
    sign_in(client, name)
    for page in ("/simulations", "/simulations/draft-1"):
        assert client.get(page).status_code == status


def test_nothing_kept_is_said(client, staff):
    sign_in(client, "agency")
    assert "本地区尚无保存的模拟" in client.get("/simulations").content.decode()
