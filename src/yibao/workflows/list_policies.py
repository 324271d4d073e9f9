"""Which law there is on a day: every scheme that is in force, as it was read."""

from datetime import date

from yibao import policies
from yibao.policies.law import Law


def policies_in_force(on: date) -> list[tuple[str, Law]]:
    """The law of every region and scheme in force on a day, with the name of the policy, by region and scheme.

    :raises yibao.policies.PolicyError: files of a scheme cannot be law.
    """
    found = []
    for region, scheme in policies.schemes():
        try:
            policy = policies.load(region, scheme, on)
        except policies.NoPolicyError:
            continue
        found.append((policy.policy_id, policies.law_of(policy)))
    return found
