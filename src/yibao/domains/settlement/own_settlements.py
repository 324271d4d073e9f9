"""A person's own settlements, as the person may see them: every one, wherever the care was given."""

from django.db.models import QuerySet

from yibao.domains.settlement.models import Settlement

_RELATED = ("institution", "enrolment", "visit", "reversal", "reverses", "person")


def own_settlements(person_id: int) -> QuerySet[Settlement]:
    """All settlements and reversals of a person, newest first, with institution, visit and reversal."""
    found = Settlement.objects.filter(person_id=person_id).select_related(*_RELATED)
    return found.defer("trace", "accumulator_changes", "visit__details").order_by("-settled_at", "-pk")


def own_settlement(person_id: int, settlement_id: int) -> Settlement | None:
    """One of them with its trace; nothing when it is another's."""
    return Settlement.objects.select_related(*_RELATED).filter(person_id=person_id, pk=settlement_id).first()


def person_of_settlement(settlement_id: int) -> int | None:
    """Whose settlement this is, for the note of a look that was refused; nothing when there is none."""
    return Settlement.objects.filter(pk=settlement_id).values_list("person_id", flat=True).first()
