"""Messages in the envelope of the e-prescription centre and of mobile payment: read as any other, answered in kind.

The path says the transaction, by its service (`/fixmedins/uploadChk`, `/org/local/api/hos/pay_order`) or by its number. The
envelope has no message number: what is meant, timestamp included, is the number here, so that the same bytes sent again,
or the same object signed anew, are one message (our default).
"""

import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from yibao.core.errors import YibaoError
from yibao.interfaces.gateway.catalogue import GROUPS, TRANSACTIONS
from yibao.interfaces.gateway.codec import UnknownTransactionError, encode_output
from yibao.interfaces.gateway.directory import InstitutionNotAllowedError
from yibao.interfaces.gateway.envelope import BODY_LIMIT_BYTES, BodyTooLargeError, RequestEnvelope, route_of
from yibao.interfaces.gateway.schemes import Keyring, KnownKey
from yibao.interfaces.gateway.schemes.sealed_envelope import (
    OpenedEnvelope,
    UnreadableEnvelopeError,
    open_envelope,
    read_object,
    refuse,
    seal_answer,
)
from yibao.interfaces.gateway.texts import text_of

SERVED: Final = frozenset(
    infno for name in ("prescription_centre", "mobile_payment") for infno in GROUPS[name].transactions
)
"""The transactions that are spoken in this envelope."""
_MSGID_LETTERS: Final = 30
_OPERATOR_LETTERS: Final = 20
_INSTITUTION_NAMES: Final = ("fixmedinsCode", "orgCodg", "orgId")
_BODY: Final = "data"


class SealedReply(NamedTuple):
    """How the answer to a sealed message is written: under its key, ciphered where the request was."""

    key: KnownKey
    is_ciphered: bool

    def answer(
        self, infno: str, output: dict[str, Any] | YibaoError | None, *, now: datetime, warning: YibaoError | None
    ) -> bytes:
        """The sealed output; the fields of a lone node `data` stand in the business object itself, as those of a root do."""
        if isinstance(output, YibaoError):
            return refuse(text_of(output))
        data = {} if output is None else read_object(encode_output(infno, output))
        if set(data) == {_BODY}:
            data = data[_BODY]
        told = {} if warning is None else {"message": text_of(warning)}
        return seal_answer(self.key, data, now=now, is_ciphered=self.is_ciphered, **told)


class SealedMessage(NamedTuple):
    """A message as its sender meant it, in the form that handlers know, and how it is answered."""

    envelope: RequestEnvelope
    opened: OpenedEnvelope
    reply: SealedReply


def read_sealed(body: bytes, *, path: str, keys: Keyring, now: datetime, window_seconds: int) -> SealedMessage:
    """Check, decipher and read what came in.

    :raises SchemeError: it is not let in, as `open_envelope` says.
    :raises BodyTooLargeError: there is too much of it.
    :raises UnknownTransactionError: the path names none that is spoken here.
    :raises InstitutionNotAllowedError: several institutions hold the key, and the message names none.
    """
    if len(body) > BODY_LIMIT_BYTES:
        raise BodyTooLargeError(limit=BODY_LIMIT_BYTES, size=len(body))
    try:
        opened = open_envelope(body, keys, now_seconds=int(now.timestamp()), window_seconds=window_seconds)
        nodes = json.dumps(_nodes(_transaction(path), opened.data), ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError):  # nested without end, or half a character
        raise UnreadableEnvelopeError from None
    envelope = _envelope(_transaction(path), opened, nodes, body, now)
    return SealedMessage(envelope, opened, SealedReply(opened.key, opened.is_ciphered))


def _transaction(path: str) -> str:
    """The transaction that a path names.

    :raises UnknownTransactionError: it names none that is spoken here.
    """
    for infno in route_of(path).infnos:
        if infno in SERVED:
            return infno
    raise UnknownTransactionError(infno=path.rsplit("/", 1)[-1][:40])


def _nodes(infno: str, sent: dict[str, Any]) -> dict[str, Any]:
    """The business object by the nodes of the catalogue: its own fields are those of the node `data`."""
    inner = sent[_BODY] if isinstance(sent.get(_BODY), dict) else sent
    named = {name: sent.get(name, inner.get(name)) for name in TRANSACTIONS[infno].input if name != _BODY}
    return {_BODY: inner, **named}


def _envelope(infno: str, opened: OpenedEnvelope, nodes: bytes, body: bytes, now: datetime) -> RequestEnvelope:
    """The message's members under the names of the other envelope; whoever holds the key is the operator."""
    return RequestEnvelope(
        infno=infno,
        msgid=opened.digest.hex()[:_MSGID_LETTERS],
        mdtrtarea_admvs=str(opened.data.get("mdtrtareaNo") or "")[:6],
        insuplc_admdvs=str(opened.data.get("insuPlcNo") or opened.data.get("insuCode") or "")[:6] or None,
        recer_sys_code=None,
        cainfo=None,
        signtype="SM2",
        infver=opened.version[:6],
        opter_type=None,
        opter=opened.key.access_key[:_OPERATOR_LETTERS],
        opter_name=None,
        inf_time=now,
        fixmedins_code=_institution(opened),
        fixmedins_name=None,
        sign_no=None,
        enc_type="SM4" if opened.is_ciphered else None,
        input=nodes,
        text=body,
    )


def _institution(opened: OpenedEnvelope) -> str:
    """Whose message it is: the institution that it names, else the only one that holds the key.

    :raises InstitutionNotAllowedError: it names none, and several hold the key.
    """
    visit = opened.data.get("mdtrtinfo")
    places = (opened.data, visit if isinstance(visit, dict) else {})
    named = [place[name] for place in places for name in _INSTITUTION_NAMES if place.get(name)]
    if named:
        return str(named[0])[:30]
    if len(opened.key.institutions) == 1:
        return next(iter(opened.key.institutions))
    raise InstitutionNotAllowedError(field=_INSTITUTION_NAMES[0], institution="")
