"""The gateway's codec against a bare JSON reader: a whole 2204 of five lines, 100 lines of one read, one 2207 answer written."""

import json
import timeit
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

import msgspec

from yibao.interfaces.gateway import codec
from yibao.interfaces.gateway.catalogue import TRANSACTIONS, Field
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.envelope import answer as write_answer
from yibao.interfaces.gateway.envelope import reference_id, require_enrolment_division, stamp
from yibao.interfaces.gateway.parts import read_message

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


def whole_message(lines: int) -> tuple[Callable[[], bytes], bytes]:
    """A 2204 as it arrives, and what the codec does of its way: envelope, fields, checks, the answer to every line."""
    head = {
        "infno": "2204", "msgid": "H11010100001202607010930000001", "mdtrtarea_admvs": "110000",
        "insuplc_admdvs": "110000", "recer_sys_code": "yibao", "dev_no": "", "dev_safe_info": "", "cainfo": "",
        "signtype": "", "infver": "V1.0", "opter_type": "1", "opter": "0001", "opter_name": "bench",
        "inf_time": "2026-07-01 09:30:00", "fixmedins_code": "H11010100001", "fixmedins_name": "bench", "sign_no": "",
    }  # fmt: skip
    details = json.loads(codec.encode_input("2204", {"feedetail": _lines(lines)}))
    body = json.dumps({**head, "input": details}, ensure_ascii=False).encode()
    told = [{f.name: value_of(f, 3) for f in TRANSACTIONS["2204"].output["result"].fields}] * lines

    def work() -> bytes:
        envelope = read_message(body, path="/fsi/callService", content_type="application/json")
        values = codec.decode_input(envelope.infno, envelope.input)
        require_enrolment_division(envelope, values)
        return write_answer(
            infcode=0,
            inf_refmsgid=reference_id("110000", MOMENT, 1),
            refmsg_time=stamp(MOMENT),
            respond_time=stamp(MOMENT),
            output=codec.encode_output(envelope.infno, {"result": told}),
        )

    return work, body


def _lines(count: int) -> list[dict[str, Any]]:
    """Fee lines with every field filled."""
    fields = TRANSACTIONS["2204"].input["feedetail"].fields
    return [{field.name: value_of(field, number) for field in fields} for number in range(count)]


def main() -> None:
    """Measure and print; the limits are meant for a quiet machine."""
    work, body = whole_message(5)
    parsed_us, whole_us = best_us(lambda: msgspec.json.decode(body)), best_us(work)
    print(
        f"2204, 5 lines, {len(body):,} bytes, parse, validate and answer: {whole_us:.0f} us (limit 500),"
        f" ratio {whole_us / 500:.2f} of the limit, {whole_us / parsed_us:.1f} x a bare JSON reader"
    )
    request = codec.encode_input("2204", {"feedetail": _lines(100)})
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
