"""A hundred thousand broken messages, made from the catalogue itself: each is read or refused by the name of its field."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yibao.interfaces.gateway import codec
from yibao.interfaces.gateway.catalogue import DICTIONARIES, TRANSACTIONS

from .mutated_messages import MISSING, PLACES, RIGHT, at_random, broken, seeded, wrong_values

BATCH = 200


def outcome(infno, data):
    """The values, or the faults by path."""
    try:
        return codec.decode_input(infno, msgspec.json.encode(data)), {}
    except codec.InputRefusedError as refused:
        return None, {fault.path: fault.reason for fault in refused.faults}


def path_of(way, field):
    """How the codec names a field's place."""
    text = ""
    for step in way:
        text += f"[{step}]" if isinstance(step, int) else f"{'.' if text else ''}{step}"
    return f"{text}.{field.name}" if text else f"input.{field.name}"


@pytest.mark.parametrize("infno", sorted(TRANSACTIONS))
def test_every_field_of_every_transaction_broken_in_every_way(infno):
    whole = RIGHT[infno]
    values, faults = outcome(infno, whole)
    assert values is not None, faults
    for way, field in PLACES[infno]:
        path = path_of(way, field)
        for kind, value in wrong_values(field):
            _, faults = outcome(infno, broken(whole, way, field, value))
            assert set(faults) <= {path, path.rpartition(".")[0]}, (
                kind,
                faults,
            )  # a node that is left empty is missing
            must_fail = (
                (field.required and (value is MISSING or kind in {"null", "blank"}))
                or (kind in {"list", "object"} and field.type in {"char", "number", "boolean"})
                or (kind == "overlong" and field.type in {"char", "number", "date", "datetime", "boolean", "bytes"})
                or (kind == "code" and DICTIONARIES[field.dictionary].confidence == "source")
            )
            assert bool(faults) or not must_fail, (path, kind)


@settings(max_examples=375, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_messages_broken_in_several_places_are_read_or_refused_by_name(seed):
    chance = seeded(seed)
    for _ in range(BATCH):
        infno, data = at_random(chance)
        _, faults = outcome(infno, data)
        assert all(faults), (infno, json.dumps(data, ensure_ascii=False, default=str))
