"""Mobile payment: who shows a code (6101), orders placed, paid, given back, asked about, taken back (6201 6202 6203 6301 6401)."""

import hashlib
from typing import Any, ClassVar, Final

import msgspec

from yibao.core.errors import YibaoError
from yibao.core.money import NotAnAmountError, parse_scaled
from yibao.domains.mobile_orders.models import Order
from yibao.domains.mobile_orders.queries import amounts_of
from yibao.domains.mobile_orders.states import State
from yibao.domains.mobile_orders.telling import result_content
from yibao.domains.visits.operations import NewDiagnosis
from yibao.interfaces.gateway.bill import amounts_of as setlinfo_of
from yibao.interfaces.gateway.bill import details_of, fund_names, shares_of
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.workflows.look_up_mobile_order import look_up_order
from yibao.workflows.mobile_order_parties import SaidOrder
from yibao.workflows.pay_mobile_order import PaymentWish, pay_order
from yibao.workflows.place_mobile_order import OrderWish, order_step
from yibao.workflows.refund_mobile_order import RefundWish, refund_order
from yibao.workflows.revoke_mobile_order import revoke_order
from yibao.workflows.show_credential import CredentialWish, show_credential
from yibao.workflows.upload_fees import MixedUploadError, WishedLine

_TRACE_CODE_LETTERS: Final = 64
_NOT_COMPARED: Final = frozenset({"ecToken", "payAuthNo", "uldLatlnt"})
_REFUND_STATES: Final = {
    State.REFUNDED: "SUCC",
    State.INSURANCE_BACK: "SUCC",
    State.CASH_OWED: "EXP",
    State.CASH_PART_BACK: "SUCC",
}
_RESULT_FIELDS: Final = ("payOrdId", "ordStas", "feeSumamt", "ownPayAmt", "psnAcctPay", "fundPay")


class OtherInstitutionError(YibaoError):
    """The institution in the message is not the one that sends it (机构编码不符)."""

    code: ClassVar[str] = "gateway.other_institution"


class UnreadableExtensionError(YibaoError):
    """The extension (extData) is no JSON object, or a member of it cannot be read."""

    code: ClassVar[str] = "gateway.unreadable_extension"


@handles("6101")
def decode_code(context: Context, data: dict[str, Any]) -> bytes:
    """解析医保电子凭证二维码: the person behind the code, and a token that stands for having seen it."""
    sent = data["data"]
    _check_institution(context, sent["orgId"], field="orgId")
    shown = show_credential(
        CredentialWish(
            institution_id=context.institution.id, operator=context.envelope.opter, code=sent["qrCode"], at=context.now
        )
    )
    person = shown.person
    return context.answer(
        {
            "data": {
                "userName": person.name,
                "idNo": person.document_number,
                "idType": person.document_type,
                "ecToken": shown.token,
                "insuOrg": shown.division,
                "gender": person.sex,
                "birthday": person.birth_date.isoformat(),
                "nationality": person.ethnicity or None,
            }
        }
    )


@handles("6201")
def place(context: Context, data: dict[str, Any]) -> bytes:
    """费用明细上传: an order to be paid; its trial stands in the extension."""
    sent = data["data"]
    wish = _order_wish(context, sent)
    return context.change(sent["psnNo"], order_step(wish, context.request), _placed)


@handles("6202")
def pay(context: Context, data: dict[str, Any]) -> bytes:
    """支付下单: settle and pay in one step; 2 (结算中) means that 6301 and 6302 will tell."""
    sent = data["data"]
    _check_institution(context, sent["orgCodg"])
    context.begin()
    wish = PaymentWish(
        institution_id=context.institution.id,
        number=sent["payOrdId"],
        token=sent["payToken"],
        serial=sent["orgBizSer"],
        batch_number=sent["chrgBchno"],
        fee_type=sent["feeType"],
        visit_id=record_id(sent["mdtrtId"], field="mdtrtId"),
        uses_account=None if sent["acctUsedFlag"] is None else sent["acctUsedFlag"] == "1",
        authorisation=sent["payAuthNo"],
        at=context.now,
    )
    last = pay_order(wish, context.request)
    return context.change(last.person_number, last.step, lambda order: {"data": _result(context, order)})


