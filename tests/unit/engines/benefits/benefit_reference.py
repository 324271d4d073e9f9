"""The benefit calculation written slowly and plainly in exact fractions; it shares no code with the kernel.

It works on the description that `benefit_laws` makes, before that becomes a policy file.
"""

from fractions import Fraction
from math import ceil, floor

OPEN = None


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def settle_slowly(law, visit, held, balance):
    """Settle one visit; `held` (name -> fen) is changed. Gives payments by layer, deductible, account and the steps."""
    owed = {part: visit[part] for part in ("in_scope", "self_pay_first", "over_ceiling", "full_self_pay")}
    left_over, payments, reported = {}, {}, None
    for layer in law["layers"]:
        if layer["beyond"] is not None:
            parts, base = ["in_scope"], min(left_over[layer["beyond"]], owed["in_scope"])
        else:
            parts = [part for part in owed if part in layer["owed"]]
            base = sum(owed[part] for part in parts)
        left_over[layer["key"]] = 0
        payments[layer["key"]] = 0
        first_on_scope = reported is None and layer["beyond"] is None and "in_scope" in layer["owed"]
        if first_on_scope:
            reported = 0
        if base == 0:
            continue
        threshold = layer["threshold"][visit["ordinal_group"]]
        deducted = min(base, max(0, threshold - held.get(layer["deductible_by"], 0)))
        if first_on_scope:
            reported = min(deducted, visit["in_scope"])
        position = held.get(layer["cost_by"], 0)
        paid, covered = pay_slowly(
            layer,
            layer["rates"][visit["level"]],
            position + deducted,
            position + base,
            None if layer["cap"] is OPEN else max(0, layer["cap"] - held.get(layer["cap_by"], 0)),
        )
        for name, change in ((layer["deductible_by"], deducted), (layer["cost_by"], base), (layer["cap_by"], paid)):
            if name is not None:
                held[name] = held.get(name, 0) + change
        left_over[layer["key"]] = base - deducted - covered
        payments[layer["key"]] = paid
        open_payment = paid
        for part in parts:
            taken = min(owed[part], open_payment)
            owed[part] -= taken
            open_payment -= taken
        assert open_payment == 0
    account = min(balance, sum(owed[part] for part in law["account"])) if visit["account_used"] else 0
    return payments, reported or 0, account


def pay_slowly(layer, rates, low, high, room):
    """Pay the cost between two positions band by band; gives payment and the cost that it answers for."""
    paid, covered, bottom = 0, 0, 0
    for top, rate_ppm in zip(layer["tops"], rates, strict=True):
        rate = Fraction(rate_ppm, 1_000_000)
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
