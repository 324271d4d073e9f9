"""Mobile payment as a hospital's or pharmacy's system speaks of it: 6101, 6201, 6202, 6203, 6301, 6401."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yibao.city.clinic import Charge, Patient, yuan
from yibao.city.providers import Practitioner
from yibao.city.speaker import OPERATOR, Speaker, moment

EMPLOYEES: Final = "310"
_BEGAN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that was placed: its number and token, its visit, the number that the institution gave it."""

    order: str
    token: str
    visit: str
    number: str


class Afar:
    """The mobile payment of one institution, by one member of its staff."""

    def __init__(self, speaker: Speaker, *, department: tuple[str, str], staff: Practitioner) -> None:
        self._speaker = speaker
        self._department = department
        self._staff = staff

    def place(
        self, patient: Patient, charges: Sequence[Charge], *, number: str, at: datetime, medical_type: str,
        diagnosis: Mapping[str, Any], further: Mapping[str, str] | None = None,
    ) -> Placed:  # fmt: skip
        """6201: the fee details of an order; `further` are the members of extData."""
        (code, name), began = self._department, moment(at - _BEGAN)
        lines = [
            {
                "feedetlSn": f"{number}{place}", "psnNo": patient.number, "chrgBchno": number, "feeOcurTime": began,
                "medListCodg": each.code, "medinsListCodg": each.code, "detItemFeeSumamt": yuan(each.amount_fen),
                "cnt": str(each.count), "pric": yuan(each.price_fen), "bilgDeptCodg": code, "bilgDeptName": name,
                "bilgDrCodg": self._staff.code, "bilgDrName": self._staff.name, "hospApprFlag": "1",
            }
            for place, each in enumerate(charges)
        ]  # fmt: skip
        told = {
            "orgCodg": self._speaker.provider.code, "psnNo": patient.number, "insutype": patient.scheme,
            "medOrgOrd": number, "begntime": began, "idNo": patient.document, "userName": patient.name,
            "idType": patient.document_type, "insuCode": patient.division, "iptOtpNo": number,
            "atddrNo": self._staff.code, "drName": self._staff.name, "deptCode": code, "deptName": name,
            "caty": code[:3], "medType": medical_type, "feeType": "01",
            "medfeeSumamt": yuan(sum(each.amount_fen for each in charges)),
            "acctUsedFlag": "1" if patient.scheme == EMPLOYEES else "0", "psnSetlway": "01", "chrgBchno": number,
            "pubHospRfomFlag": "0", "extData": {"deliveryFee": "0.00", **(further or {})}, "feedetailList": lines,
            "diseinfoList": [diagnosis],
        }  # fmt: skip
        made = self._ask(patient, "6201", told)
        return Placed(made["payOrdId"], made["payToken"], json.loads(made["extData"])["mdtrtId"], number)

    def pay(self, patient: Patient, placed: Placed) -> Mapping[str, Any]:
        """6101 and 6202: the patient shows a code, and it is paid; the answer."""
        code, name = self._department
        scanned = {
            "qrCode": patient.voucher_number, "orgId": self._speaker.provider.code, "businessType": "01101",
            "operatorId": OPERATOR, "operatorName": "收费员", "officeId": code, "officeName": name,
        }  # fmt: skip
        token = self._speaker.ask("6101", {"data": scanned})["data"]["ecToken"]
        payment = {
            "payAuthNo": token, "payOrdId": placed.order, "payToken": placed.token, "orgCodg": self._speaker.provider.code,
            "orgBizSer": placed.number, "chrgBchno": placed.number, "feeType": "01", "mdtrtId": placed.visit,
        }  # fmt: skip
        paid: Mapping[str, Any] = self._ask(patient, "6202", payment)
        return paid

    def give_back(self, patient: Patient, placed: Placed, paid: Mapping[str, Any], *, at: datetime) -> None:
        """6203: everything goes back."""
        back = {
            "payOrdId": placed.order, "appRefdSn": placed.number, "appRefdTime": f"{at:%Y%m%d%H%M%S}",
            "totlRefdAmt": paid["feeSumamt"], "cashRefdAmt": paid["ownPayAmt"], "refdType": "ALL",
        }  # fmt: skip
        self._ask(patient, "6203", back)

    def look(self, patient: Patient, placed: Placed) -> None:
        """6301: how does it stand?"""
        self._ask(patient, "6301", self._whose(patient, placed))

    def revoke(self, patient: Patient, placed: Placed) -> None:
        """6401: the upload is taken back before it is paid."""
        self._ask(patient, "6401", self._whose(patient, placed))

    def _whose(self, patient: Patient, placed: Placed) -> dict[str, str]:
        return {
            "payOrdId": placed.order, "payToken": placed.token, "orgCodg": self._speaker.provider.code,
            "idNo": patient.document, "userName": patient.name, "idType": patient.document_type,
        }  # fmt: skip

    def _ask(self, patient: Patient, infno: str, data: Mapping[str, Any]) -> Any:
        return self._speaker.ask(infno, {"data": data}, division=patient.division)["data"]


def diagnosis(physician: Practitioner, department: str, *, at: datetime) -> dict[str, Any]:
    """High blood pressure, in the names of mobile payment."""
    return {
        "diagType": "1", "diagSrtNo": "1", "diagCode": "I10.x00", "diagName": "特发性高血压", "diagDept": department,
        "diseDorNo": physician.code, "diseDorName": physician.name, "diagTime": moment(at), "valiFlag": "1",
    }  # fmt: skip
