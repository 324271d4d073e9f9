"""Departments: 3401 and 3401A upload, 3402 change, 3403 withdraw, 5101 query."""

from typing import Any

from yibao.core.errors import YibaoError
from yibao.domains.institutions.describing import DepartmentWords
from yibao.domains.institutions.models import Department
from yibao.interfaces.gateway.context import Context, handles
from yibao.workflows.describe_departments import (
    Describer,
    change_department_step,
    describe_departments_step,
    withdraw_department_step,
)
from yibao.workflows.look_up_institutions import look_up_departments


class DepartmentIncompleteError(YibaoError):
    """A department of a batch lacks what one alone must have: code, name or beginning (科室信息不完整)."""

    code = "institutions.department_incomplete"


def _describer(context: Context) -> Describer:
    """Who speaks."""
    return Describer(context.institution.id, context.institution.code, context.envelope.opter)


@handles("3401")
def upload(context: Context, data: dict[str, Any]) -> bytes:
    """科室信息上传."""
    step = describe_departments_step(_describer(context), [_words(data["deptinfo"])])
    return context.change(None, step, lambda _made: None)


@handles("3401A")
def upload_batch(context: Context, data: dict[str, Any]) -> bytes:
    """批量科室信息上传: all or none."""
    for place, row in enumerate(data["deptinfo"]):
        for name in ("hosp_dept_codg", "hosp_dept_name", "begntime"):
            if row[name] is None:
                raise DepartmentIncompleteError(field=f"deptinfo[{place}].{name}")
    step = describe_departments_step(_describer(context), [_words(row) for row in data["deptinfo"]])
    return context.change(None, step, lambda _made: None)


@handles("3402")
def change(context: Context, data: dict[str, Any]) -> bytes:
    """科室信息变更."""
    step = change_department_step(_describer(context), _words(data["deptinfo"]))
    return context.change(None, step, lambda _made: None)


@handles("3403")
def withdraw(context: Context, data: dict[str, Any]) -> bytes:
    """科室信息撤销: by code and name."""
    sent = data["data"]
    step = withdraw_department_step(
        _describer(context), code=sent["hosp_dept_codg"], name=sent["hosp_dept_name"], at=context.now
    )
    return context.change(None, step, lambda _made: None)


def _words(row: dict[str, Any]) -> DepartmentWords:
    """A department as it was sent."""
    return DepartmentWords(
        code=row["hosp_dept_codg"],
        name=row["hosp_dept_name"],
        specialty=row["caty"] or "",
        began_at=row["begntime"],
        ended_at=row["endtime"],
        introduction=row["itro"] or "",
        head_name=row["dept_resper_name"] or "",
        head_phone=row["dept_resper_tel"] or "",
        service_scope=row["dept_med_serv_scp"] or "",
        established_on=row["dept_estbdat"],
        approved_beds=row["aprv_bed_cnt"],
        recognised_beds=row["hi_crtf_bed_cnt"],
        physicians=row["dr_psncnt"],
        pharmacists=row["phar_psncnt"],
        nurses=row["nurs_psncnt"],
        technicians=row["tecn_psncnt"],
        memo=row["memo"] or "",
    )


@handles("5101")
def departments(context: Context, _data: dict[str, Any]) -> bytes:
    """科室信息查询: the institution's own."""
    found = look_up_departments(context.institution.id)
    return context.answer({"feedetail": [_row(department, context.institution.region) for department in found]})


def _row(department: Department, region: str) -> dict[str, Any]:
    """One department as 5101 shows it."""
    return {
        "hosp_dept_codg": department.code,
        "hosp_dept_name": department.name,
        "begntime": department.began_at,
        "endtime": department.ended_at,
        "itro": department.introduction or None,
        "dept_resper_name": department.head_name or None,
        "dept_resper_tel": department.head_phone or None,
        "dept_med_serv_scp": department.service_scope or None,
        "caty": department.specialty or None,
        "dept_estbdat": department.established_on,
        "aprv_bed_cnt": department.approved_beds,
        "hi_crtf_bed_cnt": department.recognised_beds,
        "poolarea_no": region,
        "dr_psncnt": department.physicians,
        "phar_psncnt": department.pharmacists,
        "nurs_psncnt": department.nurses,
        "tecn_psncnt": department.technicians,
        "memo": department.memo or None,
    }
