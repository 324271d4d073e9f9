import re
from collections.abc import Iterator, Mapping
from typing import get_args

import pytest

from yibao.interfaces.gateway.catalogue import DICTIONARIES, ENVELOPE, GROUPS, NAMED_ONLY, TRANSACTIONS, Field, Node
from yibao.interfaces.gateway.catalogue.model import InstitutionKind
from yibao.interfaces.gateway.codec import decimals_of

FIRST_ISSUE = "9001 9002 1101 2201 2202 2203 2203A 2204 2205 2206 2206A 2207 2207A 2208 2401 2402 2404 2405 2301 2302 2303 2304 2305 2601 5201 5202 5203 5204 5206".split()  # noqa: SIM905


def every_node(nodes: Mapping[str, Node]) -> Iterator[tuple[str, Node]]:
    for name, node in nodes.items():
        yield name, node
        yield from every_node(node.nodes)


def every_field() -> list[Field]:
    nodes = [
        node for each in TRANSACTIONS.values() for side in (each.input, each.output) for _, node in every_node(side)
    ]
    return [field for node in nodes for field in node.fields] + list(ENVELOPE)


def test_the_transactions_with_known_fields_are_there():
    assert set(FIRST_ISSUE) <= set(TRANSACTIONS)
    assert len(TRANSACTIONS) == 171
    assert len(NAMED_ONLY) == 65
    assert not set(NAMED_ONLY) & set(TRANSACTIONS)
    assert sum(len(group.transactions) for group in GROUPS.values()) == len(TRANSACTIONS)


def test_what_an_acceptance_asks_for_is_known_by_kind_of_institution():
    asked = {kind: sum(kind in each.needed_by for each in TRANSACTIONS.values()) for kind in get_args(InstitutionKind)}
    assert asked == {"pharmacy": 45, "clinic": 53, "hospital_1": 104, "hospital_2": 119}


def test_every_field_has_both_names_and_its_limits():
    fields = every_field()
    assert len(fields) > 5000
    assert [field.name for field in fields if not re.fullmatch(r"[A-Za-z0-9_]+", field.name)] == []
    assert [field.name for field in fields if not re.search(r"[一-鿿]", field.zh) or " " in field.zh] == []
    assert [field.name for field in fields if not field.en or re.search(r"[一-鿿]", field.en)] == []
    assert [field.name for field in fields if (field.type in {"char", "extension"}) != (field.length is not None)] == []
    assert [field.name for field in fields if (field.type == "number") != (field.precision is not None)] == []
    assert [field.name for field in fields if field.precision and not 0 <= field.decimals <= field.precision[0]] == []


def test_no_node_names_a_field_twice():
    for infno, transaction in TRANSACTIONS.items():
        for side in (transaction.input, transaction.output):
            for name, node in every_node(side):
                names = [field.name for field in node.fields]
                assert len(names) == len(set(names)), (infno, name)
                assert {one for group in node.one_of for one in group} <= set(names)


def test_every_code_table_that_is_named_exists_and_none_is_idle():
    assert {field.dictionary for field in every_field() if field.dictionary} == set(DICTIONARIES)


def test_variants_have_the_messages_of_their_model():
    for variant in ("2203A", "2206A", "2207A", "2303A", "2304A"):
        model = TRANSACTIONS[variant.removesuffix("A")]
        assert (TRANSACTIONS[variant].input, TRANSACTIONS[variant].output) == (model.input, model.output)
        assert model.input


def test_money_has_two_decimals():
    amounts = [
        f
        for f in every_field()
        if f.type == "number" and re.search(r"amt|_pay$|balc|fulamt|payamt|preself", f.name) and f.name != "bld_amt"
    ]
    assert len(amounts) > 100
    assert {field.name: field.decimals for field in amounts if field.decimals != 2} == {
        "hilist_pric_uplmt_amt": 6,
        "pric_uplmt_amt": 6,
    }


def test_decimals_of_tells_the_scale():
    assert decimals_of("2204", "feedetail", "cnt") == 4
    assert decimals_of("2204", "feedetail", "pric") == 6
    assert decimals_of("2207", "setlinfo", "pool_prop_selfpay") == 4
    assert decimals_of("5204", "root", "det_item_fee_sumamt") == 2
    with pytest.raises(LookupError):
        decimals_of("2204", "feedetail", "price")