@handles("6203")
def refund(context: Context, data: dict[str, Any]) -> bytes:
    """医保退费: give back; EXP means that the insurance part is back and the cash on its way."""
    sent = data["data"]
    context.begin()
    wish = RefundWish(
        institution_id=context.institution.id,
        number=sent["payOrdId"],
        serial=sent["appRefdSn"],
        kind=sent["refdType"],
        total_fen=sent["totlRefdAmt"],
        cash_fen=sent["cashRefdAmt"],
        account_fen=sent["psnAcctRefdAmt"],
        fund_fen=sent["fundRefdAmt"],
        authorisation=_authorisation(sent),
        at=context.now,
    )
    last = refund_order(wish, context.request)
    return context.change(last.person_number, last.step, lambda order: _refunded(context, order))


@handles("6301")
def look_up(context: Context, data: dict[str, Any]) -> bytes:
    """医保订单结算结果查询: what became of an order."""
    sent = data["data"]
    _check_institution(context, sent["orgCodg"])
    order = look_up_order(_said_order(context, sent), context.request)
    told = result_content(order, at=context.now)
    kind = "REFUND" if State(order.state) in _REFUND_STATES else "PAY"
    return context.answer({"data": {**told, "extData": _told(order), "callType": kind}})


@handles("6401")
def revoke(context: Context, data: dict[str, Any]) -> bytes:
    """费用明细上传撤销: take the upload of an unpaid order back."""
    sent = data["data"]
    _check_institution(context, sent["orgCodg"])
    last = revoke_order(_said_order(context, sent), context.request)
    return context.change(last.person_number, last.step, lambda _order: {"data": {"success": True}})


def _said_order(context: Context, sent: dict[str, Any]) -> SaidOrder:
    """The order that is named, and whose it is said to be."""
    return SaidOrder(
        institution_id=context.institution.id,
        number=sent["payOrdId"],
        token=sent["payToken"],
        person_name=sent["userName"],
        document_type=sent["idType"],
        document_number=sent["idNo"],
        at=context.now,
    )


def _order_wish(context: Context, sent: dict[str, Any]) -> OrderWish:
    """What the institution wants to be paid."""
    _check_institution(context, sent["orgCodg"])
    further = _extension(sent["extData"])
    institution = context.institution
    return OrderWish(
        institution_id=institution.id,
        institution_kind=institution.kind,
        institution_region=institution.region,
        designated_from=institution.designated_from,
        designated_until=institution.designated_until,
        agreement_gaps=institution.agreement_gaps,
        person_number=sent["psnNo"],
        person_name=sent["userName"],
        document_type=sent["idType"],
        document_number=sent["idNo"],
        scheme=sent["insutype"],
        division=sent["insuCode"],
        number=sent["medOrgOrd"],
        visit_id=record_id(sent["mdtrtId"], field="mdtrtId") if sent["mdtrtId"] else None,
        number_of_visit=sent["iptOtpNo"],
        medical_type=sent["medType"],
        fee_type=sent["feeType"],
        batch_number=sent["chrgBchno"],
        total_fen=sent["medfeeSumamt"],
        uses_account=sent["acctUsedFlag"] == "1",
        delivery_fen=_delivery_fen(further),
        rx_trace_code=_trace_code(further),
        authorisation=_authorisation(sent),
        began_at=sent["begntime"],
        department_code=sent["deptCode"],
        department_name=sent["deptName"],
        physician_code=sent["atddrNo"] or "",
        physician_name=sent["drName"] or "",
        details={"caty": sent["caty"]},
        diagnoses=_diagnoses(sent["diseinfoList"]),
        lines=_lines(sent),
        digest=_digest(sent),
        at=context.now,
    )


def _check_institution(context: Context, code: str, *, field: str = "orgCodg") -> None:
    """Insist that an institution speaks of itself.

    :raises OtherInstitutionError: the code is another's.
    """
    if code != context.institution.code:
        raise OtherInstitutionError(field=field, sent=code, institution=context.institution.code)


def _authorisation(sent: dict[str, Any]) -> tuple[str, str] | None:
    """The code by which the person authorised, and the field it came in."""
    return next(((sent[field], field) for field in ("payAuthNo", "ecToken") if sent[field]), None)


def _extension(text: str | None) -> dict[str, Any]:
    """The members of extData that are of our own making: deliveryFee (yuan, as text or number) and rxTraceCode."""
    if text is None:
        return {}
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        raise UnreadableExtensionError(field="extData") from None
    return found


