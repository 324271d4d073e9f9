"""Which schemes keep an account's money of this year and of earlier years apart (当年账户、历年账户)."""

from functools import lru_cache
from pathlib import Path

from yibao.core.yaml_text import load_yaml
from yibao.policies import library
from yibao.policies.law import SCHEME_FILE


def schemes_with_several_balances() -> frozenset[str]:
    """Region and scheme, as 310000/310, of every law whose account has more than one balance."""
    return _several(library.ROOT)


@lru_cache(maxsize=8)
def _several(root: Path) -> frozenset[str]:
    """The same below a folder; only the scheme files are read."""
    found = set()
    for region, scheme in library.schemes(root):
        said = load_yaml((root / region / scheme / SCHEME_FILE).read_text(encoding="utf-8"))
        account = said.get("account") or {}
        if len(account.get("balances") or {}) > 1:
            found.add(f"{region}/{scheme}")
    return frozenset(found)
