"""A pharmacy that dispenses prescriptions of hospitals: claims, reviews, is paid, hands packs over, delivers (72xx, 22xx, 62xx)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yibao.city import prescription_messages as written
from yibao.city.afar import EMPLOYEES, Afar, diagnosis
from yibao.city.checks import fen
from yibao.city.clinic import Charge, Patient, yuan
from yibao.city.goods import Good
from yibao.city.prescription_messages import Paid
from yibao.city.providers import Practitioner
from yibao.city.signers import Signer
from yibao.city.speaker import Speaker, moment

SALE: Final = "41"
DELIVERY_FEE: Final = "6.00"
ON_ITS_WAY, RECEIVED = ("1", "配送中"), ("2", "已签收")
_COUNTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Written:
    """A prescription in circulation: its number, QR, trace code, signed text; whose it is and by whom, which drug, how many packs."""

    number: str
    qr_code: str
    trace_code: str
    text: str
    patient: Patient
    physician: Practitioner
    drug: Good
    packs: int


class Pharmacy:
    """One pharmacy with its pharmacist, as its system speaks of them."""

    def __init__(self, speaker: Speaker, pharmacist: Signer) -> None:
        self.speaker = speaker
        self.provider = speaker.provider
        self.pharmacist = pharmacist
        staff = next(each for each in self.provider.practitioners if each.code == pharmacist.code)
        self._afar = Afar(speaker, department=self.provider.departments[0], staff=staff)

    def claim_chosen(self, rx: Written) -> str:
        """7202 and 7203: the patient chose us; gives the leave that opened it."""
        found = self._ask(rx, "7202", written.chosen_by(self.provider, rx.patient))
        leave = str(found["auth_rxno"])
        self._ask(rx, "7203", written.opened(rx.patient, auth_rxno=leave))
        return leave

    def claim_shown(self, rx: Written) -> str:
        """7201 and 7203: the patient shows the QR; gives the token that opened it."""
        token = str(self._ask(rx, "7201", written.shown(self.provider, rx.qr_code))["epc_token"])
        self._ask(rx, "7203", written.opened(rx.patient, epc_token=token))
        return token

    def review(self, rx: Written, *, at: datetime, refuses: str = "") -> None:
        """7204: approved, or refused with an opinion."""
        code = written.REFUSED if refuses else written.APPROVED
        sent = written.reviewed(rx.number, self.pharmacist, rx.text, code=code, opinion=refuses or "合理", at=at)
        self._ask(rx, "7204", sent)

    def sell(self, rx: Written, *, number: str, packs: int, at: datetime) -> Paid:
        """2201, 2204, 2207: settled at the counter with the insurance."""
        patient, total, began = rx.patient, yuan(packs * rx.drug.price_fen), moment(at - _COUNTER)
        code, name = self.provider.departments[0]
        registration = {
            **patient.shown, "psn_no": patient.number, "insutype": patient.scheme, "begntime": began, "ipt_otp_no": number,
            "atddr_no": self.pharmacist.code, "dr_name": self.pharmacist.name, "dept_code": code, "dept_name": name,
            "caty": code,
        }  # fmt: skip
        visit = self._ask(rx, "2201", {"data": registration})["data"]["mdtrt_id"]
        line = {
            "feedetl_sn": number, "mdtrt_id": visit, "psn_no": patient.number, "chrg_bchno": number,
            "rx_circ_flag": written.FOR_OUTSIDE, "fee_ocur_time": began, "med_list_codg": rx.drug.code,
            "medins_list_codg": rx.drug.code, "det_item_fee_sumamt": total, "cnt": str(packs),
            "pric": yuan(rx.drug.price_fen), "bilg_dept_codg": code, "bilg_dept_name": name,
            "bilg_dr_codg": self.pharmacist.code, "bilg_dr_name": self.pharmacist.name, "hosp_appr_flag": "1",
        }  # fmt: skip
        self._ask(rx, "2204", {"feedetail": [line]})
        bill = {
            **patient.shown, "psn_no": patient.number, "med_type": SALE, "medfee_sumamt": total, "psn_setlway": "01",
            "mdtrt_id": visit, "chrg_bchno": number, "insutype": patient.scheme,
            "acct_used_flag": "1" if patient.scheme == EMPLOYEES else "0", "invono": number,
        }  # fmt: skip
        return _paid(self._ask(rx, "2207", {"data": bill})["setlinfo"])

    def sell_from_afar(self, rx: Written, *, number: str, packs: int, at: datetime) -> Paid:
        """6101, 6201, 6202: the patient's phone pays for the prescription and its delivery."""
        further = {"deliveryFee": DELIVERY_FEE, "rxTraceCode": rx.trace_code}
        charges = [Charge(rx.drug.code, packs, rx.drug.price_fen)]
        told = diagnosis(rx.physician, self.provider.departments[0][1], at=at)
        order = self._afar.place(
            rx.patient, charges, number=number, at=at, medical_type=SALE, diagnosis=told, further=further
        )
        return _paid(json.loads(self._afar.pay(rx.patient, order)["extData"])["setlinfo"])

    def hand_over(self, rx: Written, codes: Sequence[str], paid: Paid | None, *, leave: str, at: datetime) -> None:
        """7206: so many packs; without a settlement the patient pays them in cash."""
        paid = paid or Paid(cash_fen=len(codes) * rx.drug.price_fen)
        sent = written.handed_over(rx.number, rx.drug, self.pharmacist, codes, paid, leave=leave, at=at)
        self._ask(rx, "7206", sent)

    def deliver(self, rx: Written, state: tuple[str, str], *, at: datetime) -> None:
        """7205: on its way, or received."""
        self._ask(rx, "7205", written.delivery(rx.number, code=state[0], state=state[1], at=at))

    def _ask(self, rx: Written, infno: str, data: Mapping[str, Any]) -> Any:
        return self.speaker.ask(infno, data, division=rx.patient.division)


def _paid(settled: Mapping[str, Any]) -> Paid:
    """Who paid, by a settlement's own sums."""
    return Paid(
        fund_fen=fen(settled["fund_pay_sumamt"]), account_fen=fen(settled["acct_pay"]),
        cash_fen=fen(settled["psn_cash_pay"]), settlement=str(settled["setl_id"]),
    )  # fmt: skip
