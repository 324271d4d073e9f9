"""The institution interface as an OpenAPI 3.1 document, written by the message catalogue: one operation a transaction.

All transactions share one address; operations are told apart by their service path, or by a number appended to it.
"""

from collections.abc import Mapping
from typing import Any, Final

from yibao.interfaces.gateway.catalogue import DICTIONARIES, ENVELOPE, GROUPS, TRANSACTIONS, Field, Node, Transaction
from yibao.interfaces.gateway.context import HANDLERS

_JSON: Final = "application/json"
_ANSWERED: Final = {
    "infcode": {"description": "0 成功 success; -1 失败 failure", "type": ["integer", "string"]},
    "inf_refmsgid": {"type": ["string", "null"], "maxLength": 30},
    "refmsg_time": {"type": ["string", "null"], "maxLength": 17},
    "respond_time": {"type": ["string", "null"], "maxLength": 17},
    "err_msg": {"type": ["string", "null"], "maxLength": 200},
    "warn_msg": {"type": ["string", "null"]},
    "cainfo": {"type": ["string", "null"]},
    "signtype": {"type": ["string", "null"]},
}


def openapi(*, version: str, server: str = "/fsi") -> dict[str, Any]:
    """Make the document of the transactions that are answered here; `server` is an access point's prefix."""
    answered = {infno: each for infno, each in TRANSACTIONS.items() if infno in HANDLERS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "定点医药机构接口 · Institution interface",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": group.en, "description": group.zh} for group in GROUPS.values()],
        "paths": {_address(infno): {"post": _operation(infno, each)} for infno, each in answered.items()},
        "components": {"schemas": _envelope_schemas()},
    }


def _address(infno: str) -> str:
    """The number appended to the address: the one shape of paths that no two transactions share."""
    return f"/{infno}"


def _operation(infno: str, transaction: Transaction) -> dict[str, Any]:
    """One transaction: the envelope around its input, the envelope around its output."""
    group = next(group for group in GROUPS.values() if infno in group.transactions)
    paths = "、".join(transaction.paths)
    content = {"schema": _request(infno, transaction)}
    answers = {
        "200": {
            "description": "信封内的应答 an answer in its envelope",
            "content": {_JSON: {"schema": _answer(transaction)}},
        }
    }
    return {
        "operationId": f"t{infno}",
        "tags": [group.en],
        "summary": f"{transaction.zh} · {transaction.en}",
        "description": f"{paths}\n\n{transaction.note or ''}".strip(),
        "requestBody": {"required": True, "content": {_JSON: content}},
        "responses": answers,
    }


def _request(infno: str, transaction: Transaction) -> dict[str, Any]:
    """The envelope of a request."""
    own = {"infno": {"const": infno}, "input": _side(transaction.input)}
    needed = ["infno", *(["input"] if any(node.required for node in transaction.input.values()) else [])]
    return {
        "allOf": [
            {"$ref": "#/components/schemas/RequestEnvelope"},
            {"type": "object", "properties": own, "required": needed},
        ]
    }


def _answer(transaction: Transaction) -> dict[str, Any]:
    """The envelope of an answer."""
    output = {"anyOf": [_side(transaction.output), {"type": "null"}]}
    return {
        "allOf": [{"$ref": "#/components/schemas/AnswerEnvelope"}, {"type": "object", "properties": {"output": output}}]
    }


def _side(nodes: Mapping[str, Node]) -> dict[str, Any]:
    """One side of a transaction; a root node is the side itself."""
    root = nodes.get("root")
    if root is not None and root.root:
        return _node(root)
    return _object(
        {name: _node(node) for name, node in nodes.items()}, [n for n, node in nodes.items() if node.required]
    )


def _node(node: Node) -> dict[str, Any]:
    """A node: an object, or a list of them."""
    inner = {name: _node(each) for name, each in node.nodes.items()}
    needed = [field.name for field in node.fields if field.required]
    needed += [name for name, each in node.nodes.items() if each.required]
    shape = _object({**{field.name: _field(field) for field in node.fields}, **inner}, needed)
    if not node.many:
        return shape
    return {"type": "array", "items": shape, **({"maxItems": node.max_rows} if node.max_rows else {})}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """An object with these members; others are ignored, as real clients send them."""
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _field(field: Field) -> dict[str, Any]:
    """A field with its names and limits; what is not required may be null."""
    shape: dict[str, Any] = {"description": f"{field.zh} · {field.en}"}
    kinds = {"number": ["number", "string"], "boolean": ["boolean"], "extension": ["object", "array", "string"]}
    kinds_taken = kinds.get(field.type, ["string"])
    shape["type"] = kinds_taken if field.required else [*kinds_taken, "null"]
    if field.type == "char" and field.length:
        shape["maxLength"] = field.length
    if field.type == "bytes":
        shape["contentEncoding"] = "base64"
    if field.type in {"date", "datetime"}:
        shape["examples"] = ["2026-01-02" if field.type == "date" else "2026-01-02 08:30:00"]
    if field.dictionary and DICTIONARIES[field.dictionary].confidence == "source" and field.required:
        shape["examples"] = list(DICTIONARIES[field.dictionary].values)[:3]
    return shape


def _envelope_schemas() -> dict[str, Any]:
    """The envelopes that all transactions share."""
    members = {field.name: _field(field) for field in ENVELOPE}
    needed = [field.name for field in ENVELOPE if field.required]
    return {"RequestEnvelope": _object(members, needed), "AnswerEnvelope": _object(_ANSWERED, ["infcode"])}
