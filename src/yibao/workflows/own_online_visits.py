"""A person's visits over the internet (互联网复诊), as the person may see them: on what they stand, the bill, the prescriptions."""

from django.db.models import Prefetch, QuerySet

from yibao.domains.internet_care.models import VisitCheck
from yibao.domains.prescriptions.queries import of_person
from yibao.domains.settlement.own_settlements import own_settlements
from yibao.domains.visits.models import Diagnosis, Visit


def own_online_visits(person_id: int) -> "QuerySet[Visit]":
    """The person's visits that passed as visits over the internet, newest first, with everything a page shows."""
    checks = VisitCheck.objects.select_related("prior_visit__institution").order_by("-pk")
    return (
        Visit.objects.filter(person_id=person_id, pk__in=VisitCheck.objects.values("visit_id"))
        .select_related("institution")
        .prefetch_related(
            Prefetch("internet_checks", checks, to_attr="passed"),
            Prefetch(
                "diagnoses", Diagnosis.objects.filter(is_current=True).order_by("-is_main", "rank"), to_attr="said"
            ),
            Prefetch("settlements", own_settlements(person_id), to_attr="bills"),
            Prefetch("prescriptions", of_person(person_id), to_attr="prescribed"),
        )
        .order_by("-began_at", "-pk")
    )
