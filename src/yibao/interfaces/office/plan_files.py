"""The columns of an insurer's list of policies, in Chinese and English, and what is wrong with a row in words."""

from collections.abc import Mapping, Sequence
from typing import Final

from yibao.interfaces.office.table_files import read_table
from yibao.interfaces.office.texts import text_of
from yibao.workflows.take_in_plans import PlanRow, Taken

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "person": ("证件号码", "人员编号", "person"),
    "plan": ("产品代码", "plan"),
    "policy_number": ("保单号", "policy_number"),
    "first_day": ("生效日期", "first_day"),
    "last_day": ("终止日期", "last_day"),
    "premium": ("保费", "premium"),
}
_NEEDED: Final = ("person", "plan", "policy_number", "first_day", "last_day")


def plan_rows(content: bytes) -> list[PlanRow]:
    """The rows of a file.

    :raises UnreadableTableError, MissingColumnError: the file cannot be read.
    """
    return [
        PlanRow(
            line=int(row["_line"]),
            person=row["person"],
            plan=row["plan"],
            policy_number=row["policy_number"],
            first_day=row["first_day"],
            last_day=row["last_day"],
            premium=row.get("premium", "0"),
        )
        for row in read_table(content, COLUMNS, needed=_NEEDED)
    ]


def fault_sentences(taken: Taken) -> list[tuple[int, str]]:
    """Line and sentence of every row that is wrong."""
    return [(fault.line, text_of(fault.error)) for fault in taken.faults]
