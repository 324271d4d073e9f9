"""One department of a hospital at the gateway, and the people who come to it: 1101, 2201, 2203, 2204, 2206, 2207, 2208."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yibao.city.providers import Practitioner, Provider
from yibao.city.speaker import RefusedError, Speaker, moment

IN_PERSON: Final = "11"
ONLINE: Final = "17"
"""Medical categories: an ordinary outpatient visit, and one over the internet."""
DISEASE: Final = ("I10.x00x002", "高血压")
INSURED: Final = "1"
_FEES_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Patient:
    """A person as 1101 knows them: what they show, who they are, how they are insured."""

    voucher_kind: str
    voucher_number: str
    number: str
    name: str
    document_type: str
    document: str
    sex: str
    age: str
    scheme: str
    division: str

    @property
    def shown(self) -> dict[str, str]:
        """The members of a message by which a voucher is shown."""
        return {"mdtrt_cert_type": self.voucher_kind, "mdtrt_cert_no": self.voucher_number}


@dataclass(frozen=True, slots=True)
class Charge:
    """An item on a bill: code, packs or times, price of one in fen."""

    code: str
    count: int
    price_fen: int

    @property
    def amount_fen(self) -> int:
        """What it costs."""
        return self.count * self.price_fen


def yuan(fen: int) -> str:
    """Fen as yuan in a message."""
    return f"{fen // 100}.{fen % 100:02d}"


def identified(
    speaker: Speaker, *, number: str, at: datetime, kind: str = "01", schemes: Sequence[str] = ()
) -> Patient | None:
    """1101: who shows this voucher, insured at the moment (in one of the schemes); nobody otherwise."""
    shown = {
        "mdtrt_cert_type": kind, "mdtrt_cert_no": number, "begntime": moment(at), "psn_cert_type": "01" if kind == "02" else "",
        "certno": number if kind == "02" else "", "psn_name": "",
    }  # fmt: skip
    try:
        found = speaker.ask("1101", {"data": shown})
    except RefusedError:
        return None
    held = [each for each in found["insuinfo"] if each["psn_insu_stas"] == INSURED]
    fitting = [each for each in held if not schemes or each["insutype"] in schemes]
    if not fitting:
        return None
    who, insured = found["baseinfo"], fitting[0]
    return Patient(
        voucher_kind=kind, voucher_number=number, number=who["psn_no"], name=who["psn_name"],
        document_type=who["psn_cert_type"], document=who["certno"], sex=who["gend"], age=str(who["age"]),
        scheme=insured["insutype"], division=insured["insuplc_admdvs"],
    )  # fmt: skip


def patients(
    speaker: Speaker, tokens: Iterable[str], *, at: datetime, schemes: Sequence[str] = ()
) -> Iterator[Patient]:
    """Whoever of those with these electronic vouchers is insured, in their order."""
    for token in tokens:
        found = identified(speaker, number=token, at=at, schemes=schemes)
        if found is not None:
            yield found


class Clinic:
    """A department with a physician, as the hospital's system speaks of them."""

    def __init__(self, speaker: Speaker, hospital: Provider, *, department: str) -> None:
        self.speaker = speaker
        self.hospital = hospital
        self.department = next(each for each in hospital.departments if each[0] == department)
        self.physician = known_by_name(hospital, department)

    def come(self, patient: Patient, *, number: str, at: datetime, medical_type: str = IN_PERSON) -> str:
        """2201 and 2203: a visit that began at a moment; its mdtrt_id.

        :raises RefusedError: the gateway does not take it.
        """
        code, name = self.department
        began = moment(at)
        registration = {
            **patient.shown, "psn_no": patient.number, "insutype": patient.scheme, "begntime": began, "ipt_otp_no": number,
            "atddr_no": self.physician.code, "dr_name": self.physician.name, "dept_code": code, "dept_name": name,
            "caty": code[:3],
        }  # fmt: skip
        visit: str = self._ask(patient, "2201", {"data": registration})["data"]["mdtrt_id"]
        told = {"mdtrt_id": visit, "psn_no": patient.number, "med_type": medical_type, "begntime": began}
        self._ask(patient, "2203", {"mdtrtinfo": told, "diseinfo": [{**self.diagnosis(at), "vali_flag": "1"}]})
        return visit

    def diagnosis(self, at: datetime) -> dict[str, Any]:
        """High blood pressure, as this physician writes it down."""
        return {
            "diag_type": "1", "diag_srt_no": 1, "diag_code": DISEASE[0], "diag_name": DISEASE[1],
            "diag_dept": self.department[1], "dise_dor_no": self.physician.code, "dise_dor_name": self.physician.name,
            "diag_time": moment(at),
        }  # fmt: skip

    def charge(self, patient: Patient, visit: str, charges: Sequence[Charge], *, number: str, at: datetime) -> None:
        """2204: the items of a visit as one batch of this number."""
        code, name = self.department
        rows = [
            {
                "feedetl_sn": f"{number}{place}", "mdtrt_id": visit, "psn_no": patient.number, "chrg_bchno": number,
                "rx_circ_flag": "0", "fee_ocur_time": moment(at + _FEES_AFTER), "med_list_codg": each.code,
                "medins_list_codg": each.code, "det_item_fee_sumamt": yuan(each.amount_fen), "cnt": str(each.count),
                "pric": yuan(each.price_fen), "bilg_dept_codg": code, "bilg_dept_name": name,
                "bilg_dr_codg": self.physician.code, "bilg_dr_name": self.physician.name, "hosp_appr_flag": "1",
            }
            for place, each in enumerate(charges)
        ]  # fmt: skip
        self._ask(patient, "2204", {"feedetail": rows})

    def bill(
        self,
        patient: Patient,
        visit: str,
        charges: Sequence[Charge],
        *,
        number: str,
        medical_type: str,
        is_trial: bool = False,
    ) -> Mapping[str, Any]:
        """2207 (2206 for a trial): its setlinfo."""
        total_fen = sum(each.amount_fen for each in charges)
        sent = {
            **patient.shown, "psn_no": patient.number, "med_type": medical_type, "medfee_sumamt": yuan(total_fen),
            "psn_setlway": "01", "mdtrt_id": visit, "chrg_bchno": number, "insutype": patient.scheme,
            "acct_used_flag": "0", "invono": number,
        }  # fmt: skip
        settled: Mapping[str, Any] = self._ask(patient, "2206" if is_trial else "2207", {"data": sent})["setlinfo"]
        return settled

    def cancel(self, patient: Patient, visit: str, settled: Mapping[str, Any]) -> None:
        """2208: the settlement is cancelled."""
        data = {"setl_id": settled["setl_id"], "mdtrt_id": visit, "psn_no": patient.number}
        self._ask(patient, "2208", {"data": data})

    def _ask(self, patient: Patient, infno: str, data: Mapping[str, Any]) -> Any:
        return self.speaker.ask(infno, data, division=patient.division)


def known_by_name(hospital: Provider, department: str) -> Practitioner:
    """The first physician of a department whose name nobody else in the house has: some messages tell the name alone."""
    names = Counter(who.name for who in hospital.practitioners)
    staff = hospital.practitioners_of(department)
    return next((who for who in staff if names[who.name] == 1), staff[0])
