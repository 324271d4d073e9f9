"""What a person is insured for on a day."""

from dataclasses import dataclass
from datetime import date

from yibao.domains.storage import Raw, Rows, ask


@dataclass(frozen=True, slots=True)
class Entitlement:
    """An enrolment in force on the day that was asked for, in its state of that day."""

    enrolment_id: int
    scheme: str
    region: str
    division: str
    person_type: str
    status_group: str
    is_civil_servant: bool
    state: str


def ask_for_entitlements(raw: Raw, *, person_id: int, on: date) -> Rows:
    """Ask for every enrolment of a person that covers the day; read them with `entitlements_of`.

    Whoever waits for benefits (待遇等待期) is told as suspended: the national codes have no state of waiting. So is whose
    employer is in arrears.
    """
    return ask(
        raw,
        "SELECT id, scheme, region_id, division_id, person_type, status_group, is_civil_servant,"
        " CASE WHEN state = '1' AND (covered_from > %s OR suspended_from <= %s) THEN '2' ELSE state END"
        " FROM enrolment_enrolment WHERE person_id = %s AND valid_from <= %s"
        " AND (valid_until IS NULL OR valid_until > %s)",
        (on, on, person_id, on, on),
    )


def entitlements_of(rows: Rows) -> list[Entitlement]:
    """The enrolments that were asked for."""
    return [Entitlement(*row) for row in rows.fetchall()]
