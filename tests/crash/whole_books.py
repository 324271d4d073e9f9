"""What must hold in the database after whatever happened: every message has one effect, and every account adds up."""

from collections import Counter

from tests.journeys.sum_rules import check_settlement_answer


def check_messages(connection, sent):
    """Every message that was answered is kept once, with the very bytes of its answer; no other is kept."""
    kept = {
        msgid: (infno, bytes(body), bytes(answer), state)
        for msgid, infno, body, answer, state in connection.execute(
            "SELECT msgid, infno, body, answer, state FROM message_store_message"
        )
    }
    undone = {msgid for msgid, (_, _, _, state) in kept.items() if state == "reversed"}
    for message in sent:
        assert len(set(message.answers)) == 1
        assert kept[message.msgid][:3] == (message.infno, message.body, message.answers[0])
        check_settlement_answer(message.answers[0])
    assert kept.keys() ^ {message.msgid for message in sent} == set()
    assert len(undone) == sum(message.infno == "2601" for message in sent)


def check_effects(connection, sent):
    """As many visits, lines, settlements and reversals stand as were asked for: none lost, none double."""
    asked = Counter(message.infno for message in sent)

    def count(statement):
        return connection.execute(statement).fetchone()[0]

    assert count("SELECT count(*) FROM visits_visit") == asked["2201"]
    assert count("SELECT count(*) FROM visits_feeline") == asked["2204"]
    kinds = dict(connection.execute("SELECT kind, count(*) FROM settlement_settlement GROUP BY kind").fetchall())
    assert kinds.get("settlement", 0) == asked["2207"]
    assert kinds.get("reversal", 0) == asked["2208"] + asked["2601"]
    by_message = connection.execute("SELECT msgid, count(*) FROM settlement_settlement GROUP BY msgid").fetchall()
    wanted = {m.msgid: 1 for m in sent if m.infno in {"2207", "2208", "2601"}}
    assert dict(by_message).items() ^ wanted.items() == set()


NOTHING = {
    "a settlement that moved money without a journal": """
        SELECT s.id FROM settlement_settlement s WHERE (s.fund_fen <> 0 OR s.account_fen <> 0)
        AND NOT EXISTS (SELECT FROM ledger_journal j WHERE j.cause = 'settlement' AND j.cause_id = s.id)""",
    "a journal without a settlement": """
        SELECT j.id FROM ledger_journal j
        WHERE NOT EXISTS (SELECT FROM settlement_settlement s WHERE j.cause = 'settlement' AND s.id = j.cause_id)""",
    "two journals of one settlement in one book": """
        SELECT cause_id FROM ledger_journal GROUP BY cause, cause_id, book_id, region_id HAVING count(*) > 1""",
    "a journal that does not balance or lacks entries": """
        SELECT j.id FROM ledger_journal j LEFT JOIN ledger_entry e ON e.journal_id = j.id GROUP BY j.id
        HAVING COALESCE(sum(e.debit_fen - e.credit_fen), 1) <> 0 OR count(e.id) <> cardinality(j.debits_fen)""",
    "a book whose debits are not its credits": """
        SELECT a.book_id FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id GROUP BY a.book_id
        HAVING sum(e.debit_fen) <> sum(e.credit_fen)""",
    "a journal whose amounts are not the settlement's": """
        SELECT s.id FROM settlement_settlement s JOIN ledger_journal j ON j.cause_id = s.id
        JOIN ledger_entry e ON e.journal_id = j.id GROUP BY s.id
        HAVING sum(e.debit_fen) <> s.fund_fen + s.account_fen""",
    "an account whose balance is not what its entries add up to": """
        SELECT a.id FROM enrolment_personalaccount a LEFT JOIN enrolment_accountentry e ON e.account_id = a.id
        GROUP BY a.id HAVING COALESCE(sum(e.amount_fen), 0) <> a.balance_fen OR a.balance_fen < 0""",
    "a settlement whose account payment is not entered once": """
        SELECT s.id FROM settlement_settlement s LEFT JOIN enrolment_accountentry e
        ON e.cause = 'settlement' AND e.cause_id = s.id GROUP BY s.id
        HAVING COALESCE(sum(e.amount_fen), 0) <> -s.account_fen OR count(e.id) <> (s.account_fen <> 0)::int""",
    "accumulators that are not the sum of their changes": """
        SELECT a.id FROM settlement_accumulator a, jsonb_each_text(a.amounts) AS held(name, fen)
        WHERE held.fen::bigint <> (SELECT COALESCE(sum((s.accumulator_changes ->> held.name)::bigint), 0)
          FROM settlement_settlement s WHERE s.person_id = a.person_id AND s.benefit_year = a.year)""",
    "a settlement that breaks an identity": """
        SELECT id FROM settlement_settlement WHERE total_fen <> full_self_pay_fen + over_ceiling_fen
        + self_pay_first_fen + in_scope_fen OR total_fen <> fund_fen + person_fen + hospital_fen
        OR person_fen <> account_fen + cash_fen""",
    "a standing settlement without its batch, or a reversed one that holds it": """
        SELECT s.id FROM settlement_settlement s WHERE s.kind = 'settlement' AND
        (SELECT count(*) FROM settlement_settledbatch b WHERE b.settlement_id = s.id AND NOT b.is_released)
        <> (NOT EXISTS (SELECT FROM settlement_settlement r WHERE r.reverses_id = s.id))::int""",
    "a standing settlement whose total is not that of its lines": """
        SELECT s.id FROM settlement_settlement s JOIN settlement_settledbatch b ON b.settlement_id = s.id AND NOT b.is_released
        JOIN visits_feeline l ON l.batch_id = b.batch_id AND l.withdrawn_at IS NULL GROUP BY s.id
        HAVING sum(l.amount_fen) <> s.total_fen""",
    "a deductible borne beyond its height": """
        SELECT id FROM settlement_accumulator WHERE (amounts ->> 'outpatient_deductible')::bigint > 180000""",
}


def check_books(connection):
    """Assert that there is no such thing."""
    found = {name: connection.execute(statement).fetchall() for name, statement in NOTHING.items()}
    assert {name: rows for name, rows in found.items() if rows} == {}
