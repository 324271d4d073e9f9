"""Keeping settlement lists: a version with all its parts and findings at once, and the steps of its state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString

import msgspec

from yibao.domains.settlement_lists.checking import Finding
from yibao.domains.storage import Raw, ask

Part = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NewList:
    """A list to be kept: its columns by name, and the rows of its parts, whose columns are named too."""

    columns: Part
    diagnoses: Sequence[Part] = ()
    operations: Sequence[Part] = ()
    intensive_care: Sequence[Part] = ()
    transfusions: Sequence[Part] = ()
    charges: Sequence[Part] = ()
    payments: Sequence[Part] = ()
    diseases: Sequence[Part] = ()
    findings: Sequence[Finding] = field(default=())


_COLUMNS: LiteralString = (
    "settlement_id, visit_id, person_id, institution_id, version, state, checks_version, errors, warnings, record_number,"
    " sex, birth_date, age_years, age_days, nationality, ethnicity, occupation, newborn_kind, birth_weight_cg,"
    " admission_weight_cg, medical_kind, treatment_kind, admission_way, admitted_at, admission_department,"
    " transfer_department, discharged_at, discharge_department, discharge_way, stay_days, outpatient_code,"
    " outpatient_name, outpatient_tcm_code, outpatient_tcm_name, ventilator_minutes, coma_before_minutes,"
    " coma_after_minutes, special_nursing_days, first_nursing_days, second_nursing_days, third_nursing_days,"
    " physician_code, physician_name, pay_method, settled_from, settled_until, bill_code, bill_number, self_paid_fen,"
    " own_cost_fen, account_fen, cash_fen, details, infno, msgid, operator, uploaded_at"
)
_PARTS: tuple[tuple[str, LiteralString, LiteralString], ...] = (
    ("diagnoses", "settlement_lists_listdiagnosis", "rank, kind, is_main, code, name, condition"),
    (
        "operations",
        "settlement_lists_listoperation",
        (
            "rank, kind, code, name, began_at, ended_at, anaesthesia, anaesthesia_began_at, anaesthesia_ended_at,"
            " surgeon_code, surgeon_name, anaesthetist_code, anaesthetist_name"
        ),
    ),
    ("intensive_care", "settlement_lists_listintensivecare", "rank, ward_kind, entered_at, left_at, minutes"),
    ("transfusions", "settlement_lists_listtransfusion", "rank, kind, amount, unit"),
    (
        "charges",
        "settlement_lists_listcharge",
        "category, amount_fen, class_a_fen, class_b_fen, self_paid_fen, other_fen",
    ),
    ("payments", "settlement_lists_listpayment", "fund, amount_fen"),
    ("diseases", "settlement_lists_listdisease", "rank, code, name, operation_code, operation_name"),
    ("findings", "settlement_lists_listfinding", "check_id, level, field, value"),
)


def keep_list(raw: Raw, new: NewList) -> int:
    """Keep a list with all its parts; its number (setl_list_id). The database wants the next version of its settlement."""
    kept = ask(
        raw,
        "INSERT INTO settlement_lists_settlementlist (" + _COLUMNS + ") SELECT " + _COLUMNS + " FROM"
        " jsonb_populate_record(NULL::settlement_lists_settlementlist, %s::jsonb) RETURNING id",
        (msgspec.json.encode(new.columns).decode(),),
    )
    row = kept.fetchone()
    assert row is not None
    number = int(row[0])
    findings = [finding._asdict() for finding in new.findings]
    for name, table, columns in _PARTS:
        rows = findings if name == "findings" else getattr(new, name)
        if rows:
            ask(
                raw,
                "INSERT INTO "
                + table
                + " (settlement_list_id, "
                + columns
                + ") SELECT %s::bigint, "
                + columns
                + " FROM"
                " jsonb_populate_recordset(NULL::" + table + ", %s::jsonb)",
                (number, msgspec.json.encode(rows).decode()),
            )
    return number


def step_list(raw: Raw, *, list_id: int, state: str, msgid: str, operator: str, at: datetime) -> None:
    """Submit a list or take it back; the database refuses what is no step, or the submission of one with errors."""
    ask(
        raw,
        "INSERT INTO settlement_lists_liststep (settlement_list_id, state, msgid, operator, taken_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        (list_id, state, msgid, operator, at),
    )
