"""Finding maternity claims and what was made of them."""

from django.db.models import QuerySet

from yibao.domains.claims.models import Application
from yibao.domains.claims.queries import visible_applications
from yibao.domains.maternity.models import MaternityCalculation, MaternityClaim
from yibao.domains.staff.queries import Scope


def visible_claims(scope: Scope) -> QuerySet[Application]:
    """Maternity applications that a member may open, with claim, employer and person."""
    return visible_applications(scope, kind=Application.Kind.MATERNITY).select_related(
        "maternity_claim__employer", "maternity_claim__enrolment", "region", "checked_by__user", "decided_by__user"
    )


def claim_of(application: Application) -> MaternityClaim:
    """The claim of an application; the application stands in it as it was given."""
    claim = MaternityClaim.objects.select_related("enrolment", "employer").get(application_id=application.pk)
    claim.application = application
    return claim


def latest_maternity_calculation(claim: MaternityClaim) -> MaternityCalculation | None:
    """The newest calculation of a claim."""
    return MaternityCalculation.objects.filter(claim=claim).select_related("made_by__user").last()
