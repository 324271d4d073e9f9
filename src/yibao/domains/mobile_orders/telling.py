"""What is told of an order: words to the patient in both languages, and the notice to the institution (6302)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from yibao.core.money import format_yuan
from yibao.domains.mobile_orders.models import ElectronicBill, Notice, Order, PatientMessage
from yibao.domains.mobile_orders.queries import Amounts, amounts_of
from yibao.domains.mobile_orders.states import NATIONAL, State

Kind = PatientMessage.Kind
RESULT: Final = "6302"

_HEADS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.PAID: (
        "您在{institution}的费用已支付，合计{payable}元：",
        "Your bill at {institution} is paid, {payable} yuan in all: ",
    ),
    Kind.FAILED: (
        "您在{institution}的费用未支付成功，未扣款：现金{own}元未付，医保基金和个人账户已全部退回。",
        (
            "Your bill at {institution} was not paid and nothing was taken: the cash of {own} yuan failed, funds and accounts"
            " have theirs back."
        ),
    ),
    Kind.REFUNDING: (
        "您在{institution}的费用正在退款：医保基金和个人账户已退回，现金{own}元正由支付渠道退回。",
        (
            "Your bill at {institution} is being refunded: funds and accounts have theirs back, the cash of {own} yuan is"
            " on its way back through the payment channel."
        ),
    ),
    Kind.INSURANCE: (
        "您在{institution}的费用，医保基金和个人账户部分已退回；现金{own}元尚未退回，请向该机构询问。",
        (
            "Of your bill at {institution}, funds and accounts have theirs back; the cash of {own} yuan was not given back:"
            " please ask the institution."
        ),
    ),
    Kind.PART: (
        "您在{institution}的费用已退回现金{own}元，医保基金和个人账户部分此前已退回，其余现金尚未退回。",
        (
            "Of the cash of your bill at {institution} {own} yuan were given back; funds and accounts had theirs before, the"
            " rest of the cash was not given back yet."
        ),
    ),
    Kind.REFUNDED: (
        "您在{institution}的费用已退款，合计{payable}元：",
        "Your bill at {institution} was refunded, {payable} yuan in all: ",
    ),
    Kind.LATE: (
        "您在{institution}的一笔现金支付{own}元在确认失败之后才到账，正由支付渠道自动退回，无需办理。",
        (
            "A cash payment of {own} yuan for your bill at {institution} arrived after it had failed: the payment channel is"
            " giving it back by itself, you need do nothing."
        ),
    ),
    Kind.RETURNED: (
        "您在{institution}失败之后才到账的现金{own}元已退回。",
        "The cash of {own} yuan that arrived late for your bill at {institution} was given back.",
    ),
}
_PARTS: Final = (
    ("fund_fen", "医保基金{amount}元", "insurance funds {amount} yuan"),
    ("own_account_fen", "本人个人账户{amount}元", "your personal account {amount} yuan"),
    ("shared_fen", "家庭共济账户{amount}元", "relatives' accounts {amount} yuan"),
    ("cash_fen", "现金{amount}元", "cash {amount} yuan"),
    ("delivery_fen", "配送费（现金，医保不支付）{amount}元", "delivery (cash, never paid by insurance) {amount} yuan"),
    ("hospital_fen", "医疗机构承担{amount}元", "borne by the institution {amount} yuan"),
)
_WITH_PARTS: Final = frozenset({Kind.PAID, Kind.REFUNDED})


def tell_patient(
    *,
    order: Order,
    kind: PatientMessage.Kind,
    bill: ElectronicBill | None,
    at: datetime,
    cash_fen: int | None = None,
) -> PatientMessage:
    """Keep what the patient is told: who paid what, or what was given back, and the number of the bill.

    `cash_fen` is the cash that is told of, where it is not that of the order as it stands.
    """
    amounts = amounts_of(order)
    facts = {
        "institution": order.institution.name,
        "payable": format_yuan(amounts.payable_fen),
        "own": format_yuan(amounts.own_fen if cash_fen is None else cash_fen),
    }
    head_zh, head_en = (head.format_map(facts) for head in _HEADS[kind])
    parts_zh, parts_en = _parts(amounts) if kind in _WITH_PARTS else ("", "")
    told_zh = f"电子票据{bill.code} {bill.number}，校验码{bill.check_code}。" if bill else ""
    told_en = f" Electronic bill {bill.code} {bill.number}, verification code {bill.check_code}." if bill else ""
    return PatientMessage.objects.create(
        order=order, person_id=order.person_id, kind=kind, text_zh=f"{head_zh}{parts_zh}{told_zh}",
        text_en=f"{head_en}{parts_en}{told_en}", told_at=at,
    )  # fmt: skip


def _parts(amounts: Amounts) -> tuple[str, str]:
    """Who paid how much, in both languages; parts of nothing are left out."""
    values = {
        "fund_fen": amounts.fund_fen,
        "own_account_fen": amounts.account_fen - amounts.shared_fen,
        "shared_fen": amounts.shared_fen,
        "cash_fen": amounts.cash_fen,
        "delivery_fen": amounts.delivery_fen,
        "hospital_fen": amounts.hospital_fen,
    }
    said = [(zh, en, format_yuan(values[name])) for name, zh, en in _PARTS if values[name]]
    in_chinese = "，".join(zh.format(amount=amount) for zh, _, amount in said)
    in_english = ", ".join(en.format(amount=amount) for _, en, amount in said)
    return f"{in_chinese}。", f"{in_english}."


def notify_institution(*, order: Order, at: datetime) -> Notice:
    """Put the notice of an order's result into the outbox, to be posted or fetched; amounts in fen."""
    content = {**result_content(order, at=at), "success": order.state != State.FAILED}
    return Notice.objects.create(
        order=order, institution_id=order.institution_id, infno=RESULT, content=content, made_at=at, next_try_at=at
    )


def result_content(order: Order, *, at: datetime) -> dict[str, Any]:
    """An order's result under the names of 6301 and 6302; amounts in fen."""
    amounts = amounts_of(order)
    return {
        "payOrdId": order.number,
        "ordStas": NATIONAL[State(order.state)],
        "feeSumamt": amounts.payable_fen,
        "ownPayAmt": amounts.own_fen,
        "psnAcctPay": amounts.account_fen,
        "fundPay": amounts.fund_fen,
        "medOrgOrd": order.number_at_institution,
        "traceTime": f"{timezone.localtime(at):%Y%m%d%H%M%S}",
        "setlType": _kind_of_settlement(amounts),
    }


def _kind_of_settlement(amounts: Amounts) -> str:
    """ALL where insurance and cash both pay, HI or CASH where one of them does."""
    if not amounts.own_fen:
        return "HI"
    return "ALL" if amounts.insurance_fen else "CASH"
