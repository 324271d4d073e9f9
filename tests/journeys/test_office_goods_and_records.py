"""Goods, settlement lists and clinical records in the office: who sees what, masked, noted, taken out."""

import csv
import io

import pytest

from yibao.domains.clinical.models import ClinicalRecord
from yibao.domains.reference.models import Setting
from yibao.domains.settlement_lists.models import SettlementList
from yibao.domains.staff.models import PersonalRecordRead

from .goods import new_batch, new_code, purchase, sale
from .hospital import Hospital
from .lists import list_of
from .office_records import HERE, THERE, found_staff, sign_in
from .small_town import new_person
from .test_clinical_uploads import report, stay

ROLES_THAT_READ = ("agency", "institution", "auditor")


@pytest.fixture
def played(town):
    """Goods at two institutions, one pack sold twice; a list with an error; reports and a self-payer's stay."""
    found_staff()
    Setting.objects.create(
        key="stock.repeated_trace_code", value={"default": "flag"}, reason="试点", trust="our_default"
    )
    here, there, code = Hospital(code=HERE), Hospital(code=THERE), new_code()
    person = new_person()
    batches = new_batch(), new_batch()
    here.expect("3503", {"purcinfo": purchase(batches[0], "10")})
    here.expect("3505", {"selinfo": sale(batches[0], "1", code, psn_no=person.number)})
    there.expect("3505", {"selinfo": sale(batches[1], "1", code)})
    visit, bill = here.stay(person)
    number = here.expect("4101", list_of(person, visit, bill, chfpdr_code=""))["setl_list_id"]
    here.expect("4501", report(person, visit))
    here.expect("4501", report(person, visit, exam_ccls="更正"))
    there.expect("4202", {"ownPayPatnMdtrtD": {**stay(person)["ownPayPatnMdtrtD"], "fixmedins_code": THERE}})
    return {"person": person, "visit": visit, "list": number, "code": code, "batches": batches}


def cells(answer):
    return [[str(cell["text"]) for cell in row] for row in answer.context["rows"]]


PAGES = ("/stock", "/stock/traces", "/settlement-lists", "/clinical")


class TestAccess:
    @pytest.mark.parametrize("role", ["system", "nobody"])
    def test_roles_without_work_here_are_refused(self, client, played, role):
        sign_in(client, role)
        opened = (*PAGES, f"/settlement-lists/{played['list']}", f"/visits/{played['visit']}/records")
        assert {client.get(page).status_code for page in opened} == {403}

    def test_strangers_are_asked_to_sign_in(self, client, played):
        assert {client.get(page).status_code for page in PAGES} == {302}

    def test_another_region_sees_nothing(self, client, played):
        sign_in(client, "elsewhere")
        assert [len(client.get(page).context["rows"]) for page in PAGES] == [0, 0, 0, 0]
        assert client.get(f"/settlement-lists/{played['list']}").status_code == 404
        assert client.get(f"/visits/{played['visit']}/records").status_code == 404
        assert not PersonalRecordRead.objects.exists()

    def test_an_institution_sees_its_own(self, client, played):
        sign_in(client, "institution")
        assert [len(client.get(page).context["rows"]) for page in PAGES] == [1, 1, 1, 1]
        alone = ClinicalRecord.objects.get(kind="4202")
        assert client.get(f"/clinical/{alone.pk}").status_code == 404


class TestGoods:
    def test_suspicious_packs_are_found(self, client, played):
        sign_in(client, "agency")
        found = cells(client.get("/stock/traces", {"suspicion": "sold_elsewhere"}))
        assert [(row[0], row[-1]) for row in found] == [(played["code"], "曾在其他机构售出")]
        assert len(cells(client.get("/stock/traces", {"code": played["code"]}))) == 2
        assert [row[0] for row in cells(client.get("/stock", {"state": "short"}))] == [played["batches"][1]]
        assert cells(client.get("/stock", {"batch": played["batches"][0]}))[0][3] == "9"

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_taking_out_masks_and_notes(self, client, played, kind):
        sign_in(client, "agency")
        answer = client.get(f"/stock/traces.{kind}")
        assert answer.status_code == 200
        noted = PersonalRecordRead.objects.get(purpose="export")
        assert noted.person == played["person"]
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
            assert len(rows) == 3
            assert played["person"].name not in answer.content.decode("utf-8-sig")

    def test_what_cannot_be_searched_is_said(self, client, played):
        sign_in(client, "agency")
        assert client.get("/settlement-lists", {"settlement": "abc"}).status_code == 400
        assert client.get("/stock", {"before": "x"}).status_code == 400


class TestLists:
    def test_are_found_by_quality_and_by_finding(self, client, played):
        sign_in(client, "auditor")
        for query, rows in (
            ({"quality": "error"}, 1),
            ({"quality": "clean"}, 0),
            ({"check": "physician"}, 1),
            ({"state": "1"}, 0),
        ):
            assert len(client.get("/settlement-lists", query).context["rows"]) == rows, query

    def test_one_shows_its_findings_and_the_reading_is_noted(self, client, played):
        sign_in(client, "auditor")
        page = client.get(f"/settlement-lists/{played['list']}").content.decode()
        for said in ("主诊医师代码未填写", "setlinfo.chfpdr_code", "J18.900", "33.2300x001", "来自第三方"):
            assert said in page
        assert played["person"].document_number not in page
        assert PersonalRecordRead.objects.get().purpose == "settlement_list"
        assert SettlementList.objects.count() == 1


class TestRecords:
    @pytest.mark.parametrize("role", ROLES_THAT_READ)
    def test_a_visit_shows_all_versions_masked_and_the_reading_is_noted(self, client, played, role):
        sign_in(client, role)
        page = client.get(f"/visits/{played['visit']}/records").content.decode()
        assert page.count("<pre") == 2
        assert "更正" in page
        assert "未见异常" in page
        assert played["person"].document_number not in page
        assert PersonalRecordRead.objects.get().page == f"/visits/{played['visit']}/records"

    def test_who_has_no_visit_is_found_by_number(self, client, played):
        sign_in(client, "agency")
        rows = client.get("/clinical", {"number": "Z1"}).context["rows"]
        page = client.get(rows[0][0]["link"]).content.decode()
        assert "50.00" not in page
        assert "5000" in page
        assert played["person"].document_number not in page
        assert played["person"].name not in page.split("<details")[1]
