"""The gateway's codec against a bare JSON reader: 100 lines of 2204 read, one 2207 answer written."""

import timeit
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

import msgspec

from yibao.interfaces.gateway import codec
from yibao.interfaces.gateway.catalogue import TRANSACTIONS, Field
from yibao.interfaces.gateway.catalogue.values import BEIJING

ROUNDS: Final = 40
MOMENT: Final = datetime(2026, 7, 1, 9, 30, tzinfo=BEIJING)


def value_of(field: Field, number: int) -> Any:
    """Some value of this field, different from line to line where lines differ."""
    if field.type == "number":
        return (number * 7919 + 1) % 10 ** min(field.precision[0] if field.precision else 1, 6)
    if field.type == "date":
        return date(1960, 1, 1)
    if field.type == "datetime":
        return MOMENT
    return "1" if field.dictionary else f"{field.name[:8]}{number}"[: field.length]


def best_us(action: Callable[[], object]) -> float:
    """The best of several rounds, in microseconds."""
    return min(timeit.repeat(action, number=1, repeat=ROUNDS)) * 1e6


def main() -> None:
    """Measure and print; the limits are meant for a quiet machine."""
    fields = TRANSACTIONS["2204"].input["feedetail"].fields
    lines = [{field.name: value_of(field, number) for field in fields} for number in range(100)]
    request = codec.encode_input("2204", {"feedetail": lines})
    answer = {
        name: [{f.name: value_of(f, 3) for f in node.fields}] * 3
        if node.many
        else {f.name: value_of(f, 3) for f in node.fields}
        for name, node in TRANSACTIONS["2207"].output.items()
    }
    plain_us = best_us(lambda: msgspec.json.decode(request))
    read_us = best_us(lambda: codec.decode_input("2204", request))
    write_us = best_us(lambda: codec.encode_output("2207", answer))
    print(
        f"2204, 100 lines, {len(request):,} bytes: {read_us:,.0f} us (limit 2,000), {read_us / plain_us:.1f} x a bare JSON reader"
    )
    print(f"2207 answer, {len(codec.encode_output('2207', answer)):,} bytes: {write_us:.1f} us (limit 40)")


if __name__ == "__main__":
    main()
