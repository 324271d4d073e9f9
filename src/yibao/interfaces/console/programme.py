"""What an acceptance asks for, from the message catalogue and what this gateway offers."""

from functools import cache

from yibao.domains.acceptance.programme import Kind, Programme, Required, chains_for, required_for
from yibao.interfaces.gateway.catalogue import NAMED_ONLY, TRANSACTIONS
from yibao.interfaces.gateway.context import HANDLERS
from yibao.interfaces.gateway.handlers import counter  # noqa: F401  # importing the package registers the handlers


@cache
def programme_for(kind: Kind) -> Programme:
    """The programme for institutions of a kind, transactions in the order of their numbers; chains that are offered whole."""
    own = required_for(kind)
    known = [
        Required(infno, transaction.zh, transaction.en, infno in HANDLERS)
        for infno, transaction in TRANSACTIONS.items()
        if kind in transaction.needed_by or infno in own
    ]
    named = [
        Required(infno, transaction.zh, transaction.en, is_offered=False)
        for infno, transaction in NAMED_ONLY.items()
        if kind in transaction.needed_by or infno in own
    ]
    chains = {key: chain for key, chain in chains_for(kind).items() if HANDLERS.keys() >= set(chain.steps)}
    return Programme(kind, tuple(sorted([*known, *named], key=lambda one: one.infno)), chains)
