"""How far the ledger's chain reaches."""

from dataclasses import dataclass
from datetime import datetime

from yibao.domains.ledger.models import Journal
from yibao.domains.ledger.queries import latest_seal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """The newest link of the chain, and how many journals are younger than the youngest it seals."""

    seal: int
    sealed_at: datetime
    digest: str
    journals: int
    younger: int


def chain_state() -> ChainState | None:
    """Tell the newest link and what waits for the next one; None when nothing was sealed yet."""
    seal = latest_seal()
    if seal is None:
        return None
    return ChainState(
        seal=seal.pk,
        sealed_at=seal.sealed_at,
        digest=bytes(seal.digest).hex(),
        journals=len(seal.journal_ids),
        younger=Journal.objects.filter(pk__gt=max(seal.journal_ids)).count(),
    )
