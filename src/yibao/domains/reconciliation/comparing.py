"""Rows of an institution's file against the settlements here: one join in the database, whatever the number of rows.

A row names a settlement by its number; a refund may stand under the number of the reversal or, with a negative amount, under
that of the settlement it takes back (both are seen). Rows are told apart by the settlement at the root of their chain,
whether they are refunds, and their place among the like: a second one is repeated.
"""

from collections.abc import Iterable
from typing import Final, LiteralString, NamedTuple

from yibao.domains.reconciliation.practices import Practice
from yibao.domains.reconciliation.totals import CARE, OF_PERIOD, Period, Totals, counted, parameters_of
from yibao.domains.storage import Raw, ask


class Claims(NamedTuple):
    """Rows of an institution's file, column by column as texts of arrays; amounts in fen.

    `setl_ids` are the numbers as they were sent, of letters, digits, `-` and `_`; `settlements` the same as numbers, NULL where it
    can be none of ours. `flags` are 1 where a row says that it is a refund: so it is when its total is negative, or nothing.
    """

    rows: int
    lines: str
    setl_ids: str
    settlements: str
    visits: str
    persons: str
    totals_fen: str
    funds_fen: str
    accounts_fen: str
    flags: str


_CLAIMED: LiteralString = (
    "CREATE TEMP TABLE claimed_rows (line bigint, setl_id text, settlement bigint, visit text, person text,"
    " total_fen bigint, fund_fen bigint, account_fen bigint, is_refund boolean) ON COMMIT DROP"
)
_TAKE: LiteralString = (
    "INSERT INTO claimed_rows SELECT line, setl_id, settlement, visit, person, total_fen, fund_fen, account_fen,"
    " total_fen < 0 OR (total_fen = 0 AND flag = 1) FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[],"
    " %s::bigint[], %s::bigint[], %s::bigint[], %s::int[])"
    " AS t (line, setl_id, settlement, visit, person, total_fen, fund_fen, account_fen, flag)"
)
_FOUND: LiteralString = (
    "CREATE TEMP TABLE found_rows (id bigint, root bigint, is_refund boolean, place bigint, visit_id bigint, person_id bigint,"
    " care text, kind text, msgid text, infno text, settled_at timestamptz, total_fen bigint, fund_fen bigint,"
    " account_fen bigint, cash_fen bigint) ON COMMIT DROP"
)
_FINDING: LiteralString = (
    "INSERT INTO found_rows (root, place, is_refund, id, visit_id, person_id, kind, msgid, infno, settled_at, total_fen,"
    " fund_fen, account_fen, cash_fen, care) SELECT CASE s.kind WHEN 'settlement' THEN s.id ELSE yibao_settlement_root(s.id) END,"
    " 1, s.kind = 'reversal', s.id, s.visit_id, s.person_id, s.kind, s.msgid, s.infno, s.settled_at, s.total_fen, s.fund_fen,"
    " s.account_fen, s.cash_fen, "
)
_FIND: LiteralString = _FINDING + CARE
# Nearly every row is the only one of its kind: places are counted only among those that are not.
_PLACE_FOUND: LiteralString = (
    "WITH many AS (SELECT root, is_refund FROM found_rows GROUP BY root, is_refund HAVING count(*) > 1), placed AS ("
    " SELECT id, row_number() OVER (PARTITION BY root, is_refund ORDER BY id) AS place FROM found_rows"
    " JOIN many USING (root, is_refund)) UPDATE found_rows f SET place = p.place FROM placed p WHERE f.id = p.id"
)
# Only a number that the period does not have is looked up among all settlements.
_NAMED: LiteralString = (
    "CREATE TEMP TABLE named_rows ON COMMIT DROP AS SELECT c.*, COALESCE(f.root, elsewhere.root) AS root,"
    " c.is_refund OR COALESCE(f.is_refund, elsewhere.kind = 'reversal', false) AS as_refund, 1::bigint AS place,"
    " COALESCE(COALESCE(f.root, elsewhere.root)::text, '?' || c.setl_id) AS thing"
    " FROM claimed_rows c LEFT JOIN found_rows f ON f.id = c.settlement"
    " LEFT JOIN LATERAL (SELECT s.kind, CASE s.kind WHEN 'settlement' THEN s.id ELSE yibao_settlement_root(s.id) END AS root"
    "  FROM settlement_settlement s WHERE f.id IS NULL AND s.id = c.settlement AND s.institution_id = %s) elsewhere ON true"
)
_PLACE_NAMED: LiteralString = (
    "WITH many AS (SELECT thing, as_refund FROM named_rows GROUP BY thing, as_refund HAVING count(*) > 1), placed AS ("
    " SELECT line, row_number() OVER (PARTITION BY thing, as_refund ORDER BY line) AS place FROM named_rows"
    " JOIN many USING (thing, as_refund)) UPDATE named_rows n SET place = p.place FROM placed p WHERE n.line = p.line"
)
_JOINED: LiteralString = (
    "CREATE TEMP TABLE joined_rows ON COMMIT DROP AS SELECT n.line, n.setl_id, n.visit, n.person, n.total_fen AS claimed_total,"
    " n.fund_fen AS claimed_fund, n.account_fen AS claimed_account, n.place, n.root AS named_root,"
    " COALESCE(f.is_refund, n.as_refund) AS is_refund, f.id, f.root, f.visit_id, f.person_id, f.care, f.kind, f.msgid,"
    " f.infno, f.settled_at, f.total_fen, f.fund_fen, f.account_fen FROM named_rows n FULL JOIN found_rows f"
    " ON f.root = n.root AND f.is_refund = n.as_refund AND f.place = n.place WHERE n.line IS NULL OR f.id IS NULL"
    " OR (n.total_fen, n.fund_fen, n.account_fen) <> (f.total_fen, f.fund_fen, f.account_fen)"
    " OR (n.visit <> '' AND n.visit <> f.visit_id::text)"
)
# What stands both here and there differs in its amounts or its visit.
_BOTH: LiteralString = (
    "CASE WHEN (j.claimed_total, j.claimed_fund, j.claimed_account) <> (j.total_fen, j.fund_fen, j.account_fen)"
    " THEN 'amounts' ELSE 'visit' END"
)
# What stands only here is a settlement, or a reversal of one, that the institution does not know of.
_HERE: LiteralString = (
    "CASE WHEN j.msgid LIKE 'RECALC%' THEN 'recalculated' WHEN j.infno = '2601' AND j.is_refund THEN 'undone_shown'"
    " WHEN j.kind = 'reinstatement' THEN 'reinstated' WHEN j.is_refund THEN 'reversed_here'"
    " WHEN EXISTS (SELECT FROM found_rows r WHERE r.root = j.root AND r.is_refund AND r.id > j.id) THEN 'came_and_went'"
    " ELSE 'only_here' END"
)
# What stands only there: said twice, unknown, a refund that never came, or something that this period does not count.
_THERE: LiteralString = (
    "CASE WHEN j.place > 1 THEN 'repeated' WHEN k.id IS NULL OR k.infno = 'byhand' THEN 'only_there'"
    " WHEN j.is_refund AND k.reversal IS NULL THEN 'refund_only_there'"
    " WHEN k.undone AND NOT %s THEN 'undone' WHEN NOT k.stands AND %s THEN 'left_out' ELSE 'elsewhere' END"
)
_KNOWN: LiteralString = (
    " FROM joined_rows j LEFT JOIN LATERAL (SELECT s.id, s.infno, v.care, s.settled_at, s.msgid, r.id AS reversal,"
    "  COALESCE(r.infno = '2601', false) AS undone, yibao_settlement_stands(s.id) AS stands"
    "  FROM settlement_settlement s JOIN visits_visit v ON v.id = s.visit_id"
    "  LEFT JOIN settlement_settlement r ON r.reverses_id = s.id WHERE j.id IS NULL AND s.id = j.named_root) k ON true"
    " LEFT JOIN people_person p ON p.id = j.person_id"
)
_CAUSES: LiteralString = (
    "CASE situation WHEN 'amounts' THEN 'amounts' WHEN 'visit' THEN 'visit' WHEN 'reversed_here' THEN 'reversed'"
    " WHEN 'undone_shown' THEN 'reversed' WHEN 'undone' THEN 'reversed' WHEN 'left_out' THEN 'reversed'"
    " WHEN 'repeated' THEN 'repeated' WHEN 'elsewhere' THEN 'elsewhere' WHEN 'only_there' THEN 'only_there'"
    " WHEN 'refund_only_there' THEN 'only_there' WHEN 'recalculated' THEN CASE WHEN is_refund THEN 'reversed' ELSE 'only_here' END"
    " ELSE 'only_here' END"
)
_MENDED: LiteralString = (
    "CASE WHEN situation IN ('only_here', 'reversed_here') THEN '2601'"
    " WHEN situation IN ('amounts', 'visit', 'recalculated', 'reinstated', 'elsewhere', 'left_out') THEN '5203'"
    " WHEN situation IN ('only_there', 'undone') THEN CASE of_care WHEN 'inpatient' THEN '2304' WHEN 'pharmacy' THEN '2102'"
    "  ELSE '2207' END"
    " WHEN situation = 'refund_only_there' THEN CASE of_care WHEN 'inpatient' THEN '2305' WHEN 'pharmacy' THEN '2103'"
    "  ELSE '2208' END ELSE '' END"
)
_TELLING: LiteralString = (
    " END AS situation, k.id AS known_id, k.infno AS known_infno, k.msgid AS known_msgid, k.settled_at AS known_at,"
    " COALESCE(j.care, k.care, %s) AS of_care, p.number AS number"
)
_INSERTING: LiteralString = (
    "), kept AS (INSERT INTO reconciliation_reconciliationdifference (run_id, cause, situation, mended_by, settlement_id,"
    " line, setl_id, visit_number, person_number, msgid, infno, settled_at, is_refund, claimed_total_fen, claimed_fund_fen,"
    " claimed_account_fen, found_total_fen, found_fund_fen, found_account_fen) SELECT %s, "
)
_COLUMNS: LiteralString = (
    ", CASE WHEN situation <> 'only_there' THEN COALESCE(id, known_id) END, line, COALESCE(setl_id, id::text),"
    " COALESCE(visit_id::text, visit), COALESCE(number, person), CASE WHEN situation = 'only_there' THEN ''"
    "  ELSE COALESCE(msgid, known_msgid, '') END, CASE WHEN situation = 'only_there' THEN '' ELSE COALESCE(infno, known_infno, '') END,"
    " CASE WHEN situation <> 'only_there' THEN COALESCE(settled_at, known_at) END, is_refund, claimed_total, claimed_fund,"
    " claimed_account, total_fen, fund_fen, account_fen FROM told ORDER BY line NULLS LAST, id RETURNING 1)"
    " SELECT count(*) FROM kept"
)
_PARTS: Final[tuple[LiteralString, ...]] = (
    "WITH told AS (SELECT j.*, CASE WHEN j.id IS NULL THEN ", _THERE, " WHEN j.line IS NULL THEN ", _HERE, " ELSE ",
    _BOTH, _TELLING, _KNOWN, _INSERTING, _CAUSES, ", situation, ", _MENDED, _COLUMNS,
)  # fmt: skip
_KEEP: Final[LiteralString] = "".join(_PARTS)


