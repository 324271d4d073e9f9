"""What a settlement needs to know, and the settlements that were made."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from yibao.domains.settlement.models import Accumulator, Settlement
from yibao.domains.storage import Raw, Rows, array_of, ask


@dataclass(frozen=True, slots=True)
class VisitToSettle:
    """One visit with all that a decision on it needs, read after the person was locked.

    `benefit_date` is the day whose law and whose year apply: the day an outpatient came, the day an inpatient left
    (or, while still in hospital, the day of settling). `accumulators` is JSON of the amounts by year, of
    that calendar year and the two before it; `earlier_admissions` counts settled admissions that began earlier, of the
    benefit years named by that calendar year and by the one before. `special_statuses` are the kinds held on that day,
    `insured_since` the first day of the uninterrupted enrolment. `enrolled_from` is the day from which the funds pay: after a waiting period (待遇等待期) where one runs.
    `has_relatives`: an account was ever shared with the person (家庭共济), so that it is worth asking whose. `filings` is JSON
    of what is filed for the person (see `filed_facts`), `plan` the supplementary plan held; `place_division` is where the
    institution lies, `is_dual_channel` a pharmacy that dispenses negotiated drugs, `is_emergency` what the visit says itself.
    `account_months` is JSON of month, credits and payments (fen) of the account's last year, where the law tells balances apart.
    """

    settlement_id: int
    visit_id: int
    person_id: int
    institution_id: int
    care: str
    medical_type: str
    place: str
    state: str
    began_at: datetime
    benefit_date: date
    level: str
    enrolment_id: int
    scheme: str
    region: str
    division: str
    person_type: str
    status_group: str
    is_civil_servant: bool
    enrolment_state: str
    enrolled_from: date
    enrolled_until: date | None
    accumulators: str | None
    account_balance_fen: int | None
    special_statuses: list[str] | None
    insured_since: date
    disease_code: str | None
    ended_at: datetime | None
    earlier_admissions: list[int]
    voucher_fits: bool
    has_relatives: bool
    filings: str | None = None
    plan: str | None = None
    institution_code: str = ""
    place_division: str = ""
    is_dual_channel: bool = False
    is_emergency: bool = False
    account_months: str | None = None


def ask_for_visit_to_settle(
    raw: Raw,
    *,
    visit_id: int,
    is_inpatient: bool,
    person_number: str,
    voucher_kind: str,
    voucher_number: str,
    today: date,
    several_balances: Collection[str] = (),
) -> Rows:
    """Ask for a visit with entitlement, accumulators and account; read it with `visit_to_settle`.

    `several_balances` are the laws, as 310000/310, that need the months of the account.
    """
    return ask(
        raw,
        _INPATIENT_TO_SETTLE if is_inpatient else _OUTPATIENT_TO_SETTLE,
        (voucher_kind, voucher_number, array_of(several_balances), today, visit_id, person_number),
    )


_VISIT_TO_SETTLE: LiteralString = (
    "SELECT nextval('settlement_settlement_id_seq'), v.id, v.person_id, v.institution_id, v.care, v.medical_type,"
    " v.place, v.state, v.began_at, d.day, i.level, e.id, e.scheme, e.region_id, e.division_id, e.person_type,"
    " e.status_group, e.is_civil_servant,"
    # An employer's arrears suspend from the day on which the care begins (in hospital) or is given.
    " CASE WHEN e.suspended_from <= CASE v.care WHEN 'inpatient' THEN d.began ELSE d.day END AND e.state = '1' THEN '2'"
    "   ELSE e.state END, COALESCE(e.covered_from, e.valid_from), e.valid_until,"
    # Scalar subqueries always look a row up by its whole key; a plan made while the tables were empty may join otherwise.
    " (SELECT json_object_agg(a.year, a.amounts)::text FROM settlement_accumulator a"
    "   WHERE a.person_id = v.person_id AND a.scheme = e.scheme AND a.year BETWEEN d.year - 2 AND d.year),"
    " (SELECT pa.balance_fen FROM enrolment_personalaccount pa WHERE pa.person_id = v.person_id),"
    " (SELECT array_agg(z.kind) FROM enrolment_specialstatus z WHERE z.person_id = v.person_id"
    "   AND z.valid_from <= d.day AND (z.valid_until IS NULL OR d.day < z.valid_until)),"
    # The latest beginning that no earlier period of the same insurance ends at.
    " COALESCE((SELECT max(g.valid_from) FROM enrolment_enrolment g WHERE g.person_id = v.person_id"
    "   AND g.scheme = e.scheme AND g.state = '1' AND g.valid_from <= e.valid_from"
    "   AND NOT EXISTS (SELECT FROM enrolment_enrolment h WHERE h.person_id = g.person_id AND h.scheme = g.scheme"
    "     AND h.state = '1' AND h.valid_until = g.valid_from)), e.valid_from),"
    " v.details ->> 'dise_codg', v.ended_at, ~,"
    " EXISTS (SELECT FROM people_voucher w WHERE w.kind = %s AND w.number = %s AND w.person_id = v.person_id),"
    " EXISTS (SELECT FROM enrolment_accountsharing g WHERE g.beneficiary_id = v.person_id),"
    # A recognition holds on the day of the benefit, care elsewhere and referrals on the day on which the visit began.
    " (SELECT json_agg(json_build_array(f.id, f.kind, f.disease_code, f.destination_id, f.reason, f.institution_code)"
    "   ORDER BY f.id)::text FROM filings_filing f WHERE f.person_id = v.person_id AND f.region_id = e.region_id"
    "   AND f.scheme = e.scheme AND f.kind <> 'point' AND f.standing IN ('in_force', 'withdrawn')"
    "   AND f.valid_from <= CASE f.kind WHEN 'recognition' THEN d.day ELSE d.began END AND (f.in_force_until IS NULL"
    "     OR f.in_force_until > CASE f.kind WHEN 'recognition' THEN d.day ELSE d.began END)),"
    " (SELECT s.plan FROM supplement_heldplan s WHERE s.person_id = v.person_id AND s.region_id = e.region_id"
    "   AND s.valid_from <= d.day AND d.day < s.valid_until),"
    " i.code, i.division_id, v.care = 'pharmacy' AND EXISTS (SELECT FROM institutions_dualchannel c"
    "   WHERE c.institution_id = v.institution_id AND c.valid_from <= d.day"
    "   AND (c.valid_until IS NULL OR d.day < c.valid_until)), COALESCE(v.details ->> 'er_flag', '') = '1',"
    " CASE WHEN e.region_id || '/' || e.scheme = ANY (%s::text[]) THEN (SELECT json_agg(json_build_array("
    "   m.month, m.credited, m.paid))::text FROM (SELECT to_char(n.entered_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
    "   AS month, COALESCE(sum(n.amount_fen) FILTER (WHERE n.cause <> 'settlement'), 0)::bigint AS credited,"
    "   -COALESCE(sum(n.amount_fen) FILTER (WHERE n.cause = 'settlement'), 0)::bigint AS paid"
    "   FROM enrolment_personalaccount o JOIN enrolment_accountentry n ON n.account_id = o.id"
    "   WHERE o.person_id = v.person_id AND n.entered_at > d.day - interval '13 months' GROUP BY 1) m) END"
    " FROM visits_visit v"
    " JOIN institutions_institution i ON i.id = v.institution_id"
    " JOIN enrolment_enrolment e ON e.id = v.enrolment_id"
    # The offset keeps the planner from working the day out anew wherever it is used.
    " CROSS JOIN LATERAL (SELECT x.day, extract(year FROM x.day)::smallint AS year,"
    "   (v.began_at AT TIME ZONE 'Asia/Shanghai')::date AS began FROM ("
    "   SELECT CASE WHEN v.care <> 'inpatient' THEN (v.began_at AT TIME ZONE 'Asia/Shanghai')::date"
    "   ELSE COALESCE((v.ended_at AT TIME ZONE 'Asia/Shanghai')::date, %s::date) END AS day) x OFFSET 0) d"
    " WHERE v.id = %s AND v.person_id = (SELECT p.id FROM people_person p WHERE p.number = %s)"
)
_EARLIER_ADMISSIONS: LiteralString = (
    "(SELECT ARRAY[count(DISTINCT o.id) FILTER (WHERE s.benefit_year = d.year),"
    "   count(DISTINCT o.id) FILTER (WHERE s.benefit_year = d.year - 1)] FROM settlement_settlement s"
    "   JOIN visits_visit o ON o.id = s.visit_id WHERE s.person_id = v.person_id"
    "   AND s.benefit_year >= d.year - 1 AND o.care = 'inpatient' AND s.kind <> 'reversal'"
    "   AND NOT EXISTS (SELECT FROM settlement_settlement r WHERE r.reverses_id = s.id)"
    "   AND (o.began_at, o.id) < (v.began_at, v.id))"
)
_INPATIENT_TO_SETTLE: LiteralString = _VISIT_TO_SETTLE.replace("~", _EARLIER_ADMISSIONS)
_OUTPATIENT_TO_SETTLE: LiteralString = _VISIT_TO_SETTLE.replace("~", "'{0,0}'::int[]")


def visit_to_settle(rows: Rows) -> VisitToSettle | None:
    """The visit that was asked for, or nothing when this person has no such visit."""
    row = rows.fetchone()
    return VisitToSettle(*row) if row else None


@dataclass(frozen=True, slots=True)
class BatchSums:
    """One unsettled batch: the sums of its lines in fen; `marked` is JSON of its marked lines: mark and the four parts."""

    batch_id: int
    lines: int
    amount_fen: int
    full_self_pay_fen: int
    over_ceiling_fen: int
    self_pay_first_fen: int
    in_scope_fen: int
    marked: str | None = None


def ask_for_unsettled(raw: Raw, *, visit_id: int, batch_number: str | None) -> Rows:
    """Ask for the sums of a visit's unsettled batches, of one batch when it is named; read them with `batch_sums`."""
    return ask(
        raw,
        # Lateral and scalar subqueries, and a filter instead of a condition that a partial index promises, keep to the
        # index of the batch whatever the statistics of a young table say.
        "SELECT b.id, l.* FROM visits_feebatch b CROSS JOIN LATERAL ("
        "  SELECT count(*) FILTER (WHERE withdrawn_at IS NULL) AS lines,"
        "  (sum(amount_fen) FILTER (WHERE withdrawn_at IS NULL))::bigint,"
        "  (sum(full_self_pay_fen) FILTER (WHERE withdrawn_at IS NULL))::bigint,"
        "  (sum(over_ceiling_fen) FILTER (WHERE withdrawn_at IS NULL))::bigint,"
        "  (sum(self_pay_first_fen) FILTER (WHERE withdrawn_at IS NULL))::bigint,"
        "  (sum(in_scope_fen) FILTER (WHERE withdrawn_at IS NULL))::bigint,"
        "  (json_agg(json_build_array(mark, full_self_pay_fen, over_ceiling_fen, self_pay_first_fen, in_scope_fen))"
        "   FILTER (WHERE mark IS NOT NULL AND withdrawn_at IS NULL))::text"
        "  FROM visits_feeline WHERE batch_id = b.id) l"
        " WHERE b.visit_id = %s AND (%s::text IS NULL OR b.number = %s) AND l.lines > 0"
        " AND (SELECT s.id FROM settlement_settledbatch s WHERE s.batch_id = b.id AND NOT s.is_released) IS NULL"
        " ORDER BY b.id",
        (visit_id, batch_number, batch_number),
    )


