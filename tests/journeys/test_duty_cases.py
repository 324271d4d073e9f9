"""Who abuses an office of the departments is handed over (第二十四条第二款): entered by one auditor, decided by another."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic

from yibao.domains.staff.duties import (
    DutyCaseDecidedError,
    NotAnAuditorError,
    OwnDutyCaseError,
    UnknownMemberError,
    decide_duty_case,
    enter_duty_case,
)
from yibao.domains.staff.models import DutyCase, DutyDecision

from .office_records import new_member, sign_in
from .records import nothing_changes

pytestmark = [pytest.mark.usefixtures("standing_town"), pytest.mark.requirement("INT-56")]
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def staff(standing_town):
    roles = {"officer": "agency", "first": "auditor", "second": "auditor", "clerk": "institution"}
    return {name: new_member(name, role) for name, role in roles.items()}


def entered(staff, *, by="first", about="officer"):
    case = DutyCase(
        part="staff", conduct="favour", happened_on=date(2026, 11, 2), facts="违规审核通过", evidence="审核记录17号",
        article="第二十四条", entered_by=staff[by], entered_at=NOW,
    )  # fmt: skip
    return enter_duty_case(case, user_name=about)


def decided(staff, case, *, by="second", outcome="sanction", recipient="市纪委监委派驻组", document="移〔2026〕1号"):
    return decide_duty_case(
        case.pk, outcome=outcome, recipient=recipient, document=document, reason="证据确凿", officer=staff[by], at=NOW
    )


def test_only_auditors_enter_cases_against_the_departments_own_staff(staff):
    with nothing_changes(), pytest.raises(NotAnAuditorError), atomic():
        entered(staff, by="officer", about="first")
    for name in ("clerk", "nobody"):
        with nothing_changes(), pytest.raises(UnknownMemberError), atomic():
            entered(staff, about=name)
    with nothing_changes(), pytest.raises(OwnDutyCaseError), atomic():
        entered(staff, about="first")
    assert entered(staff).member.user.username == "officer"


def test_another_auditor_decides_once_and_never_who_is_concerned(staff):
    case = entered(staff, about="second")
    for name, error in (("first", OwnDutyCaseError), ("second", OwnDutyCaseError), ("officer", NotAnAuditorError)):
        with nothing_changes(), pytest.raises(error), atomic():
            decided(staff, case, by=name)
        with pytest.raises(IntegrityError), atomic():
            DutyDecision.objects.create(
                case=case, outcome="sanction", recipient="", document=name, reason="x", decided_by=staff[name],
                decided_at=NOW,
            )  # fmt: skip
    staff["third"] = new_member("third", "auditor")
    decided(staff, case, by="third", outcome="crime", recipient="市公安局")
    with nothing_changes(), pytest.raises(DutyCaseDecidedError), atomic():
        decided(staff, case, by="third", document="移〔2026〕2号")
    with pytest.raises(IntegrityError), atomic():
        DutyDecision.objects.update(outcome="dropped")


def test_it_is_handed_over_as_a_file_with_who_decided(client, staff):
    sign_in(client, "officer")
    assert client.get("/responsibility").status_code == 403
    sign_in(client, "first")
    said = {
        "user_name": "officer", "part": "manager", "conduct": "neglect", "happened_on": "2026-11-02",
        "article": "第二十四条", "facts": "未按规定审核", "evidence": "日志",
    }  # fmt: skip
    with nothing_changes():
        assert client.post("/responsibility", said | {"facts": ""}).status_code == 400
        assert client.post("/responsibility", said | {"user_name": "clerk"}).status_code == 409
    assert client.post("/responsibility", said).status_code == 302
    case = DutyCase.objects.get()
    word = {"outcome": "sanction", "recipient": "任免机关", "document": "移〔2026〕3号", "reason": "玩忽职守"}
    with nothing_changes():
        assert client.post(f"/responsibility/{case.pk}/decision", word).status_code == 409
    assert client.get(f"/responsibility/{case.pk}.pdf").status_code == 404
    sign_in(client, "second")
    with nothing_changes():
        assert client.post(f"/responsibility/{case.pk}/decision", word | {"recipient": ""}).status_code == 400
        assert client.post(f"/responsibility/{case.pk}/decision", word | {"outcome": "dropped"}).status_code == 400
    assert client.post(f"/responsibility/{case.pk}/decision", word).status_code == 302
    (_titles, row) = csv.reader(io.StringIO(client.get(f"/responsibility/{case.pk}.csv").content.decode("utf-8-sig")))
    assert (row[1], row[10], row[11], row[13]) == ("officer", "任免机关", "移〔2026〕3号", "second")
    assert client.get(f"/responsibility/{case.pk}.pdf").content[:5] == b"%PDF-"
    assert client.get("/responsibility.xlsx").status_code == 200
    assert "任免机关" in client.get("/responsibility").content.decode()
