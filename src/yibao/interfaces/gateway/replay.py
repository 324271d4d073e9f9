"""One nonce lets one message in (防重放): a repeat of the same message is a retry, another under its nonce is refused.

A change notes its nonce in the very statement that writes it, so this costs no round trip and is as durable as the
change. What changes nothing (a look-up, a refusal) notes it afterwards, in one statement whose commit nobody waits for.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import ClassVar, TypeVar

from psycopg import errors as database_errors

from yibao.domains.messages.models import AccessPoint
from yibao.domains.messages.nonces import MARK_DIGITS, USED_ONCE, claim_nonce, nonce_used
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.interfaces.gateway.schemes import Proof, SchemeError
from yibao.workflows.exactly_once import Outcome, Request, Step
from yibao.workflows.perform_together import perform

Asked = TypeVar("Asked")
Made = TypeVar("Made")


class NonceReusedError(SchemeError):
    """The signature or nonce let another message in before (重放)."""

    code: ClassVar[str] = "gateway.scheme.nonce_reused"


@lru_cache(maxsize=64)
def _kept_for(window_seconds: int) -> timedelta:
    """How long a nonce is kept: a timestamp may lie a whole window ahead of our clock."""
    return timedelta(seconds=2 * window_seconds + 1)


class Claim:
    """The use of a nonce by one message."""

    __slots__ = ("_digest", "_is_noted", "_mark", "_now", "_until")

    def __init__(self, *, access_point_id: int, nonce: str, digest: bytes, now: datetime, window_seconds: int) -> None:
        """A nonce counts at its access point, twice the window long."""
        self._mark = hashlib.sha256(f"{access_point_id} {nonce}".encode()).hexdigest()[:MARK_DIGITS]
        self._digest = digest
        self._now = now
        self._until = now + _kept_for(window_seconds)
        self._is_noted = False

    def perform(
        self,
        request: Request,
        *,
        person_number: str | None,
        step: Step[Asked, Made],
        encode: Callable[[Made], bytes],
    ) -> bytes:
        """Carry out a change once, as `exactly_once.perform` does, and note the nonce with it.

        :raises NonceReusedError: it let another message in.
        """
        if self._is_noted:
            return perform(request, person_number=person_number, step=step, encode=encode)
        try:
            return perform(request, person_number=person_number, step=self._noting(step), encode=encode)
        except database_errors.UniqueViolation as violation:
            if violation.diag.constraint_name != USED_ONCE:
                raise
            self._is_noted = False  # it was undone with the rest
            self.note()
            return perform(request, person_number=person_number, step=step, encode=encode)
        except BaseException:
            self._is_noted = False
            raise

    def _noting(self, step: Step[Asked, Made]) -> Step[Asked, Made]:
        """The step with the note of its nonce among its writes."""

        def act(raw: Raw, person: LockedPerson | None, asked: Asked) -> Outcome[Made]:
            outcome = step.act(raw, person, asked)
            note = nonce_used(mark=self._mark, digest=self._digest, used_until=self._until)
            self._is_noted = True
            return Outcome(outcome.made, outcome.subject_id, [*outcome.writes, note])

        return replace(step, act=act)

    def note(self) -> None:
        """Note the nonce unless that was done.

        :raises NonceReusedError: it let another message in.
        """
        if self._is_noted:
            return
        if not claim_nonce(mark=self._mark, digest=self._digest, used_until=self._until, now=self._now):
            raise NonceReusedError
        self._is_noted = True


def claim_of(point: AccessPoint, proof: Proof, digest: bytes, *, now: datetime) -> Claim | None:
    """The use of a request's nonce, where it has one and the access point cares."""
    if proof.nonce is None or not point.nonce_once:
        return None
    return Claim(
        access_point_id=point.pk, nonce=proof.nonce, digest=digest, now=now, window_seconds=point.window_seconds
    )
