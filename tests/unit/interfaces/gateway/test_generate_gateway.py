import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from yibao.interfaces.gateway.catalogue import DICTIONARIES, GROUPS, NAMED_ONLY, TRANSACTIONS, Field, Node
from yibao.interfaces.gateway.service import HANDLERS
from yibao.interfaces.gateway.texts import SENTENCES

DOCS = Path(__file__).resolve().parents[4] / "docs"


def fields_of(nodes: Mapping[str, Node]) -> Iterator[Field]:
    for node in nodes.values():
        yield from node.fields
        yield from fields_of(node.nodes)


@pytest.fixture(scope="module")
def pages() -> dict[Path, str]:
    spec = importlib.util.spec_from_file_location("generate_gateway", DOCS / "generate_gateway.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


def test_the_interface_is_published_whole(pages: dict[Path, str]):
    for name, group in GROUPS.items():
        page = pages[DOCS / "gateway" / f"{name}.md"]
        for infno, transaction in group.transactions.items():
            assert f"## {infno} {transaction.zh}" in page
            shape = {} if transaction.same_shape_as else {**transaction.input, **transaction.output}
            assert all(f"| `{field.name}` | {field.zh} |" in page for field in fields_of(shape))
    assert all(f"## {name}\n" in pages[DOCS / "gateway" / "dictionaries.md"] for name in DICTIONARIES)
    assert all(f"| `{code}` |" in pages[DOCS / "gateway" / "errors.md"] for code in SENTENCES)


def test_the_overview_leads_to_every_page(pages: dict[Path, str]):
    overview = (DOCS / "gateway" / "overview.md").read_text(encoding="utf-8")
    assert [path.name for path in pages if f"({path.name})" not in overview] == []
    coverage = pages[DOCS / "gateway" / "coverage.md"]
    assert [infno for infno in [*TRANSACTIONS, *NAMED_ONLY] if f"| {infno} |" not in coverage] == []
    assert "| 2207 | 门诊结算 |" in coverage
    assert coverage.count("可用 works") == len(HANDLERS)


def test_every_transaction_with_known_fields_works_or_cannot_come_here(pages: dict[Path, str]):
    coverage = pages[DOCS / "gateway" / "coverage.md"]
    others = {infno: each for infno, each in TRANSACTIONS.items() if infno not in HANDLERS}
    assert {each.direction for each in others.values()} == {"to_institution", "at_institution"}
    assert "尚未提供" not in coverage
    assert [infno for infno, each in others.items() if each.direction == "at_institution"] == ["1161"]
    assert TRANSACTIONS["1161"].note in coverage
    assert not TRANSACTIONS["1161"].input  # nothing in it says which card
