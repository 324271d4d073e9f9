"""Finding what a sandbox keeps."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from yibao.domains.messages.models import AccessPoint
from yibao.domains.reference.models import Setting
from yibao.domains.sandbox.models import Exchange, Fault, SandboxPerson

MARK: Final = "sandbox.database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What somebody may see of a sandbox: the access points of a region, perhaps of one institution only."""

    region: str
    institution_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for among the messages; empty members do not narrow."""

    access_point_id: int | None = None
    institution: str = ""
    infno: str = ""
    result: str = ""
    text: str = ""


def is_marked() -> bool:
    """Whether the database was marked as a sandbox's."""
    return Setting.objects.filter(key=MARK, value=True).exists()


def points_in(sight: Sight) -> QuerySet[AccessPoint]:
    """The open access points of the region, those with a key of the institution where the sight is of one."""
    points = AccessPoint.objects.filter(region_id=sight.region, is_open=True)
    if sight.institution_code:
        points = points.filter(credentials__institution__code=sight.institution_code)
    return points.distinct()


def exchanges_in(sight: Sight, sought: Sought) -> QuerySet[Exchange]:
    """The messages that may be seen and were looked for, newest first."""
    found = Exchange.objects.select_related("access_point").filter(access_point__region_id=sight.region)
    if sight.institution_code:
        found = found.filter(institution_code=sight.institution_code)
    if sought.access_point_id is not None:
        found = found.filter(access_point_id=sought.access_point_id)
    if sought.institution:
        found = found.filter(institution_code=sought.institution)
    if sought.infno:
        found = found.filter(infno=sought.infno)
    if sought.result:
        found = found.filter(result=sought.result)
    if sought.text:
        said = Q(sentence_zh__icontains=sought.text) | Q(sentence_en__icontains=sought.text)
        found = found.filter(said | Q(msgid__icontains=sought.text) | Q(error_code=sought.text))
    return found.order_by("-id")


def faults_in(sight: Sight) -> QuerySet[Fault]:
    """The faults ordered for the access points of the region, newest first; those of or for one institution only."""
    faults = Fault.objects.select_related("access_point", "institution").filter(access_point__region_id=sight.region)
    if sight.institution_code:
        faults = faults.filter(institution__code=sight.institution_code)
    return faults.order_by("-id")


def striking(faults: QuerySet[Fault]) -> QuerySet[Fault]:
    """Those of the faults that still strike."""
    return faults.filter(ended_at=None).exclude(remaining=0)


def listed_persons() -> QuerySet[SandboxPerson]:
    """The test persons in the order of the list, with their records and vouchers."""
    return SandboxPerson.objects.select_related("person").prefetch_related("person__vouchers", "person__enrolments")
