"""Agreements through the office's pages: the clerk applies and signs, officers review, decide and sign; others see nothing."""

import csv
import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from yibao.domains.agreements.conduct import AssessmentSheet, Breach, StaffPoint
from yibao.domains.agreements.models import Agreement, AgreementCase
from yibao.policies.agreement_library import assessment_law

from .agreement_houses import House
from .office_records import sign_in
from .records import nothing_changes

REGION = "120000"
SEEN = ("staff_personalrecordread",)


@pytest.fixture
def house(db):
    return House(REGION, code="H12010100001")


def as_clerk(client, house):
    sign_in(client, house.clerk.user.username)


def as_officer(client, house, place=0):
    sign_in(client, house.officers[place].user.username)


def post(client, path, **data):
    """Post a form that must be taken, and give where it led."""
    answer = client.post(path, data)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return answer.url


def prepared(client, house):
    """The page of an application whose text the agency offered, told its shortcomings once on the way."""
    as_clerk(client, house)
    page = post(client, "/agreements/begin", kind="designation", physician="")
    case = AgreementCase.objects.get()
    assert page == f"/agreements/{case.pk}"
    shown = client.get(page).content.decode()
    assert "药品经营许可证和营业执照" in shown
    assert shown.count('type="file"') == 4
    for key in ("application_form", "licence", "contracts"):
        file = SimpleUploadedFile("许可证.pdf", b"%PDF " + key.encode())
        post(client, f"{page}/material", key=key, file=file)
    post(client, f"{page}/submit")
    with nothing_changes():
        assert (
            client.post(f"{page}/material", {"key": "it_papers", "file": SimpleUploadedFile("x.pdf", b"x")}).status_code
            == 409
        )

    as_officer(client, house)
    assert client.get(page).content.decode().count('class="wrong"') == 1
    conditions = [
        "operating_3_months",
        "pharmacist",
        "insurance_staff",
        "zones_and_labels",
        "internal_systems",
        "interface_and_codes",
    ]
    met = {f"met_{key}": "on" for key in conditions}
    with nothing_changes():
        assert client.post(f"{page}/review", {}).status_code == 409
    post(client, f"{page}/review", **met)
    as_clerk(client, house)
    assert "信息系统相关材料" in client.get(page).content.decode()
    post(client, f"{page}/material", key="it_papers", file=SimpleUploadedFile("系统.pdf", b"%PDF it"))
    post(client, f"{page}/supplement")
    as_officer(client, house)
    post(client, f"{page}/review", **met)
    post(client, f"{page}/assess", result="passed", article="", note="")
    post(client, f"{page}/negotiate", article="", note="")
    as_officer(client, house, 1)
    post(client, f"{page}/offer", number="津定〔2026〕1号", valid_from=f"{timezone.localdate():%Y-%m-%d}")

    return case, page


