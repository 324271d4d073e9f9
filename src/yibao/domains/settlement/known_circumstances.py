"""What settlements stood on beside bill and person, for those who settle them again."""

from collections.abc import Mapping, Sequence
from typing import Any

from yibao.domains.settlement.models import Circumstances, Settlement


def facts_of(settlements: Sequence[Settlement]) -> dict[int, Mapping[str, Any]]:
    """The facts by settlement, only of those that have any; a reinstatement has those of what it brought back."""
    origin = {settlement.pk: settlement.pk for settlement in settlements}
    brought_back = {each.reverses_id: each.pk for each in settlements if each.kind == Settlement.Kind.REINSTATEMENT}
    undone = Settlement.objects.filter(pk__in=[number for number in brought_back if number])
    for reversal, original in undone.values_list("pk", "reverses_id"):
        if original is not None:
            origin[brought_back[reversal]] = original
    kept = dict(Circumstances.objects.filter(pk__in=origin.values()).values_list("settlement_id", "facts"))
    return {number: kept[first] for number, first in origin.items() if first in kept}
