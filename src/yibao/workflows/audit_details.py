"""Fee-detail audit before and during care (3101, 3102): what the engine finds; without an engine nothing is found or invented.

The request is kept with its answer as every message that changes something is, so that an engine may look at it later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Step


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """What an institution asks: before (3101) or during (3102) care, about which patients, as the message said it."""

    institution_id: int
    infno: str
    content: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditHit:
    """What an engine found: fields of the interface's node `result` by name."""

    fields: Mapping[str, Any]


AuditEngine = Callable[[AuditQuestion], list[AuditHit]]
ENGINES: Final[dict[str, AuditEngine]] = {}
"""Engines by name; each registers itself here when it is imported. There is none yet."""


def audit_step(question: AuditQuestion) -> Step[None, list[AuditHit]]:
    """The change that asks all engines, for `exactly_once.perform`, which keeps question and answer."""

    def act(_raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[list[AuditHit]]:
        return Outcome([hit for engine in ENGINES.values() for hit in engine(question)])

    return Step(lambda _raw: None, act)
