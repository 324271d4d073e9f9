"""What transactions and fields are called, from the message catalogue, in the reader's language."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from yibao.interfaces.console.texts import is_english
from yibao.interfaces.gateway.catalogue import ENVELOPE, NAMED_ONLY, TRANSACTIONS, Field, Node

_ANSWER: Final = {
    "infcode": ("交易状态码", "result code"), "inf_refmsgid": ("接收方报文ID", "receiver's message number"),
    "refmsg_time": ("接收报文时间", "time of receipt"), "respond_time": ("响应报文时间", "time of answer"),
    "err_msg": ("错误信息", "error"), "warn_msg": ("警告信息", "warning"), "output": ("交易输出", "output"),
    "cainfo": ("数字签名信息", "signature"), "signtype": ("签名类型", "kind of signature"), "code": ("状态码", "code"),
    "message": ("提示", "message"),
}  # fmt: skip
_REQUEST: Final = {"input": ("交易输入", "input")}
Names = Mapping[str, tuple[str, str]]
"""Chinese and English name by path, rows without their numbers: feedetail.cnt."""


def transaction_name(infno: str) -> str:
    """What a transaction is called, its number where nobody knows."""
    known = TRANSACTIONS.get(infno) or NAMED_ONLY.get(infno)
    if known is None:
        return infno
    return known.en if is_english() else known.zh


def said(names: tuple[str, str]) -> str:
    """The name in the reader's language."""
    return names[1] if is_english() else names[0]


@lru_cache(maxsize=512)
def request_names(infno: str) -> Names:
    """The names of a request's members, those of `input` by their path below it."""
    transaction = TRANSACTIONS.get(infno)
    envelope = {field.name: (field.zh, field.en) for field in ENVELOPE}
    return {**envelope, **_REQUEST, **(_of_nodes(transaction.input, "input") if transaction else {})}


@lru_cache(maxsize=512)
def answer_names(infno: str) -> Names:
    """The names of an answer's members, those of `output` by their path below it."""
    transaction = TRANSACTIONS.get(infno)
    return {**_ANSWER, **(_of_nodes(transaction.output, "output") if transaction else {})}


def _of_nodes(nodes: Mapping[str, Node], side: str, above: str = "") -> dict[str, tuple[str, str]]:
    """The names of the fields in nodes, and in the nodes inside them."""
    names: dict[str, tuple[str, str]] = {}
    for name, node in nodes.items():
        path = side if node.root else f"{above}{name}"
        names |= {f"{path}.{field.name}": _pair(field) for field in node.fields}
        names |= _of_nodes(node.nodes, side, f"{path}.")
    return names


def _pair(field: Field) -> tuple[str, str]:
    return field.zh, field.en
