"""A few people of the city pay from afar: one with medicine delivered, one who gets everything back, one who never pays.

Through the gateway, as a hospital's system does: 1101, 6101, 6201, 6202, 6203.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from yibao.city.goods import Good
from yibao.city.make import City
from yibao.city.providers import Provider
from yibao.city.speaker import RefusedError, Speaker, moment
from yibao.city.tally import Tally
from yibao.city.wire import Wire

EMPLOYEES: Final = "310"
ORDERS: Final = 3
DELIVERY: Final = "6.00"
ASKED_AT_MOST: Final = 200


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
        for place, patient in zip(range(ORDERS), _employees(city, speaker, at), strict=False):
            _order(speaker, hospital, drug, patient, place=place, at=at)
            placed += 1
    finally:
        wire.close()
    return placed


def _employees(city: City, speaker: Speaker, at: datetime) -> Iterator[dict[str, Any]]:
    """People with an electronic voucher whom 1101 knows as insured employees."""
    for token in city.tokens[:ASKED_AT_MOST]:
        shown = {
            "mdtrt_cert_type": "01", "mdtrt_cert_no": token, "begntime": moment(at), "psn_cert_type": "", "certno": "",
            "psn_name": "",
        }  # fmt: skip
        try:
            found = speaker.ask("1101", {"data": shown})
        except RefusedError:
            continue
        insured = [each for each in found["insuinfo"] if each["insutype"] == EMPLOYEES and each["psn_insu_stas"] == "1"]
        if insured:
            yield {**found["baseinfo"], "token": token, "division": insured[0]["insuplc_admdvs"]}


def _order(
    speaker: Speaker, hospital: Provider, drug: Good, patient: dict[str, Any], *, place: int, at: datetime
) -> None:
    """One order: the first is paid with delivery, the second paid and given back, the third waits."""
    division, number = patient["division"], f"MOBILE{at:%m%d%H%M%S}{place}"
    scanned = {
        "qrCode": patient["token"], "orgId": hospital.code, "businessType": "01101", "operatorId": "1001",
        "operatorName": "收费员", "officeId": hospital.departments[0][0], "officeName": hospital.departments[0][1],
    }  # fmt: skip
    code = speaker.ask("6101", {"data": scanned})["data"]["ecToken"]
    upload = _upload(hospital, drug, patient, number=number, is_delivered=place == 0, at=at)
    placed = speaker.ask("6201", {"data": upload}, division=division)["data"]
    if place == 2:
        return
    payment = {
        "payAuthNo": code, "payOrdId": placed["payOrdId"], "payToken": placed["payToken"], "orgCodg": hospital.code,
        "orgBizSer": number, "chrgBchno": number, "feeType": "01", "mdtrtId": json.loads(placed["extData"])["mdtrtId"],
    }  # fmt: skip
    paid = speaker.ask("6202", {"data": payment}, division=division)["data"]
    if place == 1:
        back = {
            "payOrdId": placed["payOrdId"], "appRefdSn": number, "appRefdTime": f"{at:%Y%m%d%H%M%S}",
            "totlRefdAmt": paid["feeSumamt"], "cashRefdAmt": paid["ownPayAmt"], "refdType": "ALL",
        }  # fmt: skip
        speaker.ask("6203", {"data": back}, division=division)


def _upload(
    hospital: Provider, drug: Good, patient: dict[str, Any], *, number: str, is_delivered: bool, at: datetime
) -> dict[str, Any]:
    """The fee details of a repeat prescription for high blood pressure."""
    physician, (code, name) = hospital.practitioners[0], hospital.departments[0]
    began = moment(at - timedelta(minutes=10))
    price, packs = f"{drug.price_fen // 100}.{drug.price_fen % 100:02d}", 2
    total = f"{drug.price_fen * packs // 100}.{drug.price_fen * packs % 100:02d}"
    line = {
        "feedetlSn": number, "psnNo": patient["psn_no"], "chrgBchno": number, "feeOcurTime": began,
        "medListCodg": drug.code, "medinsListCodg": drug.code, "detItemFeeSumamt": total, "cnt": str(packs),
        "pric": price, "bilgDeptCodg": code, "bilgDeptName": name, "bilgDrCodg": physician.code,
        "bilgDrName": physician.name, "hospApprFlag": "1",
    }  # fmt: skip
    diagnosis = {
        "diagType": "1", "diagSrtNo": "1", "diagCode": "I10.x00", "diagName": "特发性高血压", "diagDept": name,
        "diseDorNo": physician.code, "diseDorName": physician.name, "diagTime": began, "valiFlag": "1",
    }  # fmt: skip
    return {
        "orgCodg": hospital.code, "psnNo": patient["psn_no"], "insutype": EMPLOYEES, "medOrgOrd": number,
        "begntime": began, "idNo": patient["certno"], "userName": patient["psn_name"],
        "idType": patient["psn_cert_type"], "insuCode": patient["division"], "iptOtpNo": number,
        "atddrNo": physician.code, "drName": physician.name, "deptCode": code, "deptName": name, "caty": "A03",
        "medType": "11", "feeType": "01", "medfeeSumamt": total, "acctUsedFlag": "1", "psnSetlway": "01",
        "chrgBchno": number, "pubHospRfomFlag": "0", "extData": {"deliveryFee": DELIVERY if is_delivered else "0.00"},
        "feedetailList": [line], "diseinfoList": [diagnosis],
    }  # fmt: skip
