"""How institutions describe their own departments (科室信息上传、变更、撤销); what a department was stands in the history."""

from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.institutions.models import Department, Practitioner
from yibao.domains.storage import Raw, ask


class DepartmentEndsEarlyError(YibaoError):
    """The department ends before it began (结束时间早于开始时间)."""

    code: ClassVar[str] = "institutions.department_ends_early"


class DepartmentKnownError(YibaoError):
    """The institution described a department of this code already (科室编码已存在)."""

    code: ClassVar[str] = "institutions.department_known"


class UnknownDepartmentError(YibaoError):
    """The institution has no such department, or withdrew it (科室不存在或已撤销)."""

    code: ClassVar[str] = "institutions.unknown_department"


@dataclass(frozen=True, slots=True)
class DepartmentWords:
    """A department as its institution describes it."""

    code: str
    name: str
    specialty: str
    began_at: datetime
    ended_at: datetime | None
    introduction: str
    head_name: str
    head_phone: str
    service_scope: str
    established_on: date | None
    approved_beds: int | None
    recognised_beds: int | None
    physicians: int | None
    pharmacists: int | None
    nurses: int | None
    technicians: int | None
    memo: str

    def __post_init__(self) -> None:
        """Hold the department's time to run forwards.

        :raises DepartmentEndsEarlyError: it ends before it began.
        """
        if self.ended_at is not None and self.ended_at < self.began_at:
            raise DepartmentEndsEarlyError(field="endtime", department=self.code)


def act_for(raw: Raw, *, institution_code: str, operator: str) -> None:
    """Name the institution's operator for the history of changes in the running transaction."""
    ask(raw, "SELECT set_config('yibao.actor', %s, true)", (f"{institution_code} {operator}",))


def describe_department(raw: Raw, words: DepartmentWords, *, institution_id: int) -> None:
    """Describe a department (3401), one that was never described or was withdrawn before.

    :raises DepartmentKnownError: it stands as described already; a change is 3402.
    """
    described = ask(
        raw,
        "INSERT INTO institutions_department AS standing (institution_id, code, name, specialty, began_at, ended_at, introduction, head_name, head_phone,"
        " service_scope, established_on, approved_beds, recognised_beds, physicians, pharmacists, nurses, technicians, memo)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (institution_id, code) DO UPDATE SET (code, name, specialty, began_at, ended_at, introduction, head_name, head_phone,"
        " service_scope, established_on, approved_beds, recognised_beds, physicians, pharmacists, nurses, technicians, memo)"
        " = (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " WHERE standing.began_at IS NULL OR standing.ended_at IS NOT NULL RETURNING id",
        (institution_id, *astuple(words), *astuple(words)),
    ).fetchone()
    if described is None:
        raise DepartmentKnownError(field="hosp_dept_codg", department=words.code)


def change_department(raw: Raw, words: DepartmentWords, *, institution_id: int) -> None:
    """Describe a department differently (3402).

    :raises UnknownDepartmentError: there is none of this code, or it was withdrawn.
    """
    changed = ask(
        raw,
        "UPDATE institutions_department SET (code, name, specialty, began_at, ended_at, introduction, head_name, head_phone,"
        " service_scope, established_on, approved_beds, recognised_beds, physicians, pharmacists, nurses, technicians, memo)"
        " = (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " WHERE institution_id = %s AND code = %s AND ended_at IS NULL RETURNING id",
        (*astuple(words), institution_id, words.code),
    ).fetchone()
    if changed is None:
        raise UnknownDepartmentError(field="hosp_dept_codg", department=words.code)


def withdraw_department(raw: Raw, *, institution_id: int, code: str, name: str, at: datetime) -> None:
    """Withdraw a department (3403): it ends now, or where it was to begin.

    :raises UnknownDepartmentError: there is none of this code and name, or it was withdrawn.
    """
    ended = ask(
        raw,
        "UPDATE institutions_department SET ended_at = GREATEST(%s, began_at)"
        " WHERE institution_id = %s AND code = %s AND name = %s AND ended_at IS NULL RETURNING id",
        (at, institution_id, code, name),
    ).fetchone()
    if ended is None:
        raise UnknownDepartmentError(field="hosp_dept_codg", department=code)


def departments_of(institution_id: int) -> list[Department]:
    """The departments of an institution, withdrawn ones too, by code."""
    return list(Department.objects.filter(institution_id=institution_id).order_by("code"))


def practitioners_of(*, institution_id: int, kind: str, name: str | None, code: str | None) -> list[Practitioner]:
    """The practitioners of one kind of an institution, by code; a name is looked for within names."""
    found = Practitioner.objects.filter(institution_id=institution_id, kind=kind)
    if name:
        found = found.filter(name__contains=name)
    if code:
        found = found.filter(code=code)
    return list(found.order_by("code"))
