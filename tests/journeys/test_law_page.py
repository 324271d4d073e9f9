"""A law in full in the office: every value of a day with what it stands on, in both languages, for those who read laws."""

import csv
import io

import pytest

from .office_records import new_member, sign_in

pytestmark = pytest.mark.usefixtures("standing_town")
ASKED = {"law": "110000/390", "on": "2026-11-01"}


@pytest.fixture
def reader(client):
    new_member("analyst", "analyst")
    sign_in(client, "analyst")


def test_every_value_is_shown_with_document_trust_and_note(client, reader):
    page = client.get("/law/shown", ASKED).content.decode()
    for words in (
        "北京市城乡居民基本医疗保险", "居民门诊", "bj-390-op-rate", "0.55 比例", "一级医院、社区卫生服务机构", "4500 元", "第三方",
        "居民大病保险", "2019-01-01", "基金不支付的就医", "药店", "未找到异地就医备案的支付比例；采用本地的支付比例。",
    ):  # fmt: skip
        assert words in page, words
    assert "<script" not in page
    assert "No rate for filed care elsewhere was found" not in page
    english = client.get("/law/shown", ASKED, headers={"accept-language": "en"}).content.decode()
    assert "Residents&#x27; outpatient benefit" in english
    assert "third party" in english
    assert "No rate for filed care elsewhere was found" in english


def test_the_law_of_its_day_and_a_day_without_law(client, reader):
    assert "bj-390-ip-rate-district" in client.get("/law/shown", ASKED).content.decode()
    before = client.get("/law/shown", {**ASKED, "on": "2019-06-01"}).content.decode()
    assert "0.75 比例" in before
    answer = client.get("/law/shown", {**ASKED, "on": "1999-01-01"})
    assert answer.status_code == 400
    assert 'id="id_on_error"' in answer.content.decode()


def test_without_a_question_it_is_the_regions_own(client, reader):
    assert "110000/310@" in client.get("/law/shown").content.decode()


def test_laws_are_offered_by_their_names(client, reader):
    assert "上海市职工基本医疗保险 (310000/310)" in client.get("/law/shown", ASKED).content.decode()
    english = client.get("/law", headers={"accept-language": "en"}).content.decode()
    assert "Shanghai employees&#x27; basic medical insurance (310000/310)" in english


def test_it_is_taken_out_a_row_for_each_amount(client, reader):
    content = client.get("/law/shown.csv", ASKED).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    (rate,) = [row for row in rows if row["值"] == "0.55 比例" and "参保地" in row["适用对象"]]
    assert rate["待遇层次"] == "居民门诊"
    assert any(row["备注"] == "未找到异地就医备案的支付比例；采用本地的支付比例。" for row in rows)
    assert client.get("/law/shown.xlsx", ASKED).status_code == 200
    assert client.get("/law/shown.csv", {"law": "x"}).status_code == 400


@pytest.mark.parametrize("role", ["system", "institution"])
def test_other_roles_are_refused(client, role):
    new_member(role, role)
    sign_in(client, role)
    assert client.get("/law/shown", ASKED).status_code == 403
