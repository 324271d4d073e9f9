"""Institutions and their practitioners: 1201, 5102; whose e-credential a code is: 1162."""

from datetime import date, datetime, time
from typing import Any, Final

from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.context import Context, handles
from yibao.workflows.identify_person import IdentityWish, identify_person
from yibao.workflows.look_up_institutions import look_up_institution, look_up_practitioners

HOSPITAL: Final = "1"
PHARMACY: Final = "2"
"""Of the kinds of 1201 those that are designated for health insurance; the others are of work injury and maternity."""

_LEVELS: Final = {"tertiary": "02", "secondary": "05", "primary": "08"}
"""医院等级: we keep the level without its grade; the first ordinary grade of each stands for it (our default)."""

_PRACTITIONERS: Final = {"1": "D", "2": "N", "3": "Y"}
"""执业人员分类 (recalled: physician, nurse, pharmacist) by the first letter of the national code."""

_ELECTRONIC: Final = "01"


@handles("1201")
def institution(context: Context, data: dict[str, Any]) -> bytes:
    """医药机构信息获取: one institution of the region by code or name; the sender itself when neither is sent."""
    sent = data["medinsinfo"]
    code, name = sent["fixmedins_code"], sent["fixmedins_name"]
    found = look_up_institution(
        region=context.institution.region,
        is_pharmacy=sent["fixmedins_type"] == PHARMACY,
        code=context.institution.code if code is None and name is None else code,
        name=None if code is not None else name,
    )
    return context.answer(
        {
            "medinsinfo": {
                "fixmedins_code": found.code,
                "fixmedins_name": found.name,
                "uscc": found.credit_code or None,
                "fixmedins_type": PHARMACY if found.kind == found.Kind.PHARMACY else HOSPITAL,
                "hosp_lv": _LEVELS.get(found.level),
            }
        }
    )


@handles("5102")
def practitioners(context: Context, data: dict[str, Any]) -> bytes:
    """医执人员信息查询: the institution's own of one kind; document numbers of practitioners are not kept."""
    sent = data["data"]
    found = look_up_practitioners(
        institution_id=context.institution.id,
        kind=None if sent["certno"] else _PRACTITIONERS.get(sent["prac_psn_type"]),
        name=sent["prac_psn_name"],
        code=sent["prac_psn_code"],
    )
    return context.answer(
        {
            "data": [
                {
                    "prac_psn_code": each.code,
                    "prac_psn_name": each.name,
                    "prac_psn_type": sent["prac_psn_type"],
                    "hi_dr_flag": "1" if each.kind == each.Kind.PHYSICIAN else "0",
                    "begntime": _midnight(each.valid_from),
                    "endtime": _midnight(each.valid_until) if each.valid_until else None,
                }
                for each in found
            ]
        }
    )


def _midnight(day: date) -> datetime:
    """The first moment of a day in Beijing."""
    return datetime.combine(day, time.min, BEIJING)


@handles("1162")
def decode(context: Context, data: dict[str, Any]) -> bytes:
    """电子凭证解码: the token of the person whose code was scanned; the code is the number of an electronic voucher."""
    sent = data["data"]
    found = identify_person(
        IdentityWish(
            institution_id=context.institution.id,
            operator=context.envelope.opter,
            voucher_kind=_ELECTRONIC,
            voucher_number=sent["ecQrCode"] or "",
            document_type=None,
            document_number=None,
            name=None,
            on=context.now.date(),
            at=context.now,
            infno="1162",
        )
    )
    return context.answer(
        {"root": {"cardno": found.person.document_type, "card_sn": None, "ecToken": sent["ecQrCode"]}}
    )
