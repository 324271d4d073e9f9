"""The settlements that a member of staff may see; without a scope there are none."""

from django.db.models import Q, QuerySet

from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.operations import BY_HAND
from yibao.domains.staff.queries import Scope


def counted_settlements(scope: Scope) -> QuerySet[Settlement]:
    """Settlements that enter the sums a member may know: of the region's insured, or of one institution if the scope says so.

    An institution knows its own patients, wherever they are insured (异地就医). What an officer settled by hand is no business
    of the institution that the person had paid.
    """
    if scope.institution_id is not None:
        return Settlement.objects.filter(institution_id=scope.institution_id).exclude(infno=BY_HAND)
    return Settlement.objects.filter(enrolment__region_id=scope.region)


def visible_settlements(scope: Scope) -> QuerySet[Settlement]:
    """Settlements that a member may open as records of persons; none where the role sees no personal records.

    A region knows what its institutions were paid for people insured elsewhere too (异地就医): it owes them that, and answers for it.
    """
    if not scope.sees_records:
        return Settlement.objects.none()
    if scope.institution_id is not None:
        return counted_settlements(scope)
    treated_here = Q(institution__division__pooling_region=scope.region) & ~Q(infno=BY_HAND)
    return Settlement.objects.filter(Q(enrolment__region_id=scope.region) | treated_here)
