"""Moving money of a personal account: balance and entry in one statement, never one without the other."""

from collections.abc import Sequence
from datetime import datetime

from yibao.domains.storage import Write, array_of


def account_moved(*, person_id: int, amount_fen: int, cause: str, cause_id: int, entered_at: datetime) -> list[Write]:
    """The writes that add a signed amount to a person's account and enter it; an overdraft fails the transaction."""
    return [
        Write(
            "moved_account",
            "UPDATE enrolment_personalaccount a SET balance_fen = a.balance_fen + %s::bigint /*from each*/"
            " WHERE a.person_id = %s RETURNING a.id, a.person_id, a.balance_fen",
            (amount_fen, person_id),
        ),
        Write(
            "account_entry",
            "INSERT INTO enrolment_accountentry"
            " (account_id, amount_fen, balance_after_fen, cause, cause_id, entered_at)"
            " SELECT moved_account.id, %s::bigint, moved_account.balance_fen, %s, %s::bigint, %s::timestamptz"
            " FROM /*each,*/ moved_account WHERE moved_account.person_id = %s",
            (amount_fen, cause, cause_id, entered_at, person_id),
        ),
    ]


def relatives_accounts_moved(
    *, person_ids: Sequence[int], amounts_fen: Sequence[int], cause: str, cause_id: int, entered_at: datetime
) -> list[Write]:
    """The same for several persons' accounts at once, each by its own amount; none of them may be named twice."""
    return [
        Write(
            "moved_relatives_accounts",
            "UPDATE enrolment_personalaccount a SET balance_fen = a.balance_fen + part.fen"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS part(person_id, fen) WHERE a.person_id = part.person_id"
            " RETURNING a.id, part.fen, a.balance_fen",
            (array_of(person_ids), array_of(amounts_fen)),
        ),
        Write(
            "relatives_account_entries",
            "INSERT INTO enrolment_accountentry"
            " (account_id, amount_fen, balance_after_fen, cause, cause_id, entered_at)"
            " SELECT id, fen, balance_fen, %s, %s::bigint, %s::timestamptz FROM moved_relatives_accounts",
            (cause, cause_id, entered_at),
        ),
    ]
