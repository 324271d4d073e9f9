"""Filings: 2501 2502 referral, 2503 2504 chronic and special diseases, 2505 2506 points of care and care elsewhere."""

from datetime import date
from typing import Any, ClassVar

from yibao.core.errors import YibaoError
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.file_for_person import Filer, FilingWish, filing_step, withdrawal_step

_ELSEWHERE = {"07": "emergency", "08": "long_stay"}
_CARRIED_ELSEWHERE = {"01": "2503", "06": "2501"}


class OtherTransactionError(YibaoError):
    """This kind of filing is made by another transaction."""

    code: ClassVar[str] = "gateway.other_transaction"


@handles("2501")
def refer(context: Context, data: dict[str, Any]) -> bytes:
    """转院备案: refer a patient to another hospital."""
    sent = data["refmedin"]
    return _filed(
        context,
        FilingWish(
            kind="transfer",
            person_number=sent["psn_no"],
            valid_from=sent["begndate"] or sent["refl_date"],
            last_day=sent["enddate"],
            scheme=sent["insutype"],
            division=sent["insu_optins"],
            disease_code=sent["diag_code"],
            disease_name=sent["diag_name"],
            institution_code=sent["reflin_medins_no"],
            institution_name=sent["reflin_medins_name"],
            destination=sent["mdtrtarea_admdvs"],
            details=_told(sent, "tel", "addr", "dise_cond_dscr", "hosp_agre_refl_flag", "refl_type", "refl_date", "refl_rea", "refl_opnn"),
        ),
    )  # fmt: skip


@handles("2503")
def recognise(context: Context, data: dict[str, Any]) -> bytes:
    """人员慢特病备案: a chronic or special disease, identified by a hospital."""
    sent = data["data"]
    return _filed(
        context,
        FilingWish(
            kind="recognition",
            person_number=sent["psn_no"],
            valid_from=sent["begndate"],
            last_day=sent["enddate"],
            scheme=sent["insutype"],
            division=sent["insu_optins"],
            disease_code=sent["opsp_dise_code"],
            disease_name=sent["opsp_dise_name"],
            institution_code=sent["ide_fixmedins_no"],
            institution_name=sent["ide_fixmedins_name"],
            details=_told(sent, "tel", "addr", "hosp_ide_date", "diag_dr_codg", "diag_dr_name"),
        ),
    )


@handles("2505")
def choose_point(context: Context, data: dict[str, Any]) -> bytes:
    """人员定点备案: a designated point of care; 异地安置 and 异地急诊 are filings of care elsewhere."""
    sent = data["data"]
    business = sent["biz_appy_type"]
    if business in _CARRIED_ELSEWHERE:
        raise OtherTransactionError(field="biz_appy_type", infno=_CARRIED_ELSEWHERE[business])
    return _filed(
        context,
        FilingWish(
            kind="elsewhere" if business in _ELSEWHERE else "point",
            person_number=sent["psn_no"],
            valid_from=sent["begndate"],
            last_day=sent["enddate"],
            institution_code=sent["fixmedins_code"],
            institution_name=sent["fixmedins_name"],
            reason=_ELSEWHERE.get(business, ""),
            details=_told(sent, "tel", "addr", "biz_appy_type", "fix_srt_no", "memo", "agnter_name", "agnter_cert_type",
                          "agnter_certno", "agnter_tel", "agnter_addr", "agnter_rlts"),
        ),
    )  # fmt: skip


@handles("2502")
def withdraw_referral(context: Context, data: dict[str, Any]) -> bytes:
    """转院备案撤销; the answer repeats the number."""
    number = data["data"]["trt_dcla_detl_sn"]
    return _withdrawn(context, data["data"], ("transfer",), {"result": {"trt_dcla_detl_sn": number}})


@handles("2504")
def withdraw_recognition(context: Context, data: dict[str, Any]) -> bytes:
    """人员慢特病备案撤销."""
    return _withdrawn(context, data["data"], ("recognition",), None)


@handles("2506")
def withdraw_point(context: Context, data: dict[str, Any]) -> bytes:
    """人员定点备案撤销."""
    return _withdrawn(context, data["data"], ("point", "elsewhere"), None)


def _filed(context: Context, wish: FilingWish) -> bytes:
    """Enter a filing and answer with its number."""
    institution = context.institution
    filer = Filer(f"{institution.code} {context.envelope.opter}", context.now, institution.id, institution.code)
    return context.change(
        wish.person_number,
        filing_step(wish, filer),
        lambda number: {"result": {"trt_dcla_detl_sn": str(number)}},
    )


def _withdrawn(context: Context, sent: dict[str, Any], kinds: tuple[str, ...], output: dict[str, Any] | None) -> bytes:
    """Withdraw a filing of this institution."""
    step = withdrawal_step(
        kinds=kinds,
        filing_id=record_id(number, field="trt_dcla_detl_sn") if (number := sent["trt_dcla_detl_sn"]) else None,
        reason=sent["memo"] or "医疗机构撤销",
        institution_id=context.institution.id,
        actor=f"{context.institution.code} {context.envelope.opter}",
        at=context.now,
    )
    return context.change(sent["psn_no"], step, lambda _number: output)


def _told(sent: dict[str, Any], *names: str) -> dict[str, object]:
    """The named members that were sent, days as text."""
    values = {name: sent.get(name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }
