"""Officers of two regions, stays played on chosen days, and the steps of a month's clearing between the two."""

from dataclasses import dataclass
from datetime import date, datetime

from yibao.domains.interregional.models import RegionClaim
from yibao.domains.interregional.queries import pair_balances
from yibao.domains.ledger.queries import balance_fen
from yibao.workflows import clear_regions

from .hospital import BEIJING
from .office_records import new_member, sender_at
from .two_regions import AWAY, HOME

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
CARE_OFFICERS, HOME_OFFICERS = ("shen", "xu"), ("wang", "li")


def moment(text):
    """A moment on Beijing's clock."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


@dataclass
class Officers:
    """Two agency officers of each region."""

    care: tuple
    home: tuple


def appoint_officers():
    """Two officers each, so that four eyes can see."""
    return Officers(
        care=tuple(new_member(name, "agency", region=AWAY) for name in CARE_OFFICERS),
        home=tuple(new_member(name, "agency", region=HOME) for name in HOME_OFFICERS),
    )


def stay_away(away, person, total="30000.00", *, until="2026-11-09", account="0"):
    """A stay in the other region that is settled on its last day; gives visit and setlinfo."""
    first = until[:-2] + "02"
    away.send = sender_at(moment(f"{until} 12:00"))
    visit = away.admit(person, at=f"{first} 10:00:00")
    away.ward_charge(person, visit, total, at=f"{first} 11:00:00")
    away.discharge(person, visit, at=f"{until} 10:00:00")
    bill = away.expect("2304", away.stay_bill(person, visit, total, account=account))["setlinfo"]
    return visit, bill


def drawn(officers, month=NOVEMBER, *, at="2026-12-02 09:00"):
    """The month's statement as the place of care drew it up."""
    return clear_regions.draw(
        care_region=AWAY, enrolment_region=HOME, month=month, member=officers.care[0], at=moment(at)
    )


def issued(officers, month=NOVEMBER, *, at="2026-12-02 09:00"):
    """The month's statement, issued."""
    statement = drawn(officers, month, at=at)
    clear_regions.issue(statement, member=officers.care[1], at=moment(at))
    return statement


def cleared(statement, officers, *, at="2026-12-10 09:00"):
    """Confirmed and paid; gives the payment."""
    clear_regions.confirm(statement, member=officers.home[0], at=moment(at))
    document = f"京清〔2026〕{statement.pk}号"
    return clear_regions.pay(statement, document=document, member=officers.home[1], at=moment(at))


def owed(book="employee"):
    """What the two ledgers say: (claimed by the place of care, owed by the place of enrolment)."""
    claim = balance_fen(book=book, account="110102", region=AWAY, counterparty=HOME)
    return claim, -balance_fen(book=book, account="200102", region=HOME, counterparty=AWAY)


def claims():
    """All claims in their order."""
    return list(RegionClaim.objects.order_by("pk").values_list("amount_fen", flat=True))


def balanced():
    """Whether the ledgers of every pair agree."""
    return all(pair.agrees for pair in pair_balances())
