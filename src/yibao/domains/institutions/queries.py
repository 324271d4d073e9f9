"""Finding institutions."""

from yibao.domains.institutions.models import Institution


def institution_with_code(code: str) -> Institution | None:
    """The institution of this national code with its division, or nothing."""
    return Institution.objects.filter(code=code).select_related("division").first()
