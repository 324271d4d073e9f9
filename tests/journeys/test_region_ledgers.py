"""Whatever two regions do with each other, each one's ledger balances and both say the same: a long random month, twice."""

import random
from datetime import date

import pytest
from django.db import connection

from yibao.domains.interregional.models import ClearingItem, ClearingStatement, RegionClaim
from yibao.domains.interregional.queries import owing, pair_balances
from yibao.domains.ledger.models import Fund
from yibao.domains.settlement.found_settlements import SettlementSearch, found_settlements
from yibao.domains.staff.queries import scope_of
from yibao.workflows import clear_regions, investigate_claims, prepay_regions

from .hospital import Hospital
from .office_records import new_member, sender_at
from .records import check_deferred_rules
from .region_clearing import appoint_officers, moment, stay_away
from .two_regions import AWAY, AWAY_HOSPITAL, HOME, found_second_region, person_of

pytestmark = pytest.mark.usefixtures("town")
STEPS = 14


def trial_balances():
    """Debits less credits of every region and book: all nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.region_id, j.book_id, sum(e.debit_fen - e.credit_fen) FROM ledger_entry e"
            " JOIN ledger_journal j ON j.id = e.journal_id GROUP BY 1, 2"
        )
        return {(region, book): int(fen) for region, book, fen in cursor.fetchall()}


class Month:
    """Care both ways, reversals, concessions and a prepaid fund, as chance has it."""

    def __init__(self, seed):
        self.chance, self.away, self.home = random.Random(seed), found_second_region(), Hospital()
        self.officers, self.stays, self.asked = appoint_officers(), [], set()

    def guest_from_home(self):
        scheme, status = self.chance.choice([("310", "active"), ("310", "retired"), ("390", "working_age")])
        person = person_of(HOME, scheme=scheme, status=status, balance_fen=self.chance.choice([0, 40_000]))
        if scheme == "310":
            total = f"{self.chance.randint(2_000, 90_000)}.{self.chance.randint(0, 99):02d}"
            visit, bill = stay_away(self.away, person, total, account=self.chance.choice("01"))
            self.stays.append((person, visit, bill["setl_id"]))
        else:
            self.away.send = sender_at(moment("2026-11-12 12:00"))
            self.away.visit(person, "4321.00", insutype="390")

    def guest_from_away(self):
        guest = person_of(AWAY)
        visit = self.home.register(guest, insuplc="310000")
        self.home.expect("2204", {"feedetail": [self.home.line(guest, visit, price="9000.00")]}, insuplc="310000")
        self.home.expect("2207", self.home.bill(guest, visit, "9000.00"), insuplc="310000")

    def reversal(self):
        free = [stay for stay in self.stays if int(stay[2]) not in self.asked]
        if free:
            person, visit, settlement = free[0]
            self.stays.remove(free[0])
            self.away.send = sender_at(moment("2026-11-20 12:00"))
            self.away.expect("2305", self.away.reversal(person, visit, settlement))

    def concession(self):
        free = [int(stay[2]) for stay in self.stays if int(stay[2]) not in self.asked]
        claim = RegionClaim.objects.filter(pk__in=free).first()
        if claim is not None:
            self.asked.add(claim.pk)
            at = moment("2026-11-21 09:00")
            asked = {"reason": "amount", "question": "核实", "member": self.officers.home[0], "at": at}
            made = investigate_claims.answer(
                investigate_claims.ask(claim, **asked), finding="partly", explanation="核减",
                conceded_fen={claim.fund_codes[0]: self.chance.randint(1, 5_000)}, proofs=[],
                member=self.officers.care[0], at=at,
            )  # fmt: skip
            investigate_claims.decide(made, is_approved=True, member=self.officers.care[1], at=at)

    def prepayment(self):
        order = prepay_regions.ask_for_movement(
            care_region=AWAY, enrolment_region=HOME, fund=Fund.objects.get(code="310100"), kind="top_up",
            amount_fen=self.chance.randint(1, 10_000_000), document=f"{self.chance.random()}", reason="",
            member=self.officers.care[0], at=moment("2026-11-22 09:00"),
        )  # fmt: skip
        prepay_regions.decide(order, is_approved=True, member=self.officers.home[0], at=moment("2026-11-22 10:00"))

    def cleared(self):
        """The month of both directions, the first of its lines disputed."""
        at = moment("2027-03-02 09:00")
        for region, mine in ((AWAY, self.officers.care), (HOME, self.officers.home)):
            clear_regions.draw_all(month=date(2027, 2, 1), member=mine[0], at=at)
            for statement in ClearingStatement.objects.filter(care_region=region):
                self._cleared(statement, mine, at)

    def _cleared(self, statement, mine, at):
        theirs = self.officers.home if mine is self.officers.care else self.officers.care
        clear_regions.issue(statement, member=mine[1], at=at)
        item = ClearingItem.objects.filter(statement=statement, claim__isnull=False, amount_fen__gt=0).last()
        is_turned = item is not None and RegionClaim.objects.filter(settlement__reverses=item.claim_id).exists()
        if item is not None and item.claim_id not in self.asked and not is_turned:
            investigate_claims.dispute(item, reason="other", question="?", member=theirs[0], at=at)
        clear_regions.confirm(statement, member=theirs[0], at=at)
        clear_regions.pay(statement, document="清算", member=theirs[1], at=at)


@pytest.mark.parametrize("seed", [5, 23])
def test_a_random_month_balances_at_every_step(seed):
    month = Month(seed)
    steps = [
        month.guest_from_home,
        month.guest_from_home,
        month.guest_from_away,
        month.reversal,
        month.concession,
        month.prepayment,
    ]

    for _ in range(STEPS):
        month.chance.choice(steps)()
        check_deferred_rules()
        assert all(pair.agrees for pair in pair_balances())
        assert not any(trial_balances().values())
    before = {(pair.care_region, pair.enrolment_region): pair.claimed_fen for pair in pair_balances()}
    assert before == _sums(owing())
    month.cleared()
    check_deferred_rules()
    assert not any(trial_balances().values())
    after = {(pair.care_region, pair.enrolment_region): pair.claimed_fen for pair in pair_balances()}
    held = ClearingItem.objects.filter(is_held=True).values_list(
        "statement__care_region", "statement__enrolment_region", "amount_fen"
    )
    assert {pair: fen for pair, fen in after.items() if fen} == {(care, home): fen for care, home, fen in held}
    assert after == {pair: _sums(owing()).get(pair, 0) for pair in after}


def _sums(rows):
    """What is owed by pair, of all schemes."""
    sums = {}
    for row in rows:
        pair = (row.care_region, row.enrolment_region)
        sums[pair] = sums.get(pair, 0) + row.unpaid_fen
    return sums


def test_an_institution_and_its_region_know_patients_from_elsewhere():
    away = found_second_region()
    stay_away(away, person_of(HOME))
    clerk = new_member("clerk", "institution", region=AWAY, institution=AWAY_HOSPITAL)
    care_officer = new_member("shen", "agency", region=AWAY)
    neither = new_member("zhao", "agency", region="440100")

    assert found_settlements(scope_of(clerk), SettlementSearch()).count() == 1
    assert found_settlements(scope_of(care_officer), SettlementSearch()).count() == 1
    assert found_settlements(scope_of(neither), SettlementSearch()).count() == 0
