"""Uploads of care and of self-payers (4201 to 4701), mutual recognition (5401, 5402), fee-detail audit (3101, 3102)."""

from typing import Any

from yibao.domains.clinical.models import ClinicalRecord
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.audit_details import AuditQuestion, audit_step
from yibao.workflows.clinical_kinds import CLINICAL_KINDS
from yibao.workflows.look_up_records import Reader
from yibao.workflows.recognise_reports import recent_reports, report_in_full
from yibao.workflows.upload_clinical_records import Upload, upload_step


@handles(*CLINICAL_KINDS)
def upload(context: Context, data: dict[str, Any]) -> bytes:
    """信息采集上传: keep the records; there is no output."""
    infno = context.envelope.infno
    node = data[CLINICAL_KINDS[infno].node]
    first = (node[0] if node else {}) if isinstance(node, list) else node
    visit = first.get("mdtrt_id")
    told = Upload(
        institution_id=context.institution.id,
        institution=context.institution.code,
        kind=infno,
        nodes=data,
        visit_id=record_id(visit, field="mdtrt_id") if visit else None,
        person_number=first.get("psn_no"),
        at=context.now,
    )
    return context.change(None, upload_step(told, context.request), lambda _kept: None)


@handles("3101", "3102")
def audit(context: Context, data: dict[str, Any]) -> bytes:
    """明细审核: what the audit engine finds; empty while there is none."""
    question = AuditQuestion(context.institution.id, context.envelope.infno, data, context.now)
    return context.change(None, audit_step(question), lambda hits: {"result": [hit.fields for hit in hits]})


@handles("5401")
def recognised_items(context: Context, data: dict[str, Any]) -> bytes:
    """项目互认信息查询: each row asks about a person and perhaps an item or an institution."""
    rows: dict[int, dict[str, Any]] = {}
    for sent in data["bilgiteminfo"]:
        found = recent_reports(
            _reader(context),
            number=sent["psn_no"],
            item_code=sent["exam_item_code"] or "",
            institution=sent["exam_org_code"] or "",
        )
        rows.update((record.pk, _item(sent["psn_no"], record)) for record in found)
    return context.answer({"bilgiteminfo": list(rows.values())})


@handles("5402")
def report(context: Context, data: dict[str, Any]) -> bytes:
    """报告明细信息查询: one report as its institution uploaded it last; empty when there is none."""
    sent = data["rptdetailinfo"]
    found = report_in_full(
        _reader(context),
        number=sent["psn_no"],
        institution=sent["fixmedins_code"],
        report_number=sent["rpotc_no"],
    )
    if found is None:
        return context.answer({"checkReportDetails": []})
    if found.kind == "4501":
        return context.answer({"checkReportDetails": [_examination(sent["psn_no"], found)]})
    return context.answer(_laboratory(sent["psn_no"], found))


def _reader(context: Context) -> Reader:
    """Who looks up."""
    return Reader(context.institution.id, context.envelope.opter, context.envelope.infno, context.now)


def _item(number: str, record: ClinicalRecord) -> dict[str, Any]:
    """One report as 5401 lists it."""
    return {
        "psn_no": number,
        "rpotc_no": record.report_number[:30],
        "rpt_date": record.occurred_at,
        "exam_org_code": record.institution.code,
        "exam_org_name": record.institution.name[:100],
        "exam_item_code": record.item_code or None,
        "exam_item_name": record.item_name[:100] or None,
    }


def _examination(number: str, record: ClinicalRecord) -> dict[str, Any]:
    """An examination as 5402 shows it."""
    told = record.content["examinfo"].get
    return {
        "psn_no": number,
        "rpotc_no": record.report_number[:30],
        "rpt_date": record.occurred_at,
        "rpotc_type_code": (told("rpotc_type_code") or "")[:6] or None,
        "exam_rpotc_name": told("exam_rpotc_name"),
        "exam_rslt_poit_flag": told("exam_rslt_poit_flag"),
        "exam_rslt_abn": told("exam_rslt_abn"),
        "exam_ccls": told("exam_ccls"),
        "bilgDrName": told("bilg_dr_name"),
    }


def _laboratory(number: str, record: ClinicalRecord) -> dict[str, Any]:
    """A laboratory report as 5402 shows it: the report, and its single results."""
    named = {"psn_no": number, "rpotc_no": record.report_number[:30]}
    head = {
        **named,
        "exam_item_code": record.item_code or None,
        "exam_item_name": record.item_name[:100] or None,
        "rpt_date": record.occurred_at,
        "rpot_doc": record.content["labinfo"].get("rpot_doc"),
    }
    results = [
        {
            **named,
            "exam_mtd": row.get("exam_mtd"),
            "ref_val": row.get("ref_val"),
            "exam_unt": (row.get("exam_unt") or "")[:30] or None,
            "exam_rslt_val": row["exam_rslt_val"] * 100 if row.get("exam_rslt_val") is not None else None,
        }
        for row in record.content["iteminfo"]
    ]
    return {"inspectionReportInformation": [head], "inspectionDetails": results}
