"""One pack and many who would sell it at once, with real threads and committed data: one of them does."""

import json

import pytest

from yibao.domains.catalogue.models import Item
from yibao.domains.reference.models import Setting
from yibao.domains.stock.models import Balance, PackContent, TraceSale

from .goods import new_batch, new_code, purchase, sale
from .hospital import Hospital
from .small_town import new_person
from .test_races import at_once

pytestmark = pytest.mark.usefixtures("shared_town")
HOUSES = ("H11010100001", "H11010100002", "H11010100003", "P11010100001")


def sold(answers):
    return sum(json.loads(answer)["infcode"] in (0, "0") for answer in answers)


def tries(infno, bodies):
    return at_once([lambda house=house, body=body: Hospital(code=house).post_bytes(body) for house, body in bodies])


def test_a_pack_sold_everywhere_at_once_is_sold_once():
    code = new_code()
    bodies = [
        (house, Hospital(code=house).body("3505", {"selinfo": sale(new_batch(), "1", code)})) for house in HOUSES * 2
    ]
    answers = tries("3505", bodies)
    assert sold(answers) == 1
    assert TraceSale.objects.filter(code__code=code).count() == 1
    assert all("已于" in json.loads(each)["err_msg"] for each in answers if json.loads(each)["infcode"] not in (0, "0"))


def test_two_packs_named_in_either_order_never_wait_for_each_other():
    codes = [new_code(), new_code()]
    bodies = [
        (house, Hospital(code=house).body("3505", {"selinfo": sale(new_batch(), "2", *order)}))
        for house, order in zip(HOUSES, (codes, codes[::-1]) * 2, strict=True)
    ]
    assert sold(tries("3505", bodies)) == 1
    assert TraceSale.objects.filter(code__code__in=codes).count() == 2


def test_units_of_an_opened_pack_sold_at_once_stay_within_it():
    PackContent.objects.create(item=Item.objects.get(code="XB02"), units=24, source="说明书", trust="our_default")
    code = new_code()
    bodies = [
        (HOUSES[0], Hospital().body("3505", {"selinfo": sale(new_batch(), "5", code, split="1", med_list_codg="XB02")}))
        for _ in range(8)
    ]
    assert sold(tries("3505", bodies)) == 4
    assert sum(row.quantity_e4 for row in TraceSale.objects.filter(code__code=code)) == 200_000


def test_where_repeats_are_let_through_all_but_the_first_are_marked():
    Setting.objects.update_or_create(
        key="stock.repeated_trace_code",
        defaults={"value": {HOUSES[2]: "flag"}, "reason": "试点", "trust": "our_default"},
    )
    code = new_code()
    bodies = [
        (HOUSES[2], Hospital(code=HOUSES[2]).body("3505", {"selinfo": sale(new_batch(), "1", code)})) for _ in range(6)
    ]
    assert sold(tries("3505", bodies)) == 6
    marks = TraceSale.objects.filter(code__code=code).values_list("is_repeat", flat=True)
    assert sorted(marks) == [False] + [True] * 5


def test_settlements_with_the_same_pack_at_once_settle_one():
    hospital, code, bodies = Hospital(), new_code(), []
    for _ in range(6):
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("2204", {"feedetail": [hospital.line(person, visit, price="10.00", number="L1")]})
        bill = hospital.bill(person, visit, "10.00")
        bill["drug_trac_info"] = [{"feedetl_sn": "L1", "drug_trac_codg": code, "trdn_flag": "0"}]
        bodies.append((hospital.code, hospital.body("2207", bill)))
    assert sold(tries("2207", bodies)) == 1
    assert TraceSale.objects.get(code__code=code).settlement_id is not None


def test_movements_of_one_batch_at_once_all_count():
    batch = new_batch()
    bodies = [(HOUSES[3], Hospital(code=HOUSES[3]).body("3503", {"purcinfo": purchase(batch, "3")})) for _ in range(8)]
    assert sold(tries("3503", bodies)) == 8
    assert Balance.objects.get(batch_number=batch).quantity_e4 == 240_000