@pytest.mark.requirement("AGR-01", "AGR-05")
def test_a_pharmacy_is_designated_from_page_to_page(client, db):
    house = House(REGION, code="P12010100001", kind="pharmacy", level="pharmacy", designated_from=None)
    case, page = prepared(client, house)
    as_clerk(client, house)
    with nothing_changes():
        assert "尚无签约密钥" in client.post(f"{page}/sign", {"signature": ""}).content.decode()
    post(client, "/agreements/key", public_key="")
    post(client, f"{page}/sign", signature="")
    as_officer(client, house, 0)
    with nothing_changes():
        assert client.post(f"{page}/sign").status_code == 409
    as_officer(client, house, 1)
    post(client, f"{page}/sign")
    agreement = Agreement.objects.get()
    shown = client.get(page).content.decode()
    assert agreement.digest in shown
    assert agreement.signed_at is not None
    paper = client.get(f"{page}/agreement.pdf")
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    material = case.materials.order_by("id").first()
    sent = client.get(f"{page}/materials/{material.pk}")
    assert sent.content == b"%PDF application_form"
    assert sent["Content-Type"] == "application/octet-stream"
    overview = client.get("/agreements").content.decode()
    assert "津定〔2026〕1号" in overview
    rows = list(csv.reader(io.StringIO(client.get("/agreements.csv?state=in_force").content.decode("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == ["P12010100001"]


@pytest.mark.parametrize("path", ["", "/agreement.pdf", "/materials/1"])
def test_another_house_and_another_region_see_nothing(client, house, path):
    case = house.submitted("physician", at=timezone.now(), physician=house.physician().code)
    for other in (House(REGION, code="H12010100002"), House("310000", code="H31010100001")):
        as_clerk(client, other)
        assert client.get(f"/agreements/{case.pk}{path}").status_code == 404
        with nothing_changes():
            assert client.post(f"/agreements/{case.pk}/withdraw").status_code == 404
    as_officer(client, House("330000", code="H33010100001"))
    assert client.get(f"/agreements/{case.pk}{path}").status_code == 404


def test_conduct_is_the_agency_s(client, house):
    as_clerk(client, house)
    assert client.get("/agreements/conduct").status_code == 403
    with nothing_changes():
        assert client.post("/agreements/conduct/points").status_code == 403


def test_points_breaches_and_assessments_are_entered_and_published(client, house):
    as_officer(client, house)
    code, today = house.physician().code, f"{timezone.localdate():%Y-%m-%d}"
    points = {
        "institution_code": house.institution.code, "practitioner_code": code, "act": "agreement_breach",
        "responsibility": "main", "points": "3", "decided_on": today, "document": "津协处〔2026〕1号", "handled_on": today,
        "reason": "违约金",
    }  # fmt: skip
    with nothing_changes():
        assert client.post("/agreements/conduct/points", points | {"points": "4"}).status_code == 409
        assert client.post("/agreements/conduct/points", points | {"points": "13"}).status_code == 400
    post(client, "/agreements/conduct/points", **points)
    assert StaffPoint.objects.get().points == 3
    breach = {
        "institution_code": house.institution.code, "practitioner_code": "", "is_internet": "on", "found_on": today,
        "route": "agreement", "handling": "penalty", "amount": "1200.50", "article": "第九条", "document": "津协处〔2026〕2号",
        "facts": "超出复诊范围",
    }  # fmt: skip
    post(client, "/agreements/conduct/breach", **breach)
    row = Breach.objects.get()
    assert row.amount_fen == 120_050
    post(client, "/agreements/conduct/notify", row=row.pk, department="health")
    for kind, start in (("pdf", b"%PDF-"), ("csv", b"\xef\xbb\xbf")):
        assert client.get(f"/agreements/breaches/{row.pk}/health.{kind}").content.startswith(start)
    assert client.get(f"/agreements/breaches/{row.pk}/market.pdf").status_code == 404
    indicators = assessment_law(REGION, date(2025, 12, 31)).of_scope("internet")
    scores = {f"score_{each.key}": "88.5" for each in indicators}
    sheet_page = f"/agreements/assess?institution={house.institution.code}&year=2025&scope=internet"
    with nothing_changes():
        assert client.get("/agreements/assess?year=2025").status_code == 400
        assert client.get("/agreements/assess?institution=H99999999999&year=2025&scope=internet").status_code == 409
        assert client.post(sheet_page, {}).status_code == 400
    assert "没有可供参考的记录" in client.get(sheet_page).content.decode()
    post(client, sheet_page, **scores)
    sheet = AssessmentSheet.objects.get()
    assert (sheet.score_e2, sheet.grade) == (88_50, "good")
    with nothing_changes():
        assert client.post("/agreements/conduct/publish-sheet", {"row": sheet.pk}).status_code == 409
    as_officer(client, house, 1)
    post(client, "/agreements/conduct/publish-sheet", row=sheet.pk)
    post(client, "/agreements/conduct/publish-breach", row=row.pk, summary="某医院超范围开展互联网复诊")
    assert "88.50" in client.get("/agreements/conduct").content.decode()


@pytest.mark.requirement("INT-55", "INT-79", "INT-81", "INT-82")
@pytest.mark.parametrize(
    ("route", "department", "told"),
    [
        ("agreement", "health", ["按协议处理", "违约金", "1200.50"]),
        ("administrative", "market", ["行政处罚", "由其他机关处理", "1200.50"]),
        ("transfer", "police", ["移送司法", "由其他机关处理", "1200.50"]),
    ],
)
def test_each_way_of_a_breach_is_kept_and_told_as_a_file(client, house, route, department, told):
    as_officer(client, house)
    breach = {
        "institution_code": house.institution.code, "practitioner_code": "", "is_internet": "on",
        "found_on": f"{timezone.localdate():%Y-%m-%d}", "route": route, "handling": "penalty", "amount": "1200.50",
        "article": "第二十四条", "document": f"津协处〔2026〕{route}", "facts": "虚构互联网诊疗",
    }  # fmt: skip
    with nothing_changes():
        assert client.post("/agreements/conduct/breach", breach | {"facts": ""}).status_code == 400
        assert client.post("/agreements/conduct/breach", breach | {"route": "nowhere"}).status_code == 400
    post(client, "/agreements/conduct/breach", **breach)
    row = Breach.objects.get()
    assert (row.route, row.handling) == (route, "penalty" if route == "agreement" else "none")
    page = f"/agreements/breaches/{row.pk}/{department}"
    assert client.get(f"{page}.csv").status_code == 404
    post(client, "/agreements/conduct/notify", row=row.pk, department=department)
    (_titles, line) = csv.reader(io.StringIO(client.get(f"{page}.csv").content.decode("utf-8-sig")))
    assert line[1] == f"津协处〔2026〕{route}"
    assert line[6:8] == ["虚构互联网诊疗", "第二十四条"]
    assert line[8:] == told
    assert client.get(f"{page}.pdf").content.startswith(b"%PDF-")
    with nothing_changes():
        assert client.post("/agreements/conduct/notify", {"row": row.pk, "department": department}).status_code == 409
