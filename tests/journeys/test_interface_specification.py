"""Institutions rebuild their systems to the published interface specification; an acceptance counts for its version only."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic
from django.utils import timezone

from yibao.domains.acceptance.models import AcceptanceReport, InterfaceSpecification
from yibao.domains.acceptance.queries import specification_on
from yibao.interfaces.console.programme import programme_for
from yibao.interfaces.console.specifications import spoken_digest
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows.judge_acceptance import (
    NotAPublisherError,
    UnpublishedInterfaceError,
    issue_acceptance,
    publish_interface,
)

from .agreement_houses import House, state_of
from .office_records import sign_in
from .records import nothing_changes
from .sandbox_town import open_sandbox

REGION = "120000"
OTHER = "a" * 64


@pytest.fixture
def house(db):
    house = House(REGION, code="H12010100001")
    house.designated(at=timezone.now())
    return house


def publish(house, version, *, spoken=None, days=0, member=None):
    return publish_interface(
        version=version, document=f"津医保〔2026〕{version}号", spoken=spoken or spoken_digest(),
        in_force_from=timezone.localdate() + timedelta(days=days), member=member or house.officers[0],
        at=timezone.now(),
    )  # fmt: skip


def waiting(house, specification):
    """A case that waits for its test, with a passed report under a specification."""
    now = timezone.now()
    case = house.completed(at=now)
    applying.ask_for_test(case.pk, house.act(now))
    report = house.report(at=timezone.now(), is_passed=True)
    assert report.specification is None
    if specification is not None:
        AcceptanceReport.objects.create(
            institution=house.institution, kind="internet", is_passed=True, judgement=report.judgement,
            digest=report.digest, issued_by=house.officers[0], issued_at=timezone.now(), specification=specification,
        )  # fmt: skip
    return case


@pytest.mark.requirement("INT-77", "NET-04")
def test_a_report_under_an_older_version_does_not_count(house):
    first = publish(house, "1.0", days=-30)
    case = waiting(house, first)
    second = publish(house, "1.1")
    assert specification_on(REGION, timezone.localdate() - timedelta(days=1)) == first
    with nothing_changes(), pytest.raises(deciding.OldSpecificationError), atomic():
        deciding.conclude_test(case.pk, house.decide(timezone.now()))
    AcceptanceReport.objects.create(
        institution=house.institution, kind="internet", is_passed=True, judgement={"transactions": [], "chains": []},
        digest=OTHER, issued_by=house.officers[0], issued_at=timezone.now(), specification=second,
    )  # fmt: skip
    deciding.conclude_test(case.pk, house.decide(timezone.now()))
    assert state_of(case) == "accepted"


@pytest.mark.requirement("INT-77")
def test_a_report_without_the_published_version_does_not_count(house):
    publish(house, "1.0")
    case = waiting(house, None)
    with nothing_changes(), pytest.raises(deciding.OldSpecificationError), atomic():
        deciding.conclude_test(case.pk, house.decide(timezone.now()))
    assert state_of(case) == "testing"


@pytest.mark.requirement("INT-77")
def test_no_report_is_issued_on_an_interface_that_was_not_published(house):
    asked = {
        "institution_id": house.institution.pk, "access_point_id": None, "issued_by": house.officers[0],
        "spoken": spoken_digest(),
    }  # fmt: skip
    before = issue_acceptance(programme_for("internet"), at=timezone.now(), **asked)
    assert (before.specification, "specification" in before.judgement) == (None, False)
    stale = publish(house, "0.9", spoken=OTHER, days=-1)
    with nothing_changes(), pytest.raises(UnpublishedInterfaceError):
        issue_acceptance(programme_for("internet"), at=timezone.now(), **asked)
    publish(house, "1.0")
    report = issue_acceptance(programme_for("internet"), at=timezone.now(), **asked)
    assert report.judgement["specification"] == {"version": "1.0", "digest": spoken_digest()}
    assert report.specification.version == "1.0"
    with nothing_changes(), pytest.raises(NotAPublisherError):
        publish(house, "1.2", member=house.clerk)
    with pytest.raises(IntegrityError), atomic():
        InterfaceSpecification.objects.filter(pk=stale.pk).update(digest=spoken_digest())


@pytest.mark.requirement("NET-04")
def test_an_officer_publishes_and_institutions_read(client, settings, house):
    page = "/sandbox/acceptance/specification"
    said = {"version": "1.0", "document": "津医保〔2026〕1号", "in_force_from": f"{timezone.localdate():%Y-%m-%d}"}
    with open_sandbox(settings):
        sign_in(client, house.clerk.user.username)
        assert "尚未公布" in client.get(page).content.decode()
        with nothing_changes():
            assert client.post(page, said).status_code == 403
        sign_in(client, house.officers[0].user.username)
        with nothing_changes():
            assert client.post(page, said | {"version": ""}).status_code == 400
        assert client.post(page, said).status_code == 302
        with nothing_changes():
            assert client.post(page, said).status_code == 409
        sign_in(client, house.clerk.user.username)
        shown = client.get(page).content.decode()
        assert "津医保〔2026〕1号" in shown
        assert spoken_digest() in shown
