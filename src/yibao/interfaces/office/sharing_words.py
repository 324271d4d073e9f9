"""Sentences on what relatives' accounts paid for a settlement: the relation and a masked name, never a number."""

from typing import Final

from django.utils.translation import gettext as _

from yibao.core.money import format_yuan
from yibao.domains.enrolment.models import AccountSharing
from yibao.domains.enrolment.shared_accounts import relations_of
from yibao.domains.settlement.models import Settlement
from yibao.interfaces.office.masking import mask_name

Relation = AccountSharing.Relation
OWNER_IS: Final = {
    Relation.SPOUSE: Relation.SPOUSE,
    Relation.PARENT: Relation.CHILD,
    Relation.CHILD: Relation.PARENT,
    Relation.SIBLING: Relation.SIBLING,
    Relation.GRANDPARENT: Relation.GRANDCHILD,
    Relation.GRANDCHILD: Relation.GRANDPARENT,
}
"""What the owner is to the beneficiary, by what the beneficiary is to the owner."""


def shared_sentences(settlement: Settlement) -> list[str]:
    """One sentence for each relative whose account paid, or got back, a part; nothing when none did."""
    if not settlement.shared_owner_ids:
        return []
    sharings = relations_of(settlement.shared_owner_ids, beneficiary_id=settlement.person_id)
    return [
        _sentence(sharings[owner_id], fen)
        for owner_id, fen in zip(settlement.shared_owner_ids, settlement.shared_amounts_fen, strict=True)
    ]


def _sentence(sharing: AccountSharing, fen: int) -> str:
    facts = {
        "relation": OWNER_IS[Relation(sharing.relation)].label,
        "name": mask_name(sharing.owner.name),
        "yuan": format_yuan(abs(fen)),
    }
    if fen < 0:
        return _("{yuan} yuan went back to the personal account of a relative ({relation}, {name}).").format(**facts)
    return _("The personal account of a relative ({relation}, {name}) paid {yuan} yuan.").format(**facts)
