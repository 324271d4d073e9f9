"""What prescriptions say, in one set of names for both dialects: those of the prescription centre (D001), values as text.

7101 writes most names with underscores and some otherwise; the table below says which. Codes of states: three of
`rx_stas_codg` stand in a public client (third party); those of review and use are our default.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.queries import dispensed_of_all, state_at
from yibao.domains.prescriptions.signatures import moment_text
from yibao.domains.prescriptions.states import State
from yibao.interfaces.gateway.catalogue import TRANSACTIONS, Field
from yibao.interfaces.gateway.catalogue.values import UnreadableError, reader_of

_RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "data": {
        "rx_drug_nums": "rxDrugCnt", "rx_way_codg": "rxUsedWayCodg", "rx_way_name": "rxUsedWayName",
        "rx_freq_codg": "rxFrquCodg", "rx_freq_name": "rxFrquName", "valid_days": "valiDays",
        "valid_end_time": "valiEndTime",
    },
    "rxdrugdetail": {
        "drug_cnt_unit": "drugDosunt", "drug_dosunt": "sinUnitOfDrug", "medc_starttime": "medcBegntime",
        "medc_endtime": "medcEndtime",
    },
    "mdtrtinfo": {
        "ipt_op_no": "iptOtpNo", "age": "patnAge", "patn_ht": "patnHgt", "patn_wt": "patnWt",
        "diag_code": "maindiagCode", "diag_name": "maindiagName", "fstdiag": "fstdiagFlag",
    },
    "diseinfo": {"dise_dor_no": "diagDrNo", "dise_dor_name": "diagDrName"},
}  # fmt: skip
"""Names of 7101 that are not those of D001 with underscores, by node."""
_UNDERSCORED: Final = re.compile(r"_+(.)").sub
_UNTOLD: Final = frozenset({"rx_file", "dr_sign_info", "phar_sign_info", "fixmedins_sign_info", "extras"})
"""Members that are not kept with the prescription's words: files, and signatures, which are kept as such."""

APPROVING: Final = frozenset({"1", "01", "001"})
"""Codes by which a pharmacist approves (处方审核状态代码); the table is not published (our default)."""
REFUSING: Final = frozenset({"2", "02", "002"})
REVIEW_NAMES: Final = {"1": "审核通过", "2": "审核不通过"}
_STATES: Final = {
    State.EXPIRED: ("2", "已失效"),
    State.REFUSED: ("2", "已失效"),
    State.WITHDRAWN: ("3", "已撤销"),
}
_VALID: Final = ("1", "有效")


def words(infno: str, node: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a node of a request as text under the names of D001; blank ones are left out."""
    renamed = _RENAMED.get(node, {}) if infno == "7101" else {}
    told = {}
    for field in TRANSACTIONS[infno].input[node].fields:
        value = values.get(field.name)
        if value is not None and field.name not in _UNTOLD:
            told[renamed.get(field.name) or _camel(field.name)] = _as_text(field, value)
    return told


def _camel(name: str) -> str:
    return _UNDERSCORED(lambda found: found[1].upper(), name)


def _as_text(field: Field, value: Any) -> str:
    """A typed value as text."""
    if field.type == "number":
        return decimal_text(value, field.decimals)
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def decimal_text(units: int, decimals: int) -> str:
    """A number of 10**-decimals units as text without needless zeros."""
    if not decimals:
        return str(units)
    sign, whole = "-" if units < 0 else "", f"{abs(units):0{decimals + 1}d}"
    return f"{sign}{whole[:-decimals]}.{whole[-decimals:]}".rstrip("0").rstrip(".")


def typed(fields: Iterable[Field], told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an answer from words, by their names there; what cannot be read as the field's kind is left out."""
    return {field.name: _typed(field, told.get(field.name)) for field in fields}


def underscored(node: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Words under the names of 7101, for answers that have those."""
    back = {new: old for old, new in _RENAMED[node].items()}
    return {
        back.get(name) or re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name): told[name] for name in told
    }


def _typed(field: Field, text: Any) -> Any:
    if text is None or field.type in {"char", "extension"}:
        return None if text is None else str(text)
    try:
        return reader_of(field)(str(text))
    except UnreadableError:
        return None


def state_words(prescription: Prescription, at: datetime) -> dict[str, str]:
    """State and use of a prescription, by code and name."""
    state = state_at(prescription, at)
    code, name = words_of_state(state)
    used = (
        ("2", "已使用")
        if state == State.DISPENSED
        else ("3", "部分使用")
        if _is_used(prescription)
        else ("1", "未使用")
    )
    return {"rxStasCodg": code, "rxStasName": name, "rxUsedStasCodg": used[0], "rxUsedStasName": used[1]}


def words_of_state(state: State) -> tuple[str, str]:
    """Code and name of a state (医保处方状态)."""
    return _STATES.get(state, _VALID)


def _is_used(prescription: Prescription) -> bool:
    """Whether anything stands dispensed."""
    return prescription.uses > 0 or any(dispensed_of_all(prescription).values())


def of_prescription(prescription: Prescription, at: datetime) -> dict[str, Any]:
    """What the prescription says of itself: its own words, validity, repetition and state."""
    kept = prescription.details.get("rx", {})
    return {
        **kept,
        **state_words(prescription, at),
        "hiRxno": prescription.number,
        "fixmedinsCode": prescription.institution.code,
        "fixmedinsName": prescription.institution.name,
        "prscTime": moment_text(prescription.prescribed_at),
        "valiEndTime": moment_text(prescription.valid_until),
        "reptFlag": "1" if prescription.most_uses > 1 else "0",
        "maxReptCnt": prescription.most_uses,
        "reptdCnt": prescription.uses,
        "minInrvDays": prescription.interval_days,
    }


def of_lines(prescription: Prescription) -> list[dict[str, Any]]:
    """The drugs, each with whether it was taken (取药标志)."""
    taken = dispensed_of_all(prescription)
    return [
        {**line.details, "takeDrugFlag": "1" if taken.get(line.pk) else "0"}
        for line in prescription.lines.order_by("rank")
    ]


def of_visit(prescription: Prescription, reviewed: Mapping[str, str]) -> dict[str, Any]:
    """The visit and the patient, and who reviewed."""
    person, kept = prescription.person, prescription.details.get("visit", {})
    return {
        **kept,
        "patnName": person.name,
        "gend": person.sex,
        "insutype": prescription.scheme,
        "prscDeptName": prescription.department_name,
        "prscDrName": prescription.physician.name,
        "maindiagCode": prescription.diagnosis_code,
        "maindiagName": prescription.diagnosis_name,
        **reviewed,
    }
