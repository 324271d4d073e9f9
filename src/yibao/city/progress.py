"""How far the city has been played: whole years of persons, so that a run goes on where the last one ended."""

from yibao.city.founding import ACTOR, PLAYED_KEY
from yibao.domains.reference.models import Setting
from yibao.domains.reference.operations import synchronise


def next_place() -> int:
    """The place of the plan's order at which the next run begins."""
    kept = Setting.objects.filter(key=PLAYED_KEY).values_list("value", flat=True).first()
    return int(kept["next"]) if kept else 0


def reserve(*, end: int) -> None:
    """Keep, before they are played, that the years up to `end` are taken: an interrupted run repeats none of them."""
    row = {
        "key": PLAYED_KEY,
        "value": {"next": end},
        "reason": "Place in the city's order of persons at which the next play begins.",
        "trust": "our_default",
    }
    synchronise(model=Setting, rows=[row], key=("key",), actor=ACTOR)