def batch_sums(rows: Rows) -> list[BatchSums]:
    """The sums that were asked for."""
    return [BatchSums(*row) for row in rows.fetchall()]


def ask_for_unsettled_lines(raw: Raw, *, visit_id: int) -> Rows:
    """Ask for (line id, line number, batch number) of a visit's lines that are neither withdrawn nor settled."""
    return ask(
        raw,
        "SELECT l.id, l.number, b.number FROM visits_feebatch b"
        " JOIN visits_feeline l ON l.batch_id = b.id AND l.withdrawn_at IS NULL WHERE b.visit_id = %s"
        " AND NOT EXISTS (SELECT FROM settlement_settledbatch s WHERE s.batch_id = b.id AND NOT s.is_released)",
        (visit_id,),
    )


def ask_whether_settled(raw: Raw, *, visit_id: int) -> Rows:
    """Ask whether any settlement of a visit stands; one row if so."""
    return ask(
        raw,
        "SELECT 1 FROM settlement_settlement s WHERE s.visit_id = %s AND s.kind <> 'reversal'"
        " AND NOT EXISTS (SELECT FROM settlement_settlement r WHERE r.reverses_id = s.id) LIMIT 1",
        (visit_id,),
    )


def ask_whether_batch_settled(raw: Raw, *, visit_id: int, batch_number: str) -> Rows:
    """Ask whether a batch of this number is settled; one row if so."""
    return ask(
        raw,
        "SELECT 1 FROM visits_feebatch b JOIN settlement_settledbatch s ON s.batch_id = b.id AND NOT s.is_released"
        " WHERE b.visit_id = %s AND b.number = %s",
        (visit_id, batch_number),
    )


