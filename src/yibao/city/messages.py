"""The inputs of the national interface's transactions for a planned visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yibao.city.baskets import Line
from yibao.city.make import City
from yibao.city.plan import MEDICAL_TYPES, PlannedVisit
from yibao.city.providers import Practitioner, Provider
from yibao.city.speaker import moment, yuan

Input = dict[str, Any]
SPECIAL_DISEASES: Final = (("M03900", "高血压"), ("M01600", "糖尿病"))
"""National codes of the two diseases (门诊慢特病病种) that the city's chronic patients are treated for."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The person as the institution knows them: voucher shown, number and insurance as 1101 told."""

    voucher_kind: str
    voucher_number: str
    number: str
    scheme: str
    division: str


class Chart:
    """All that is written about one visit, from which every message takes its part."""

    def __init__(self, city: City, visit: PlannedVisit) -> None:
        self.visit = visit
        self.goods = city.goods
        self.provider: Provider = city.providers[visit.provider]
        self.department = self.provider.department_for(visit.diagnosis.uses)
        staff = self.provider.practitioners_of(self.department[0])
        self.physician: Practitioner = staff[visit.practitioner % len(staff)]
        self.medical_type = MEDICAL_TYPES[visit.care]
        self.batch = visit.number

    def registration(self, patient: Patient) -> Input:
        """2201 门诊挂号."""
        code, name = self.department
        return {
            "data": {
                **self._voucher(patient),
                "psn_no": patient.number,
                "insutype": patient.scheme,
                "begntime": moment(self.visit.began),
                "ipt_otp_no": self.visit.number,
                "atddr_no": self.physician.code,
                "dr_name": self.physician.name,
                "dept_code": code,
                "dept_name": name,
                "caty": code[:3],
            }
        }

    def diagnoses(self, patient: Patient, mdtrt_id: str) -> Input:
        """2203 门诊就诊信息上传."""
        return {
            "mdtrtinfo": {
                "mdtrt_id": mdtrt_id,
                "psn_no": patient.number,
                "med_type": self.medical_type,
                "begntime": moment(self.visit.began),
                "main_cond_dscr": self.visit.diagnosis.name,
                **({"dise_codg": self.disease[0], "dise_name": self.disease[1]} if self.is_chronic else {}),
            },
            "diseinfo": [{**self._diagnosis(), "vali_flag": "1"}],
        }

    @property
    def is_chronic(self) -> bool:
        """Whether the person comes for a chronic disease (门诊慢特病)."""
        return self.visit.care == "chronic"

    @property
    def disease(self) -> tuple[str, str]:
        """The special disease that the person has, by code and name."""
        return SPECIAL_DISEASES[self.visit.person % len(SPECIAL_DISEASES)]

    def recognition(self, patient: Patient) -> Input:
        """2503 人员慢特病备案, from the day of the visit on."""
        code, name = self.disease
        day = f"{self.visit.began:%Y-%m-%d}"
        return {
            "data": {
                "psn_no": patient.number,
                "insutype": patient.scheme,
                "opsp_dise_code": code,
                "opsp_dise_name": name,
                "insu_optins": patient.division,
                "ide_fixmedins_no": self.provider.code,
                "ide_fixmedins_name": self.provider.name,
                "hosp_ide_date": day,
                "diag_dr_codg": self.physician.code,
                "diag_dr_name": self.physician.name,
                "begndate": day,
            }
        }

    def admission(self, patient: Patient) -> Input:
        """2401 入院办理."""
        code, name = self.department
        return {
            "mdtrtinfo": {
                **self._voucher(patient),
                "psn_no": patient.number,
                "insutype": patient.scheme,
                "begntime": moment(self.visit.began),
                "med_type": self.medical_type,
                "ipt_no": self.visit.number,
                "medrcdno": self.visit.number,
                "atddr_no": self.physician.code,
                "chfpdr_name": self.physician.name,
                "adm_diag_dscr": self.visit.diagnosis.name,
                "adm_dept_codg": code,
                "adm_dept_name": name,
                "adm_bed": f"{self.visit.practitioner % 40 + 1:02d}",
                "dscg_maindiag_code": self.visit.diagnosis.code,
                "dscg_maindiag_name": self.visit.diagnosis.name,
            },
            "diseinfo": [self._inpatient_diagnosis(patient)],
        }

    def discharge(self, patient: Patient, mdtrt_id: str) -> Input:
        """2402 出院办理."""
        code, name = self.department
        return {
            "dscginfo": {
                "mdtrt_id": mdtrt_id,
                "psn_no": patient.number,
                "insutype": patient.scheme,
                "endtime": moment(self.visit.ended),
                "dscg_dept_codg": code,
                "dscg_dept_name": name,
                "dscg_way": "1",
            },
            "diseinfo": [self._inpatient_diagnosis(patient)],
        }

    def outpatient_fees(self, patient: Patient, mdtrt_id: str) -> Input:
        """2204 门诊费用明细信息上传."""
        rows = [
            {**self._fee(patient, mdtrt_id, rank, line), "chrg_bchno": self.batch, "rx_circ_flag": "0"}
            for rank, line in enumerate(self.visit.lines)
        ]
        return {"feedetail": rows}

    def inpatient_fees(self, patient: Patient, mdtrt_id: str, *, first: int, most: int) -> Input:
        """2301 住院费用明细上传: up to `most` lines from the place `first` on."""
        rows = [
            {**self._fee(patient, mdtrt_id, rank, line), "med_type": self.medical_type}
            for rank, line in enumerate(self.visit.lines[first : first + most], start=first)
        ]
        return {"feedetail": rows}

    def settlement(self, patient: Patient, mdtrt_id: str) -> Input:
        """2206 2207 门诊预结算、结算; 2303 2304 住院预结算、结算."""
        own = (
            {"mid_setl_flag": "0", "dscg_time": moment(self.visit.ended)}
            if self.visit.care == "inpatient"
            else {"chrg_bchno": self.batch}
        )
        return {
            "data": {
                **self._voucher(patient),
                "psn_no": patient.number,
                "med_type": self.medical_type,
                "medfee_sumamt": yuan(self.visit.amount_fen),
                "psn_setlway": "01",
                "mdtrt_id": mdtrt_id,
                "acct_used_flag": "1" if patient.scheme == "310" else "0",
                "insutype": patient.scheme,
                "invono": self.visit.number,
                **own,
            }
        }

    def sent_lines(self, lines: Sequence[Line], *, first: int = 0) -> dict[str, int]:
        """The amounts in fen of lines by their number."""
        return {self._line_number(rank): line.amount_fen for rank, line in enumerate(lines, start=first)}

    def _line_number(self, rank: int) -> str:
        return f"{self.visit.number}{rank:04d}"

    @staticmethod
    def _voucher(patient: Patient) -> Input:
        return {"mdtrt_cert_type": patient.voucher_kind, "mdtrt_cert_no": patient.voucher_number}

    def _diagnosis(self) -> Input:
        return {
            "diag_type": "1",
            "diag_srt_no": 1,
            "diag_code": self.visit.diagnosis.code,
            "diag_name": self.visit.diagnosis.name,
            "diag_dept": self.department[1],
            "dise_dor_no": self.physician.code,
            "dise_dor_name": self.physician.name,
            "diag_time": moment(self.visit.began),
        }

    def _inpatient_diagnosis(self, patient: Patient) -> Input:
        return {**self._diagnosis(), "psn_no": patient.number, "maindiag_flag": "1", "adm_cond": "1"}

    def _fee(self, patient: Patient, mdtrt_id: str, rank: int, line: Line) -> Input:
        """One fee line; a stay's lines lie on its days, an outpatient's at the time of the visit."""
        good = self.goods[line.good]
        return {
            "feedetl_sn": self._line_number(rank),
            "mdtrt_id": mdtrt_id,
            "psn_no": patient.number,
            "fee_ocur_time": moment(self._occurred(line)),
            "med_list_codg": good.code,
            "medins_list_codg": good.code[-12:],
            "det_item_fee_sumamt": yuan(line.amount_fen),
            "cnt": line.quantity,
            "pric": yuan(line.price_fen),
            "bilg_dept_codg": self.department[0],
            "bilg_dept_name": self.department[1],
            "bilg_dr_codg": self.physician.code,
            "bilg_dr_name": self.physician.name,
            "hosp_appr_flag": "1",
        }

    def _occurred(self, line: Line) -> datetime:
        if self.visit.care != "inpatient":
            return self.visit.began
        return min(self.visit.began + timedelta(days=line.day), self.visit.ended)
