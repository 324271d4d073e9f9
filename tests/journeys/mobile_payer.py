"""A hospital's system that lets its patients pay from afar: it builds the messages of mobile payment and posts them."""

import itertools
import json
from datetime import UTC, date, datetime

from yibao.domains.mobile_orders.models import ChannelFault
from yibao.domains.mobile_orders.rehearsing import order_channel_fault
from yibao.domains.people.models import Voucher
from yibao.domains.sandbox.operations import mark_sandbox

from .hospital import Hospital

_serial = itertools.count(1)
VISIT_AT, LINE_AT = "2026-11-10 09:00:00", "2026-11-10 09:30:00"


def connect_test_channel():
    """Make the database a sandbox's, where the test channel takes the cash."""
    mark_sandbox(is_synthetic=True, actor="test")


def strike(kind, *, operation="", seconds=0, times=1):
    """Order a fault of the test channel."""
    return order_channel_fault(
        institution=None, operation=operation, kind=ChannelFault.Kind(kind), seconds=seconds, times=times, actor="test",
        at=datetime.now(UTC),
    )  # fmt: skip


def credential_of(person):
    """The person's electronic voucher with a fixed number, made when it is first asked for."""
    number = f"CRED{person.number}"
    Voucher.objects.get_or_create(person=person, kind="01", number=number, defaults={"valid_from": date(2019, 1, 1)})
    return number


class MobilePayer:
    """One institution's mobile payment; `ask` is a hospital's way of sending a transaction."""

    def __init__(self, hospital=None):
        self.hospital = hospital or Hospital()

    def scan(self, person, **options):
        """6101; gives the token."""
        return self.hospital.expect("6101", self.scanned(person), **options)["data"]["ecToken"]

    def scanned(self, person):
        """The input of 6101."""
        return {
            "data": {
                "qrCode": credential_of(person), "orgId": self.hospital.code, "businessType": "01101",
                "operatorId": "op1", "operatorName": "操作员", "officeId": "A01", "officeName": "内科",
            }
        }  # fmt: skip

    def upload(self, person, *, total="1000.00", number=None, item="XA01", account="0", lines=None, **changes):
        """The input of 6201 with one line of this amount, or with the lines given."""
        serial = next(_serial)
        number = number or f"ORD{serial}"
        line = {
            "feedetlSn": f"M{serial}", "psnNo": person.number, "chrgBchno": f"B{serial}", "feeOcurTime": LINE_AT,
            "medListCodg": item, "medinsListCodg": item, "detItemFeeSumamt": total, "cnt": "1", "pric": total,
            "bilgDeptCodg": "A01", "bilgDeptName": "内科", "bilgDrCodg": "D110101000001", "bilgDrName": "医师",
            "hospApprFlag": "1",
        }  # fmt: skip
        diagnosis = {
            "diagType": "1", "diagSrtNo": "1", "diagCode": "J18.900", "diagName": "肺炎", "diagDept": "内科",
            "diseDorNo": "D110101000001", "diseDorName": "医师", "diagTime": LINE_AT, "valiFlag": "1",
        }  # fmt: skip
        data = {
            "orgCodg": self.hospital.code, "psnNo": person.number, "insutype": "310", "medOrgOrd": number,
            "begntime": VISIT_AT, "idNo": person.document_number, "userName": person.name, "idType": "01",
            "insuCode": "110101", "iptOtpNo": f"MV{serial}", "atddrNo": "D110101000001", "drName": "医师",
            "deptCode": "A01", "deptName": "内科", "caty": "A03", "medType": "11", "feeType": "01",
            "medfeeSumamt": total, "acctUsedFlag": account, "psnSetlway": "01", "chrgBchno": f"B{serial}",
            "pubHospRfomFlag": "0", "feedetailList": lines or [line], "diseinfoList": [diagnosis],
        }  # fmt: skip
        return {"data": {**data, **changes}}

    def place(self, person, **options):
        """6201; gives what is needed to go on with the order."""
        sent = self.upload(person, **options)
        told = self.hospital.expect("6201", sent)["data"]
        return {**told, "further": json.loads(told["extData"]), "sent": sent["data"], "person": person}

    def payment(self, placed, *, code=None, serial=None, **changes):
        """The input of 6202, with a code that the person has just shown."""
        return {
            "data": {
                "payAuthNo": code or self.scan(placed["person"]), "payOrdId": placed["payOrdId"],
                "payToken": placed["payToken"], "orgCodg": self.hospital.code,
                "orgBizSer": serial or f"S{next(_serial)}", "chrgBchno": placed["sent"]["chrgBchno"],
                "feeType": placed["sent"]["feeType"], "mdtrtId": placed["further"]["mdtrtId"], **changes,
            }
        }  # fmt: skip

    def pay(self, placed, **options):
        """6202; gives the result."""
        return self.hospital.expect("6202", self.payment(placed, **options))["data"]

    def refund_input(self, placed, paid, *, kind="ALL", serial=None, **changes):
        """The input of 6203 for all of an order, its insurance part, or its cash."""
        parts = {
            "fundRefdAmt": paid["fundPay"] if kind != "CASH" else 0,
            "psnAcctRefdAmt": paid["psnAcctPay"] if kind != "CASH" else 0,
            "cashRefdAmt": paid["ownPayAmt"] if kind != "HI" else 0,
        }
        total = f"{sum(round(float(part) * 100) for part in parts.values()) / 100:.2f}"
        return {
            "data": {
                "payOrdId": placed["payOrdId"], "appRefdSn": serial or f"R{next(_serial)}",
                "appRefdTime": "20261122120000", "totlRefdAmt": total, "refdType": kind, **parts, **changes,
            }
        }  # fmt: skip

    def refund(self, placed, paid, **options):
        """6203; gives the state of the refund."""
        return self.hospital.expect("6203", self.refund_input(placed, paid, **options))["data"]["refStatus"]

    def identity(self, placed):
        """What 6301 and 6401 want to know."""
        person = placed["person"]
        return {
            "data": {
                "payOrdId": placed["payOrdId"], "payToken": placed["payToken"], "orgCodg": self.hospital.code,
                "idNo": person.document_number, "userName": person.name, "idType": "01",
            }
        }  # fmt: skip

    def look(self, placed):
        """6301; gives the order as it stands."""
        return self.hospital.expect("6301", self.identity(placed))["data"]

    def revoke(self, placed):
        """6401."""
        return self.hospital.expect("6401", self.identity(placed))["data"]
