"""Looking up: 5301 recognised diseases, 5302 points of care, 5303 who lies in a bed, 5304 referrals, 5205 chronic medication."""

from datetime import date, timedelta
from typing import Any

from django.utils.timezone import localdate

from yibao.domains.catalogue.models import Item
from yibao.domains.filings.models import Filing
from yibao.domains.visits.models import FeeLine
from yibao.interfaces.gateway.context import Context, handles
from yibao.interfaces.gateway.handlers.looking_up import reader_of, second_after
from yibao.workflows.look_up_filings import (
    Stay,
    look_up_chronic_drugs,
    look_up_points,
    look_up_recognitions,
    look_up_stays,
    look_up_transfers,
)
from yibao.workflows.settle_visit import age_on

_FROM_HOSPITAL = "02"
"""dcla_souc 申报来源: a hospital's filing; no national list is at hand (our default)."""
_FROM_OFFICE = "01"
_LIST_TYPES = {"drug": "101", "decoction_piece": "102", "service": "201", "consumable": "301"}


@handles("5301")
def recognitions(context: Context, data: dict[str, Any]) -> bytes:
    """人员慢特病备案查询."""
    found = look_up_recognitions(reader_of(context), number=data["data"]["psn_no"])
    rows = [
        {
            "opsp_dise_code": each.disease_code,
            "opsp_dise_name": each.disease_name,
            "begndate": each.valid_from,
            "enddate": _last_day(each),
        }
        for each in found
    ]
    return context.answer({"feedetail": rows})


@handles("5302")
def points(context: Context, data: dict[str, Any]) -> bytes:
    """人员定点信息查询."""
    sent = data["data"]
    found = look_up_points(reader_of(context), number=sent["psn_no"], business=sent["biz_appy_type"])
    rows = [
        {
            "psn_no": sent["psn_no"],
            "insutype": each.scheme,
            "fix_srt_no": each.details.get("fix_srt_no"),
            "fixmedins_code": each.institution_code,
            "fixmedins_name": each.institution_name,
            "begndate": each.valid_from,
            "enddate": _last_day(each),
            "memo": each.details.get("memo"),
        }
        for each in found
    ]
    return context.answer({"psnfixmedin": rows})


@handles("5303")
def stays(context: Context, data: dict[str, Any]) -> bytes:
    """在院信息查询: stays that began between two times, both included."""
    sent = data["data"]
    found = look_up_stays(
        reader_of(context),
        number=sent["psn_no"],
        began_from=sent["begntime"],
        began_until=second_after(sent["endtime"]),
    )
    return context.answer({"data": [_stay(each) for each in found]})


def _stay(each: Stay) -> dict[str, Any]:
    """One stay as 5303 shows it."""
    visit, person = each.visit, each.visit.person
    return {
        "mdtrt_id": str(visit.pk),
        "psn_no": person.number,
        "psn_cert_type": person.document_type,
        "certno": person.document_number,
        "psn_name": person.name,
        "gend": person.sex,
        "brdy": person.birth_date,
        "age": age_on(person.birth_date, localdate(visit.began_at)) * 10,
        "insutype": visit.enrolment.scheme,
        "begndate": localdate(visit.began_at),
        "med_type": visit.medical_type,
        "ipt_otp_no": visit.number_at_institution,
        "out_flag": "1" if each.is_elsewhere else "0",
    }


@handles("5304")
def transfers(context: Context, data: dict[str, Any]) -> bytes:
    """转院信息查询: referrals from or to this hospital."""
    sent = data["data"]
    found = look_up_transfers(
        reader_of(context),
        institution_code=context.institution.code,
        number=sent["psn_no"],
        since=sent["begntime"].date(),
        until=sent["endtime"].date(),
    )
    return context.answer({"refmedin": [_transfer(each) for each in found]})


def _transfer(each: Filing) -> dict[str, Any]:
    """One referral as 5304 shows it."""
    person, told = each.person, each.details
    return {
        "insutype": each.scheme,
        "dcla_souc": _FROM_HOSPITAL if each.filed_at_institution_id else _FROM_OFFICE,
        "psn_no": person.number,
        "psn_cert_type": person.document_type,
        "certno": person.document_number,
        "psn_name": person.name,
        "gend": person.sex,
        "brdy": person.birth_date,
        "tel": told.get("tel"),
        "addr": told.get("addr"),
        "insu_optins": each.region_id,
        "diag_code": each.disease_code or None,
        "diag_name": each.disease_name or None,
        "dise_cond_dscr": told.get("dise_cond_dscr"),
        "reflin_medins_no": each.institution_code,
        "reflin_medins_name": each.institution_name,
        "out_flag": "0" if told.get("refl_type", "1") == "1" else "1",
        "refl_date": date.fromisoformat(told["refl_date"]) if told.get("refl_date") else each.valid_from,
        "refl_rea": told.get("refl_rea"),
        "begndate": each.valid_from,
        "enddate": _last_day(each),
        "hosp_agre_refl_flag": told.get("hosp_agre_refl_flag"),
        "opter_name": each.filed_by[:50],
        "opt_time": each.filed_at,
    }


@handles("5205")
def chronic_drugs(context: Context, data: dict[str, Any]) -> bytes:
    """人员慢特病用药记录查询: what was prescribed anywhere, so that nobody prescribes it twice."""
    sent = data["data"]
    found = look_up_chronic_drugs(
        reader_of(context),
        number=sent["psn_no"],
        since=sent["begntime"],
        until=second_after(sent["endtime"] or context.now),
    )
    return context.answer({"feedetail": [_drug(line, item, sent["psn_no"]) for line, item in found]})


def _drug(line: FeeLine, item: Item | None, number: str) -> dict[str, Any]:
    """One line as 5205 shows it."""
    house = line.visit.institution
    return {
        "feedetl_sn": line.number,
        "fixmedins_code": house.code,
        "fixmedins_name": house.name,
        "psn_no": number,
        "med_type": line.visit.medical_type,
        "fee_ocur_time": line.occurred_at,
        "cnt": line.quantity_e4,
        "pric": line.price_e6,
        "chrgitm_lv": line.item_class,
        "hilist_code": line.item_code,
        "hilist_name": line.item_name,
        "list_type": _LIST_TYPES.get(item.kind if item else "", "101"),
        "med_list_codg": line.item_code,
        "medins_list_name": line.item_name[:100],
        "med_chrgitm_type": line.charge_category,
        "spec": (item.specification if item else "") or None,
        "dosform_name": (item.dosage_form if item else "") or None,
        "lmt_used_flag": "0",
        "bas_medn_flag": "1" if item and item.is_essential else "0",
        "hi_nego_drug_flag": "1" if item and item.is_negotiated else "0",
    }


def _last_day(each: Filing) -> date | None:
    """The last day that a filing covers; none while it is open."""
    return each.in_force_until - timedelta(days=1) if each.in_force_until else None
