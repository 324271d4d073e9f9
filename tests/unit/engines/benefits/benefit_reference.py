"""The benefit calculation written slowly and plainly in exact fractions; it shares no code with the kernel.

It works on the description that `benefit_laws` makes, before that becomes a policy file.
"""

from fractions import Fraction
from math import ceil, floor

from tests.unit.engines.benefits.benefit_laws import BALANCES, CARVED, NATIONAL, slot

OPEN = None
ONE = 1_000_000


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def settle_slowly(law, visit, held, balances):
    """Settle one visit; `held` (name -> fen) and `balances` are changed. Gives payments by layer, deductible, account."""
    owed = {part: visit[part] for part in NATIONAL} | {part: visit[part] for part in CARVED}
    for part, whole in CARVED.items():
        owed[whole] -= visit[part]
    left, payments, reported, roots = {}, {}, None, {}
    from_account = 0
    for layer in law["layers"]:
        key = layer["key"]
        left |= {("deductible", key): 0, ("copay", key): 0, ("beyond", key): 0}
        payments[key] = 0
        roots[key] = roots[layer["beyond"]] if layer["beyond"] is not None else layer
        if layer["payer"] == "account" and not visit["account_used"]:
            continue
        parts = parts_of(roots[key], owed)
        base = sum(parts.values())
        if layer["beyond"] is not None:
            base = min(base, left["beyond", layer["beyond"]])
        base -= sum(left[source] for source in layer["less"])
        first = (
            reported is None and layer["payer"] == "fund" and layer["beyond"] is None and "in_scope" in layer["owed"]
        )
        if first:
            reported = 0
        if base <= 0:
            continue
        names = {role: slot(layer, layer[f"{role}_by"], visit) for role in ("deductible", "cost", "cap", "limit")}
        balance = balances[layer["balance"]] if layer["payer"] == "account" else OPEN
        step = one_layer(layer, visit, base, {role: held.get(name, 0) for role, name in names.items()}, balance)
        if first:
            reported = min(step["deducted"], visit["in_scope"])
        count(layer, names, step, held)
        left["deductible", key] = step["deducted"]
        left["copay", key] = max(step["covered"] - step["cap"], 0)
        left["beyond", key] = base - step["deducted"] - step["covered"]
        payments[key] = step["cap"]
        pay_off(owed, parts, step["cap"])
        if layer["payer"] == "account":
            balances[layer["balance"]] -= step["cap"]
            from_account += step["cap"]
    return payments, reported or 0, from_account + pay_rest(law, visit, owed, balances)


def count(layer, names, step, held):
    """Add what a step counts to the accumulators that its layer has."""
    for role, name in names.items():
        missing = (role == "limit" and layer["limit"] is OPEN) or (role == "cost" and layer["lump"] is not OPEN)
        if name is not None and not missing:
            held[name] = held.get(name, 0) + step[role]


def parts_of(layer, owed):
    """How much of each component counts, in the order in which payments take it off."""
    weights = layer["weights"] or dict.fromkeys(layer["owed"], ONE)
    return {part: half_up(Fraction(owed[part] * weights[part], ONE)) for part in owed if part in weights}


def pay_off(owed, parts, payment):
    """Take a payment off, of each component at most its counted part."""
    for part, counted in parts.items():
        taken = min(counted, payment)
        owed[part] -= taken
        payment -= taken
    assert payment == 0


def pay_rest(law, visit, owed, balances):
    """Let the account pay the rest of its components, the first balance first."""
    if not visit["account_used"]:
        return 0
    rest, paid = sum(owed[part] for part in law["account"]), 0
    for name in BALANCES:
        part = min(rest, balances[name])
        balances[name] -= part
        rest, paid = rest - part, paid + part
    return paid


def one_layer(layer, visit, base, held, balance):
    """One layer on a base: what is deducted, covered, paid, and what its accumulators count (by role)."""
    due = layer["threshold"][visit["ordinal_group"]]
    for change in layer["adjust"]:
        if change["of"] == "deductible" and change["aid"] == visit["aid"]:
            due = half_up(Fraction(due * change["ppm"], ONE))
    due *= visit["times"] if layer["renews"] else 1
    due -= min(due, visit["credit"]) if layer["credits"] else 0
    room = OPEN if layer["limit"] is OPEN else max(0, layer["limit"] - held["limit"])
    counted = base
    if room is not OPEN and layer["limit_on"] == "base":
        counted = min(base, room)
    deducted = min(counted, max(0, due - held["deductible"]))
    if room is not OPEN and layer["limit_on"] == "excess":
        counted = deducted + min(base - deducted, room)
    above = counted - deducted
    if layer["lump"] is not OPEN:
        most = [max(0, layer["lump"] - held["cap"]), base, *([balance] if balance is not OPEN else [])]
        paid = min(most) if above > 0 else 0
        covered = min(paid, base - deducted)
    else:
        low = held["cost"] + (0 if layer["excess"] else deducted)
        rooms = [] if layer["cap"] is OPEN else [max(0, layer["cap"] - held["cap"])]
        rooms += [] if balance is OPEN else [balance]
        paid, covered = pay_slowly(layer, visit, low, low + above, min(rooms) if rooms else OPEN)
    return {
        "deducted": deducted,
        "covered": covered,
        "deductible": deducted,
        "cost": above if layer["excess"] else counted,
        "cap": paid,
        "limit": above if layer["limit_on"] == "excess" else counted,
    }


def rate_of(layer, visit, rate):
    """A rate for an age and an aid."""
    exact = Fraction(rate, ONE)
    if layer["by_age"] and rate <= 950_000:
        exact = min(exact + Fraction(layer["by_age"], ONE) * max(visit["age"] - 20, 0), Fraction(95, 100))
    for change in layer["adjust"]:
        if change["of"] == "bands" and change["aid"] == visit["aid"]:
            moved = exact + Fraction(change["ppm"], ONE) if change["unit"] == "points" else exact * change["ppm"] / ONE
            exact = min(max(moved, Fraction(0)), Fraction(1))
    return exact


def pay_slowly(layer, visit, low, high, room):
    """Pay the cost between two positions band by band; gives payment and the cost that it answers for."""
    paid, covered, bottom = 0, 0, 0
    for top, rate_ppm in zip(layer["tops"], layer["rates"][visit["level"]], strict=True):
        rate = rate_of(layer, visit, rate_ppm)
        begin, end = max(low, bottom), high if top is OPEN else min(high, top)
        bottom = top
        if end <= begin:
            continue
        portion = end - begin
        earned = half_up(portion * rate)
        free = earned if room is None else min(earned, room - paid)
        if room is not None and (free < earned or room == paid):
            portion = min(portion, ceil(Fraction(free) / rate)) if free else 0
        paid += free
        covered += portion
    return paid, covered