def standing_settlement(*, settlement_id: int) -> tuple[Settlement, Settlement] | None:
    """The settlement of this number and the latest row that stands for it; nothing when there is no such settlement.

    A reversal that 2601 undid was itself reversed, so the chain of `reverses` is followed to its end.
    """
    related = ("visit", "enrolment", "person", "institution__division")
    first = Settlement.objects.select_related(*related).filter(pk=settlement_id).first()
    if first is None:
        return None
    latest = first
    while (after := Settlement.objects.filter(reverses=latest).first()) is not None:
        latest = after
    return first, latest


def has_later_settlement_of_visit(*, settlement: Settlement) -> bool:
    """Whether a newer settlement of the same visit stands (it must be reversed first)."""
    return (
        Settlement.objects.filter(visit_id=settlement.visit_id, pk__gt=settlement.pk, reversal=None)
        .exclude(kind=Settlement.Kind.REVERSAL)
        .exists()
    )


def settlement_of_person(*, settlement_id: int, visit_id: int, person_id: int) -> Settlement | None:
    """One settlement of a person's visit (5203)."""
    return (
        Settlement.objects.select_related("visit", "person", "institution__division", "enrolment__employer")
        .filter(pk=settlement_id, visit_id=visit_id, person_id=person_id)
        .first()
    )


def accumulators_of_person(*, person_id: int) -> list[Accumulator]:
    """All years' accumulators of a person, newest first (5206)."""
    return list(Accumulator.objects.filter(person_id=person_id).order_by("-year", "scheme"))
