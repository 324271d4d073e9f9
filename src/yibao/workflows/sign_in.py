"""An operator signs in (9001) and out (9002)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.messages.operations import sign_in, sign_out
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Step


class UnknownSignInError(YibaoError):
    """No open sign-in has this number (签到编号不存在或已签退)."""

    code: ClassVar[str] = "messages.unknown_sign_in"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The number of a sign-in and its time."""

    sign_no: str
    at: datetime


def sign_in_step(*, institution_id: int, operator: str, sign_no: str, at: datetime) -> Step[None, SignedIn]:
    """The change that signs an operator in under a number that the door drew."""

    def act(_raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[SignedIn]:
        sign_in(institution_id=institution_id, operator=operator, sign_no=sign_no, at=at)
        return Outcome(SignedIn(sign_no, at))

    return Step(lambda _raw: None, act)


def sign_out_step(*, institution_id: int, sign_no: str, at: datetime) -> Step[None, SignedIn]:
    """The change that signs an operator out.

    :raises UnknownSignInError: no open sign-in has the number; nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[SignedIn]:
        if not sign_out(raw, institution_id=institution_id, sign_no=sign_no, at=at):
            raise UnknownSignInError(sign_no=sign_no)
        return Outcome(SignedIn(sign_no, at))

    return Step(lambda _raw: None, act)