def _delivery_fen(further: dict[str, Any]) -> int:
    """The delivery fee, which is never paid by the fund (INT-34); nothing where none is sent."""
    sent = further.get("deliveryFee")
    if sent in (None, "", "null"):
        return 0
    try:
        return parse_scaled(str(sent), decimals=2)
    except NotAnAmountError:
        raise UnreadableExtensionError(field="extData.deliveryFee") from None


def _trace_code(further: dict[str, Any]) -> str:
    """The prescription that is paid (rxTraceCode), if the order pays one."""
    code = str(further.get("rxTraceCode") or "").strip()
    if len(code) > _TRACE_CODE_LETTERS or "\0" in code:
        raise UnreadableExtensionError(field="extData.rxTraceCode")
    return code


def _digest(sent: dict[str, Any]) -> bytes:
    """What tells an upload from another under the same number; codes and places of the moment do not count."""
    told = {name: value for name, value in sent.items() if name not in _NOT_COMPARED}
    return hashlib.sha256(msgspec.json.encode(told)).digest()


def _lines(sent: dict[str, Any]) -> list[WishedLine]:
    """The fee lines, all of the order's person, visit and batch."""
    rows = sent["feedetailList"]
    for place, row in enumerate(rows):
        for name in ("psnNo", "chrgBchno", "mdtrtId"):
            if row[name] is not None and row[name] != sent[name]:
                raise MixedUploadError(field=f"feedetailList[{place}].{name}")
    return [
        WishedLine(
            number=row["feedetlSn"],
            item_code=row["medListCodg"],
            item_name="",
            quantity_e4=row["cnt"],
            price_e6=row["pric"],
            amount_fen=row["detItemFeeSumamt"],
            approval=row["hospApprFlag"],
            department_code=row["bilgDeptCodg"],
            physician_code=row["bilgDrCodg"],
            occurred_at=row["feeOcurTime"],
        )
        for row in rows
    ]


def _diagnoses(rows: list[dict[str, Any]]) -> list[NewDiagnosis]:
    """The diagnoses that are valid; the first in order is the main one."""
    valid = sorted((row for row in rows if row["valiFlag"] != "0"), key=lambda row: row["diagSrtNo"])
    return [
        NewDiagnosis(
            kind=row["diagType"],
            is_main=place == 0,
            rank=row["diagSrtNo"],
            code=row["diagCode"],
            name=row["diagName"],
            department=row["diagDept"],
            physician_code=row["diseDorNo"],
            physician_name=row["diseDorName"],
            diagnosed_at=row["diagTime"],
        )
        for place, row in enumerate(valid)
    ]


def _placed(order: Order) -> dict[str, Any]:
    """The answer of 6201."""
    return {"data": {"payOrdId": order.number, "payToken": order.token, "extData": _told(order)}}


def _result(context: Context, order: Order) -> dict[str, Any]:
    """The answer of 6202: the order's state and who paid what."""
    told = result_content(order, at=context.now)
    return {**{name: told[name] for name in _RESULT_FIELDS}, "extData": _told(order)}


def _refunded(context: Context, order: Order) -> dict[str, Any]:
    """The answer of 6203."""
    del context
    state = _REFUND_STATES.get(State(order.state), "FAIL")
    return {"data": {"refStatus": state, "extData": _told(order)}}


def _told(order: Order) -> str:
    """The extension of an answer: the visit, delivery and, once it is settled, setlinfo with its detail; amounts in yuan as text."""
    amounts = amounts_of(order)
    told: dict[str, Any] = {"mdtrtId": str(order.visit_id), "deliveryFee": _yuan(order.delivery_fen)}
    settlement = order.settlement
    if settlement is None:
        told["preSetlinfo"] = {
            "medfee_sumamt": _yuan(amounts.total_fen),
            "fund_pay_sumamt": _yuan(amounts.fund_fen),
            "acct_pay": _yuan(amounts.account_fen),
            "psn_cash_pay": _yuan(amounts.cash_fen),
            "hosp_part_amt": _yuan(amounts.hospital_fen),
        }
    else:
        fen = {**setlinfo_of(settlement), **shares_of(settlement)}
        told["setlinfo"] = {
            "setl_id": str(settlement.pk),
            "mdtrt_id": str(order.visit_id),
            **{name: _yuan(value) for name, value in fen.items()},
        }
        told["setldetail"] = [
            {**row, **{name: _yuan(row[name]) for name in ("inscp_scp_amt", "fund_payamt")}}
            for row in details_of(settlement, fund_names())
        ]
    return msgspec.json.encode(told).decode()


def _yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
