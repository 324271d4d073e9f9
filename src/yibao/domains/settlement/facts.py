"""Settlements as plain facts for the analytical plane, streamed by number so that no reader holds all history."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, LiteralString, NamedTuple

from yibao.domains.storage import ask, reading

PAGE: Final = 5_000


class SettlementFact(NamedTuple):
    """One settlement, reversal or reinstatement with what is asked of it later; amounts in fen, negative in reversals.

    `age` is in years on the day of care, `days` the nights of a stay, 0 for outpatients; funds and amounts go together;
    `region` is where the person is insured.
    """

    id: int
    kind: str
    settled_at: datetime
    benefit_year: int
    visit_id: int
    person_id: int
    institution_id: int
    level: str
    care: str
    medical_type: str
    began_on: date
    days: int
    scheme: str
    status_group: str
    sex: str
    age: int
    total_fen: int
    full_self_pay_fen: int
    over_ceiling_fen: int
    self_pay_first_fen: int
    in_scope_fen: int
    deductible_fen: int
    fund_fen: int
    person_fen: int
    account_fen: int
    cash_fen: int
    hospital_fen: int
    place: str
    reverses_id: int | None
    uses_account: bool
    balance_after_fen: int
    region: str
    fund_codes: list[str]
    fund_amounts_fen: list[int]


_FACTS: Final[LiteralString] = """
SELECT s.id, s.kind, s.settled_at, s.benefit_year, s.visit_id, s.person_id, s.institution_id, i.level, v.care,
       v.medical_type, (v.began_at AT TIME ZONE 'Asia/Shanghai')::date,
       CASE WHEN v.care = 'inpatient' AND v.ended_at IS NOT NULL
            THEN (v.ended_at AT TIME ZONE 'Asia/Shanghai')::date - (v.began_at AT TIME ZONE 'Asia/Shanghai')::date ELSE 0 END,
       e.scheme, e.status_group, p.sex,
       extract(year FROM age((v.began_at AT TIME ZONE 'Asia/Shanghai')::date, p.birth_date))::int,
       s.total_fen, s.full_self_pay_fen, s.over_ceiling_fen, s.self_pay_first_fen, s.in_scope_fen, s.deductible_fen,
       s.fund_fen, s.person_fen, s.account_fen, s.cash_fen, s.hospital_fen, v.place, s.reverses_id, s.uses_account,
       s.balance_after_fen, e.region_id, s.fund_codes, s.fund_amounts_fen
  FROM settlement_settlement s
  JOIN visits_visit v ON v.id = s.visit_id
  JOIN people_person p ON p.id = s.person_id
  JOIN institutions_institution i ON i.id = s.institution_id
  JOIN enrolment_enrolment e ON e.id = s.enrolment_id
 WHERE s.id > %s AND s.id <= %s ORDER BY s.id LIMIT %s
"""


def stream_facts(after_id: int, *, up_to_id: int) -> Iterator[SettlementFact]:
    """The settlements with numbers above `after_id` and up to `up_to_id`, by number, read a page at a time."""
    while True:
        with reading() as raw:
            page = [SettlementFact(*row) for row in ask(raw, _FACTS, (after_id, up_to_id, PAGE)).fetchall()]
        yield from page
        if len(page) < PAGE:
            return
        after_id = page[-1].id


def highest_settlement_id() -> int:
    """The highest number of a settlement, 0 when there is none."""
    with reading() as raw:
        row = ask(raw, "SELECT COALESCE(max(id), 0) FROM settlement_settlement").fetchone()
    assert row is not None
    return int(row[0])


def first_settled_at() -> datetime | None:
    """The moment of the first settlement of all: what tells one database's history from another's."""
    with reading() as raw:
        row = ask(raw, "SELECT settled_at FROM settlement_settlement ORDER BY id LIMIT 1").fetchone()
    return row[0] if row else None
