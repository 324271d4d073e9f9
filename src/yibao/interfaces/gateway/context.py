"""What a handler has at hand: the envelope, the institution, the moment, and the two ways to answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from yibao.core.errors import YibaoError
from yibao.interfaces.gateway.codec import encode_output
from yibao.interfaces.gateway.directory import KnownInstitution
from yibao.interfaces.gateway.envelope import FAILED, OK, RequestEnvelope, answer, fit, reference_id, stamp
from yibao.interfaces.gateway.replay import Claim
from yibao.interfaces.gateway.schemes import Seal
from yibao.interfaces.gateway.sealed_messages import SealedReply
from yibao.interfaces.gateway.texts import text_of
from yibao.workflows.exactly_once import Request, Step
from yibao.workflows.perform_together import perform

Asked = TypeVar("Asked")
Made = TypeVar("Made")
Output = Mapping[str, Any] | YibaoError | None
"""What a handler answers: the output by nodes, none, or a refusal that is kept as an answer is (a 2601 on a message unknown)."""
Handler = Callable[["Context", dict[str, Any]], bytes]


class FileAnswer(bytes):
    """The bytes of a file in the place of an answer (9102): the door sends them as they are, not as JSON."""

    __slots__ = ()


HANDLERS: dict[str, Handler] = {}
"""The handlers by transaction number; each file of `handlers` adds its own."""


class NoSuchIdError(YibaoError):
    """An id that this platform gave out is a number; what was sent is none, so no such record exists."""

    code: ClassVar[str] = "gateway.no_such_id"


@dataclass(frozen=True, slots=True)
class Context:
    """One request on its way through a handler; `notice` is warned of where the handler has no warning of its own."""

    envelope: RequestEnvelope
    institution: KnownInstitution
    request: Request
    now: datetime
    serial: int
    infcode_as_text: bool
    seal: Seal | None = None
    claim: Claim | None = None
    sealed: SealedReply | None = None
    notice: YibaoError | None = None

    def begin(self) -> None:
        """Use the message's nonce up before anything is done: for what takes several transactions.

        :raises NonceReusedError: it let another message in.
        """
        if self.claim is not None:
            self.claim.note()

    def change(
        self,
        person_number: str | None,
        step: Step[Asked, Made],
        output: Callable[[Made], Output],
        *,
        warning: YibaoError | None = None,
    ) -> bytes:
        """Carry out a change once and give the answer that is kept with it; a `warning` stands beside its output."""
        carry = perform if self.claim is None else self.claim.perform
        return carry(
            self.request, person_number=person_number, step=step, encode=lambda made: self.answer(output(made), warning)
        )

    def answer(self, output: Output, warning: YibaoError | None = None) -> bytes:
        """An answer with this output, infcode 0, and a warning (warn_msg) where there is one; a refusal has infcode -1 and is kept and repeated like any answer."""
        if self.sealed is not None:
            values = output if output is None or isinstance(output, YibaoError) else dict(output)
            return self.sealed.answer(self.envelope.infno, values, now=self.now, warning=warning)
        at, warning = stamp(self.now), warning or self.notice
        if isinstance(output, YibaoError):
            return answer(
                infcode=FAILED,
                infcode_as_text=self.infcode_as_text,
                inf_refmsgid=None,
                refmsg_time=at,
                respond_time=at,
                err_msg=text_of(output),
                seal=self.seal,
            )
        return answer(
            infcode=OK,
            infcode_as_text=self.infcode_as_text,
            inf_refmsgid=reference_id(self.institution.region, self.now, self.serial),
            refmsg_time=at,
            respond_time=at,
            warn_msg=None if warning is None else fit(text_of(warning)),
            output=None if output is None else encode_output(self.envelope.infno, output),
            seal=self.seal,
        )


def handles(*infnos: str) -> Callable[[Handler], Handler]:
    """Register a handler for transactions; each has one."""

    def register(handler: Handler) -> Handler:
        for infno in infnos:
            assert infno not in HANDLERS
            HANDLERS[infno] = handler
        return handler

    return register


def record_id(text: str, *, field: str) -> int:
    """The number of a record from the text that was sent for it.

    :raises NoSuchIdError: no record of ours has such an id.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NoSuchIdError(field=field, sent=text)
    return int(text)
