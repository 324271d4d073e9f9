"""Moving money of a personal account: balance and entry in one statement, never one without the other."""

from datetime import datetime

from yibao.domains.storage import Write


def account_moved(*, person_id: int, amount_fen: int, cause: str, cause_id: int, entered_at: datetime) -> list[Write]:
    """The writes that add a signed amount to a person's account and enter it; an overdraft fails the transaction."""
    return [
        Write(
            "moved_account",
            "UPDATE enrolment_personalaccount SET balance_fen = balance_fen + %s WHERE person_id = %s"
            " RETURNING id, balance_fen",
            (amount_fen, person_id),
        ),
        Write(
            "account_entry",
            "INSERT INTO enrolment_accountentry"
            " (account_id, amount_fen, balance_after_fen, cause, cause_id, entered_at)"
            " SELECT id, %s::bigint, balance_fen, %s, %s::bigint, %s::timestamptz FROM moved_account",
            (amount_fen, cause, cause_id, entered_at),
        ),
    ]
