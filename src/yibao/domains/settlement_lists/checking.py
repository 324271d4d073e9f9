"""What the checks find in a settlement list (清单质控): pure, over what was sent and what was settled."""

from typing import Final, NamedTuple

from yibao.domains.settlement_lists.check_kinds import KINDS
from yibao.domains.settlement_lists.checks import CHECKS, Check
from yibao.domains.settlement_lists.sent_lists import SentList, age_in_days

ERROR: Final = "1"
"""The level of a finding that sends the list back."""
_LEVELS: Final = {"error": ERROR, "warning": "2"}


class Finding(NamedTuple):
    """What was found: which check, how grave (1 error, 2 warning), in which field, the value sent."""

    check_id: str
    level: str
    field: str
    value: str


def findings_of(sent: SentList) -> list[Finding]:
    """All that the checks find, in their order."""
    return [
        Finding(check.id, _LEVELS[check.level], field[:100], str("" if value is None else value)[:60])
        for check in CHECKS
        if _applies(check, sent)
        for field, value in KINDS[check.kind](check, sent)
    ]


def _applies(check: Check, sent: SentList) -> bool:
    """Whether the circumstances are those of the check."""
    when = check.when
    if when.care is not None and sent.settled.care != when.care:
        return False
    if when.medical_type is not None and sent.settled.medical_type != when.medical_type:
        return False
    if when.field is not None and sent.head.get(when.field) not in when.values:
        return False
    if when.age_days_at_most is not None:
        days = age_in_days(sent.head)
        if days is None or days > when.age_days_at_most:
            return False
    if when.diagnoses:
        codes = (row["diag_code"] or "" for row in sent.nodes.get("diseinfo", ()))
        return any(code.startswith(when.diagnoses) and code not in when.but for code in codes)
    return True
