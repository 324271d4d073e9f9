"""Moving money of a personal account: balance and entry in one statement, never one without the other."""

from datetime import datetime

from yibao.domains.storage import Raw, ask


def move_account(raw: Raw, *, person_id: int, amount_fen: int, cause: str, cause_id: int, entered_at: datetime) -> None:
    """Add a signed amount to a person's account and enter it; an overdraft fails the transaction."""
    ask(
        raw,
        "WITH moved AS (UPDATE enrolment_personalaccount SET balance_fen = balance_fen + %s WHERE person_id = %s"
        " RETURNING id, balance_fen)"
        " INSERT INTO enrolment_accountentry (account_id, amount_fen, balance_after_fen, cause, cause_id, entered_at)"
        " SELECT id, %s, balance_fen, %s, %s, %s FROM moved",
        (amount_fen, person_id, amount_fen, cause, cause_id, entered_at),
    )
