"""Who holds which special status (特殊身份) on a day."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from yibao.domains.enrolment.models import SpecialStatus


def kinds_held(*, person_ids: Collection[int], on: date) -> dict[int, list[str]]:
    """The kinds of special status that each of some persons holds on a day; persons without one are left out."""
    holds = Q(valid_from__lte=on) & (Q(valid_until=None) | Q(valid_until__gt=on))
    held: dict[int, list[str]] = {}
    rows = SpecialStatus.objects.filter(holds, person_id__in=person_ids).order_by("kind")
    for person_id, kind in rows.values_list("person_id", "kind"):
        held.setdefault(person_id, []).append(kind)
    return held
