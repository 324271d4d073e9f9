"""Reads of institutions."""

from datetime import date

from django.db.models import Q

from yibao.domains.institutions.models import Institution, Practitioner


def designated_institution(code: str, on: date) -> Institution | None:
    """The institution with this code when it is designated (定点) on the day, else None."""
    runs = Q(designated_until=None) | Q(designated_until__gt=on)
    return Institution.objects.filter(runs, code=code, designated_from__lte=on).first()


def practitioner_at(code: str, institution_id: int, on: date) -> Practitioner | None:
    """The practitioner (医保医师、药师) with this code when valid at the institution on the day, else None."""
    runs = Q(valid_until=None) | Q(valid_until__gt=on)
    return Practitioner.objects.filter(runs, code=code, institution_id=institution_id, valid_from__lte=on).first()
