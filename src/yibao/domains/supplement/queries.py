"""Reading who holds which supplementary plan."""

from django.db.models import QuerySet

from yibao.domains.supplement.models import HeldPlan


def plans_of_region(*, region: str, plan: str = "", person_id: int | None = None) -> QuerySet[HeldPlan]:
    """A region's policies, newest first, narrowed by plan and person where they are given."""
    found = HeldPlan.objects.filter(region_id=region).select_related("person").order_by("-id")
    if plan:
        found = found.filter(plan=plan)
    return found if person_id is None else found.filter(person_id=person_id)
