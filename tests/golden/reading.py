"""Reading golden cases and the law they stand on: amounts stand in yuan as text and become fen.

A case says what its source says; what it leaves out is nothing (amounts), one's own region, the first admission, forty
years of age, and an account that is not used. Law that only one case needs lies beside it, in `<city>/law`.
"""

from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path

import yaml

from yibao.core.money import parse_scaled
from yibao.engines.benefits import BenefitCase, settle
from yibao.policies import compile_folder, explain, load, steps_to_plain

HERE = Path(__file__).parent
LEFT_OUT = {"age": 40, "ordinal": 1, "place": "local", "account_used": False, "accumulators": {}}
PARTS = ("full_self_pay", "over_ceiling", "self_pay_first", "in_scope")


def files(root=HERE):
    return sorted(root.glob("*/*.yaml"))


def read_cases(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def fen(yuan):
    return parse_scaled(yuan, decimals=2)


@cache
def stretches(folder):
    return compile_folder(folder)


def policy_of(golden, path):
    """The law of the case's day: the shipped one, or the one beside the case."""
    region, scheme = golden["policy"].split("/")
    beside = path.parent / "law" / region / scheme
    if golden.get("law") != "beside":
        return load(region, scheme, golden["on"])
    return next(policy for stretch, policy in stretches(beside) if golden["on"] in stretch)


def case_of(golden):
    """The case as the kernel takes it; a key that the kernel does not know is an error."""
    told = {**LEFT_OUT, **golden["case"]}
    taken = {}
    for field in fields(BenefitCase):
        name = field.name.removesuffix("_fen")
        if field.name == "total_fen":
            continue
        if name in told:
            money = field.name.endswith("_fen") or name in {"accumulators", "extras", "further_balances"}
            taken[field.name] = amount(told.pop(name)) if money else told.pop(name)
        elif field.default is MISSING and field.default_factory is MISSING:
            taken[field.name] = 0
    assert not told, f"unknown in {golden['id']}: {sorted(told)}"
    return BenefitCase(**taken, total_fen=sum(taken.get(f"{part}_fen", 0) for part in PARTS))


def amount(told):
    """Yuan as fen: alone, in a row or by name."""
    if isinstance(told, dict):
        return {name: fen(yuan) for name, yuan in told.items()}
    return tuple(map(fen, told)) if isinstance(told, list) else fen(told)


def settled(golden, path):
    """Amounts as the kernel gives them, in the form in which the case states them, and the explanation."""
    policy, case = policy_of(golden, path), case_of(golden)
    result = settle(policy, case)
    assert case.total_fen == result.fund_fen + result.account_fen + result.cash_fen
    found = {
        "funds": dict(result.funds),
        "deductible": result.deductible_fen,
        "account": result.account_fen,
        "cash": result.cash_fen,
    }
    plain = steps_to_plain(result.steps)
    return found, {language: explain(policy, plain, language) for language in ("zh", "en")}


def expected(golden):
    """Amounts as the case states them, in fen."""
    told = golden["expect"]
    return {name: amount(told[name]) for name in ("funds", "deductible", "account", "cash")}
