"""Reading golden cases: amounts stand in yuan as text and become fen."""

from pathlib import Path

import yaml

from yibao.core.money import parse_scaled
from yibao.engines.benefits import BenefitCase


def read_cases():
    paths = sorted(Path(__file__).parent.glob("*.yaml"))
    return [case for path in paths for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


def fen(yuan):
    return parse_scaled(yuan, decimals=2)


def case_of(golden):
    case = golden["case"]
    parts = {f"{part}_fen": fen(case[part]) for part in ("full_self_pay", "over_ceiling", "self_pay_first", "in_scope")}
    circumstances = {
        name: case[name] for name in ("care", "level", "status", "age", "ordinal", "place", "account_used")
    }
    return BenefitCase(
        **circumstances,
        **parts,
        total_fen=sum(parts.values()),
        account_balance_fen=fen(case["account_balance"]),
        accumulators={name: fen(amount) for name, amount in case["accumulators"].items()},
    )
