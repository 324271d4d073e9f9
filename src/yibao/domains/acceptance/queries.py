"""Reading what an institution performed, and the reports issued about it."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from django.db.models import QuerySet

from yibao.domains.acceptance.judging import Evidence
from yibao.domains.acceptance.models import AcceptanceReport, InterfaceSpecification, Performance
from yibao.domains.acceptance.programme import Business


def evidence_of(*, institution_id: int, access_point_id: int | None) -> Sequence[Evidence]:
    """What an institution's system tried, in the order of its coming, at one access point or (None) at all."""
    tried = Performance.objects.filter(institution_id=institution_id)
    if access_point_id is not None:
        tried = tried.filter(access_point_id=access_point_id)
    return [
        Evidence(
            row.infno, row.msgid, row.is_performed, row.visit, row.undoes, row.error_code, row.sentence_zh, row.sentence_en,
            row.faults, row.received_at, cast("Business", row.business),
        )
        for row in tried.order_by("received_at", "pk").iterator()
    ]  # fmt: skip


def reports_of(*, institution_id: int) -> QuerySet[AcceptanceReport]:
    """The reports issued about an institution, newest first."""
    return (
        AcceptanceReport.objects.select_related("institution", "access_point", "issued_by__user")
        .filter(institution_id=institution_id)
        .order_by("-id")
    )


def specification_on(region: str, day: date) -> InterfaceSpecification | None:
    """The interface specification of a region in force on a day (接口规范), or nothing where it published none."""
    return (
        InterfaceSpecification.objects.filter(region_id=region, in_force_from__lte=day)
        .order_by("-in_force_from", "-id")
        .first()
    )


def specifications_of(region: str) -> QuerySet[InterfaceSpecification]:
    """What a region published, the latest first."""
    return InterfaceSpecification.objects.filter(region_id=region).select_related("published_by__user")


def latest_pass(*, institution_id: int) -> AcceptanceReport | None:
    """The latest report by which an institution's system is accepted (验收合格), or nothing."""
    return reports_of(institution_id=institution_id).filter(is_passed=True).first()
