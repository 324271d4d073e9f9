"""What a change of law does to everyone (政策模拟): sums over persons, groups and institutions, in integers."""

from yibao.engines.projection.costliest import costliest
from yibao.engines.projection.outcomes import Outcomes, outcomes_of
from yibao.engines.projection.sums import add_by_group, add_by_person
from yibao.engines.projection.tally import Deciles, Tally

__all__ = ["Deciles", "Outcomes", "Tally", "add_by_group", "add_by_person", "costliest", "outcomes_of"]
