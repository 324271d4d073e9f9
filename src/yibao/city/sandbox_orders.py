"""A few people of the city pay from afar: one with medicine delivered, one who gets everything back, one who never pays.

Through the gateway, as a hospital's system does: 1101, 6101, 6201, 6202, 6203.
"""

from datetime import datetime, timedelta
from typing import Final

from yibao.city.afar import EMPLOYEES, Afar, diagnosis
from yibao.city.clinic import IN_PERSON, Charge, patients
from yibao.city.make import City
from yibao.city.speaker import Speaker
from yibao.city.tally import Tally
from yibao.city.wire import Wire

ORDERS: Final = 3
DELIVERY: Final = {"deliveryFee": "6.00"}
PACKS: Final = 2
ASKED_AT_MOST: Final = 200
_BEGAN: Final = timedelta(minutes=10)


def pay_from_afar(city: City, *, url: str, at: datetime) -> int:
    """Place orders at the city's largest hospital, pay the first two, give the second back; how many were placed.

    :raises yibao.city.wire.GatewayAwayError: nothing answers.
    :raises yibao.city.speaker.RefusedError: the gateway refused a message.
    """
    hospital = next((provider for provider in city.providers if provider.level == "tertiary"), None)
    drug = next((good for good in city.goods if good.kind == "drug" and good.item_class == "01"), None)
    if hospital is None or drug is None:
        return 0
    wire, placed = Wire(url), 0
    try:
        speaker = Speaker(hospital, wire, Tally(), lambda _speaker: "", region=city.region)
        physician, department = hospital.practitioners[0], hospital.departments[0]
        afar = Afar(speaker, department=department, staff=physician)
        asked = patients(speaker, city.tokens[:ASKED_AT_MOST], at=at, schemes=[EMPLOYEES])
        for place, patient in zip(range(ORDERS), asked, strict=False):
            order = afar.place(
                patient, [Charge(drug.code, PACKS, drug.price_fen)], number=f"MOBILE{at:%m%d%H%M%S}{place}", at=at,
                medical_type=IN_PERSON, diagnosis=diagnosis(physician, department[1], at=at - _BEGAN),
                further={} if place else DELIVERY,
            )  # fmt: skip
            placed += 1
            if place < ORDERS - 1:
                paid = afar.pay(patient, order)
            if place == 1:
                afar.give_back(patient, order, paid, at=at)
    finally:
        wire.close()
    return placed
