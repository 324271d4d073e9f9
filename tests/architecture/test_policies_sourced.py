"""Law is data with a source: every dated value names its document and how far it is trusted."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "src" / "yibao" / "policies"
TRUSTS = {"official", "relayed", "third_party", "our_default"}
# Numbers that are no values of the law: the order of layers, the groups of dimensions that sourced clauses refer to, and what the note
# of a layer's own clauses argues: weights of components, renewal of its deductible, first year of an accumulator.
STRUCTURE = {"order", "ages", "ordinals", "tenures", "owed", "renews_after_days", "first_year"}


def unsourced(loaded: dict[str, Any], inherited: dict[str, Any] | None = None) -> Iterator[str]:
    """Name what a policy file says without a source: clauses that lack one, and numbers that stand in no clause."""
    sources = (inherited or {}) | (loaded.get("sources") or {})
    for name, source in (loaded.get("sources") or {}).items():
        if not source.get("document") or "link" not in source:
            yield f"source {name} lacks document or link"
    for key, node in loaded.items():
        if key not in STRUCTURE | {"sources"}:
            yield from _in_node(node, key, sources)


def _in_node(node: Any, path: str, sources: dict[str, Any]) -> Iterator[str]:
    """Walk down to the clauses: a mapping with a trust mark, a clause or a value is one."""
    if isinstance(node, dict) and ({"clause", "trust"} & set(node) or "value" in node):
        name = f"{path}/{node.get('clause', '?')}"
        yield from (f"{name}: {lack}" for lack in _lacks(node, sources))
    elif isinstance(node, dict):
        for key, child in node.items():
            if key not in STRUCTURE:
                yield from _in_node(child, f"{path}/{key}", sources)
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _in_node(child, f"{path}/{number}", sources)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield f"{path}: the number {node} stands in no clause"


def _lacks(clause: dict[str, Any], sources: dict[str, Any]) -> Iterator[str]:
    """Say what a clause lacks: a name, a trust mark, first and last day, and the document with article or link."""
    trust = clause.get("trust")
    if not clause.get("clause"):
        yield "no clause name"
    if trust not in TRUSTS:
        yield f"trust is {trust!r}"
    if "value" in clause and not (clause.get("unit") and isinstance(clause.get("effective_from"), date)):
        yield "no unit or first day"
    if trust == "our_default":
        if not clause.get("note"):
            yield "our default without a note on why"
        return
    source = sources.get(clause.get("source"))
    if source is None:
        yield f"source {clause.get('source')!r} is not among the file's sources"
    elif not (clause.get("article") or source.get("link")):
        yield "neither article nor link"


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def test_every_value_of_the_law_has_its_source() -> None:
    files = sorted(POLICIES.glob("*/*/*.yaml"))
    assert files
    found = []
    for path in files:
        scheme = path.parent / "scheme.yaml"
        shared = read(scheme).get("sources") if scheme.exists() else None
        found += [f"{path.relative_to(POLICIES).as_posix()}: {lack}" for lack in unsourced(read(path), shared)]
    assert not found, "\n".join(found)


def test_clause_names_are_used_once_in_a_scheme() -> None:
    def names(node: Any) -> Iterator[tuple[str, str]]:
        if isinstance(node, dict):
            if "clause" in node:
                yield node["clause"], str(node.get("effective_from"))
            for child in node.values():
                yield from names(child)
        elif isinstance(node, list):
            for child in node:
                yield from names(child)

    twice = []
    for scheme in sorted({path.parent for path in POLICIES.glob("*/*/*.yaml")}):
        found = [name for path in sorted(scheme.glob("*.yaml")) for name in names(read(path))]
        twice += [name for name in sorted(set(found)) if found.count(name) > 1]
    assert twice == []


GOOD: dict[str, Any] = {
    "clause": "shelf-rate",
    "value": 1,
    "unit": "ratio",
    "effective_from": date(2020, 1, 1),
    "source": "shelf_law",
    "article": "第一条",
    "trust": "official",
}
SOURCES = {"shelf_law": {"document": "架法", "link": None}}


def test_a_sourced_value_passes() -> None:
    assert list(unsourced({"sources": SOURCES, "layers": [{"order": 10, "values": [GOOD]}]})) == []
    assert list(unsourced({"layers": [{"values": [GOOD]}]}, SOURCES)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trust": None}, "trust is None"),
        ({"trust": "sure"}, "trust is 'sure'"),
        ({"source": None}, "source None is not"),
        ({"source": "other"}, "source 'other' is not"),
        ({"article": None}, "neither article nor link"),
        ({"trust": "our_default"}, "without a note"),
        ({"unit": None}, "no unit"),
        ({"effective_from": None}, "no unit or first day"),
        ({"clause": ""}, "no clause name"),
    ],
)
def test_what_a_clause_lacks_is_seen(change: dict[str, Any], said: str) -> None:
    (lack,) = unsourced({"sources": SOURCES, "layers": [{"values": [GOOD | change]}]})
    assert said in lack


def test_a_number_outside_every_clause_is_seen() -> None:
    assert list(unsourced({"layers": [{"cap_yuan": 500}]})) == ["layers/0/cap_yuan: the number 500 stands in no clause"]


def test_a_source_without_a_document_is_seen() -> None:
    assert list(unsourced({"sources": {"x": {"link": None}}})) == ["source x lacks document or link"]
