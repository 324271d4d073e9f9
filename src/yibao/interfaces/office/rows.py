"""Settlements as rows of a list: plain data in the reader's language, masked as far as the role demands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from yibao.core.identity import mask
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.queries import Scope
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.words import scheme_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRow:
    """One settlement in a list; amounts in fen, `standing` is standing, reversed, reversal or reinstatement."""

    number: int
    visit: int
    msgid: str
    settled_at: datetime
    institution: str
    institution_code: str
    person: str
    person_number: str
    document: str
    scheme: str
    care: str
    standing: str
    standing_name: str
    total_fen: int
    fund_fen: int
    account_fen: int
    cash_fen: int


def settlement_rows(settlements: Iterable[Settlement], scope: Scope) -> list[SettlementRow]:
    """Make rows of settlements that came with person, institution, enrolment, visit and reversal."""
    return [_row(settlement, scope) for settlement in settlements]


def standing_of(settlement: Settlement) -> tuple[str, str]:
    """Whether a settlement stands, as a key and in the reader's words."""
    if settlement.kind == Settlement.Kind.REVERSAL:
        return "reversal", _("reversal")
    if hasattr(settlement, "reversal"):
        return "reversed", _("reversed")
    if settlement.kind == Settlement.Kind.REINSTATEMENT:
        return "reinstatement", _("reinstated")
    return "standing", _("stands")


def _row(settlement: Settlement, scope: Scope) -> SettlementRow:
    standing, standing_name = standing_of(settlement)
    person = settlement.person
    return SettlementRow(
        number=settlement.pk,
        visit=settlement.visit_id,
        msgid=settlement.msgid,
        settled_at=settlement.settled_at,
        institution=settlement.institution.name,
        institution_code=settlement.institution.code,
        person=person.name if scope.sees_names else mask_name(person.name),
        person_number=person.number,
        document=mask(person.document_number),
        scheme=scheme_name(settlement.enrolment.scheme),
        care=settlement.visit.get_care_display(),
        standing=standing,
        standing_name=standing_name,
        total_fen=settlement.total_fen,
        fund_fen=settlement.fund_fen,
        account_fen=settlement.account_fen,
        cash_fen=settlement.cash_fen,
    )