class Compared(NamedTuple):
    """What a comparison came to: rows of the file and their sums, what stands here, and how many rows differ."""

    rows: int
    claimed: Totals
    found: Totals
    differences: int


def compare(raw: Raw, claims: Iterable[Claims], *, run_id: int, period: Period, practice: Practice) -> Compared:
    """Hold a file's rows against the settlements of a period and keep what differs under a run that is about to be kept.

    Rows travel as arrays of columns, some thousands at a time, and are never all in memory.
    """
    ask(raw, "DROP TABLE IF EXISTS pg_temp.claimed_rows, pg_temp.found_rows, pg_temp.named_rows, pg_temp.joined_rows")
    ask(
        raw, "SELECT set_config('work_mem', '128MB', true)"
    )  # a million rows are sorted and hashed in memory, not on disk
    ask(raw, _CLAIMED)
    ask(raw, _FOUND)
    rows = 0
    for some in claims:
        ask(raw, _TAKE, some[1:]).fetchall()  # wait, or the whole file would pile up here
        rows += some.rows
    ask(raw, _FIND + OF_PERIOD + counted(practice), parameters_of(period))
    ask(raw, _PLACE_FOUND)
    ask(raw, "ANALYZE claimed_rows")
    ask(raw, "ANALYZE found_rows")
    ask(raw, _NAMED, (period.institution_id,))
    ask(raw, _PLACE_NAMED)
    ask(raw, _JOINED)
    is_left_out = practice.reversals == "left_out"
    kept = ask(raw, _KEEP, (practice.shows_undone, is_left_out, period.care, run_id)).fetchone()
    assert kept is not None
    return Compared(rows, _claimed(raw, rows), _found(raw, practice), int(kept[0]))


def _claimed(raw: Raw, rows: int) -> Totals:
    """What the file comes to."""
    row = ask(
        raw,
        "SELECT COALESCE(sum(total_fen), 0)::bigint, COALESCE(sum(fund_fen), 0)::bigint,"
        " COALESCE(sum(account_fen), 0)::bigint FROM claimed_rows",
    ).fetchone()
    assert row is not None
    return Totals(rows, *row)


def _found(raw: Raw, practice: Practice) -> Totals:
    """What stands here in the period."""
    row = ask(
        raw,
        "SELECT count(*) - 2 * (count(*) FILTER (WHERE is_refund AND %s)), COALESCE(sum(total_fen), 0)::bigint,"
        " COALESCE(sum(fund_fen), 0)::bigint, COALESCE(sum(account_fen), 0)::bigint, COALESCE(sum(cash_fen), 0)::bigint"
        " FROM found_rows",
        (practice.reversals == "netted",),
    ).fetchone()
    assert row is not None
    return Totals(*row)
