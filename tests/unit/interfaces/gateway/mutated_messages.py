"""Messages that the catalogue itself breaks: right ones of every transaction, and what may be wrong with each field."""

import copy
import random

from yibao.interfaces.gateway.catalogue import DICTIONARIES, TRANSACTIONS

MISSING = object()
NUMBERS = sorted(TRANSACTIONS)


def right_value(field, chance):
    """A value that the field takes."""
    day = f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    plain = {
        "date": day,
        "datetime": f"{day} 08:{chance.randrange(60):02d}:00",
        "boolean": chance.random() < 0.5,
        "bytes": "eWliYW8=",
    }
    if field.type in plain:
        return plain[field.type]
    if field.type == "number":
        digits, decimals = field.precision
        whole = chance.randrange(10 ** min(digits - decimals, 4))
        return f"{whole}.{'1' * decimals}" if decimals else whole
    if field.dictionary:
        return chance.choice(sorted(DICTIONARIES[field.dictionary].values))
    return "".join(chance.choice("甲乙ABC123") for _ in range(chance.randrange(1, min(field.length, 12) + 1)))


def right_node(node, chance):
    """A node that the catalogue takes whole."""
    row = {field.name: right_value(field, chance) for field in node.fields}
    row |= {name: right_node(inner, chance) for name, inner in node.nodes.items()}
    return [row] if node.many else row


def right_input(infno, chance):
    """An input that the catalogue takes whole."""
    nodes = TRANSACTIONS[infno].input
    root = nodes.get("root")
    if root is not None and root.root:
        return right_node(root, chance)
    return {name: right_node(node, chance) for name, node in nodes.items()}


def wrong_values(field):
    """What may stand in a field that is wrong, or odd, by kind: the field must be refused or read, never break."""
    yield "missing", MISSING
    yield "null", None
    yield "blank", " "
    yield "list", [1, {"a": None}]
    yield "object", {"a": [1]}
    yield "truth", True
    yield "overlong", "长" * ((field.length or 40) + 1)
    yield "huge", 10**40
    yield "fraction", 0.1234567890123
    yield "control", "a\u0000b"
    if field.dictionary:
        yield "code", "no such code"


def places(infno):
    """Every field of a transaction's input with the way to its object."""

    def walk(nodes, way):
        for name, node in nodes.items():
            step = () if node.root else (name,)
            here = (*way, *step, *((0,) if node.many else ()))
            for field in node.fields:
                yield here, field
            yield from walk(node.nodes, here)

    yield from walk(TRANSACTIONS[infno].input, ())


def broken(whole, way, field, value):
    """An input with one field changed or taken away; only the objects on the way to it are copied."""
    if way:
        changed = copy.copy(whole)
        changed[way[0]] = broken(whole[way[0]], way[1:], field, value)
        return changed
    return {name: each for name, each in {**whole, field.name: value}.items() if each is not MISSING}


RIGHT = {infno: right_input(infno, random.Random(infno)) for infno in TRANSACTIONS}
PLACES = {infno: list(places(infno)) for infno in TRANSACTIONS}
WRONG = {id(field): list(wrong_values(field)) for fields in PLACES.values() for _, field in fields}


def at_random(chance, *, faults=3):
    """A transaction with an input in which up to some fields, in any place, are wrong at once."""
    infno = chance.choice(NUMBERS)
    whole = RIGHT[infno]
    for _ in range(chance.randrange(faults + 1) if PLACES[infno] else 0):
        way, field = chance.choice(PLACES[infno])
        whole = broken(whole, way, field, chance.choice(WRONG[id(field)])[1])
    return infno, whole


def seeded(seed):
    """Chance that a failure can be made again from."""
    return random.Random(seed)
