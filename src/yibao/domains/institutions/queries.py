"""Finding institutions."""

from django.db.models import Q

from yibao.domains.institutions.models import Institution


def institution_with_code(code: str) -> Institution | None:
    """The institution of this national code with its division, or nothing."""
    return Institution.objects.filter(code=code).select_related("division").first()


_MOST_FOUND = 50


def institutions_like(*, region: str, is_pharmacy: bool, code: str | None, name: str | None) -> list[Institution]:
    """Institutions of a pooling region by code, or by words within their names; fifty at most, by code."""
    found = Institution.objects.filter(division__pooling_region=region)
    pharmacies = Q(kind=Institution.Kind.PHARMACY)
    found = found.filter(pharmacies if is_pharmacy else ~pharmacies)
    if code is not None:
        found = found.filter(code=code)
    if name is not None:
        found = found.filter(name__contains=name)
    return list(found.order_by("code")[:_MOST_FOUND])
