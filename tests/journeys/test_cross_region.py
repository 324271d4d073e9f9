"""A person of one region in another's hospital (异地就医): its catalogue, the own region's law, and what the two ledgers say."""

import pytest

from yibao.domains.interregional.models import RegionClaim
from yibao.domains.interregional.queries import pair_balances
from yibao.domains.ledger.models import Entry
from yibao.domains.ledger.queries import balance_fen
from yibao.domains.reference.models import Setting
from yibao.domains.settlement.models import Settlement
from yibao.workflows.care_elsewhere import UNFILED_KEY

from .records import check_deferred_rules, nothing_changes
from .two_regions import AWAY, HOME, found_second_region, person_of

pytestmark = pytest.mark.usefixtures("town")


@pytest.fixture
def away():
    return found_second_region()


@pytest.fixture(autouse=True)
def sound(town):
    """Whatever a test did would have been committed."""
    yield
    check_deferred_rules()
    assert all(pair.agrees for pair in pair_balances())


def lines_of(settlement, region):
    """What a region posted for a settlement: (account, fund, debit, credit, institution, person)."""
    found = Entry.objects.filter(journal__cause="settlement", journal__cause_id=settlement, journal__region=region)
    return [
        (e.account.code, e.fund_id, e.debit_fen, e.credit_fen, e.institution_id is not None, e.person_id is not None)
        for e in found.order_by("journal_id", "line")
    ]


class TestTheCounter:
    @pytest.mark.requirement("NET-03")
    def test_knows_a_person_of_another_region(self, away):
        person = person_of(HOME, balance_fen=12_300)

        found = away.expect(
            "1101",
            {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "psn_name": person.name}},
            insuplc="",
        )

        assert [(row["insutype"], row["insuplc_admdvs"], row["balc"]) for row in found["insuinfo"]] == [
            ("310", "110101", 123.00)
        ]

    @pytest.mark.parametrize("division", ["310000", "310101", "440100"])
    def test_refuses_a_division_where_the_person_is_not_insured(self, away, division):
        person = person_of(HOME)

        with nothing_changes():
            said = away.refuse("2201", {"data": away.registration(person)}, insuplc=division)

        assert "参保" in said

    def test_refuses_it_at_the_settlement_too(self, away):
        person = person_of(HOME)
        visit = away.register(person)
        away.charge(person, visit)

        with nothing_changes(but={"message_store_recordread"}):
            said = away.refuse("2207", away.bill(person, visit), insuplc="310101")

        assert "参保" in said

    def test_answers_that_the_place_of_care_clears(self, away, hospital):
        _, there = away.visit(person_of(HOME), "3000.00")
        _, here = hospital.visit(person_of(HOME), "3000.00")

        assert (there["clr_optins"], here["clr_optins"]) == (AWAY, HOME)


class TestTheLine:
    def test_is_split_by_the_catalogue_of_the_place_of_care(self, away, hospital):
        """XB02 is class 乙 at home and 丙 away; XL04 has a ceiling of 800 at home and of 600 away."""
        person = person_of(HOME)
        here, there = hospital.register(person), away.register(person)

        split = {
            (where.code[1:3], item): where.charge(person, visit, "1000.00", item=item, batch=item)["result"][0]
            for where, visit in ((hospital, here), (away, there))
            for item in ("XB02", "XL04")
        }

        names = ("chrgitm_lv", "fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")
        assert {key: tuple(row[name] for name in names) for key, row in split.items()} == {
            ("11", "XB02"): ("02", 0, 0, 100, 900),
            ("31", "XB02"): ("03", 1000, 0, 0, 0),
            ("11", "XL04"): ("02", 0, 200, 160, 640),
            ("31", "XL04"): ("02", 0, 400, 120, 480),
        }


class TestTheSettlement:
    def test_follows_the_law_of_the_place_of_enrolment(self, away):
        """Beijing's deductible of an outpatient, Beijing's ratio of who did not file, on a bill made in Shanghai."""
        _, bill = away.visit(person_of(HOME), "6000.00")

        settlement = Settlement.objects.get(pk=bill["setl_id"])
        assert settlement.policy.startswith("110000/310")
        assert (settlement.visit.place, bill["act_pay_dedc"]) == ("unfiled", 1800.00)

    @pytest.mark.requirement("XRG-09")
    def test_of_a_stay_stands_in_both_ledgers_and_is_claimed(self, away):
        person = person_of(HOME, balance_fen=100_000)
        visit = away.admit(person)
        away.ward_charge(person, visit, "30000.00")
        away.discharge(person, visit)
        tried = away.expect("2303", away.stay_bill(person, visit, "30000.00", account="1"))["setlinfo"]
        bill = away.expect("2304", away.stay_bill(person, visit, "30000.00", account="1"))["setlinfo"]

        number = int(bill["setl_id"])
        fund_fen = round(bill["hifp_pay"] * 100)
        assert (tried["hifp_pay"], tried["acct_pay"], bill["acct_pay"]) == (bill["hifp_pay"], 1000.00, 1000.00)
        assert fund_fen > 0
        assert lines_of(number, HOME) == [
            ("5001", "310100", fund_fen, 0, True, False), ("200102", "310100", 0, fund_fen, True, False),
            ("5001", "310200", 100_000, 0, True, True), ("200102", "310200", 0, 100_000, True, True),
        ]  # fmt: skip
        assert lines_of(number, AWAY) == [
            ("110102", "310100", fund_fen, 0, True, False), ("2001", "310100", 0, fund_fen, True, False),
            ("110102", "310200", 100_000, 0, True, False), ("2001", "310200", 0, 100_000, True, False),
        ]  # fmt: skip
        claim = RegionClaim.objects.get(pk=number)
        assert (claim.care_region_id, claim.enrolment_region_id, claim.scheme) == (AWAY, HOME, "310")
        assert list(zip(claim.fund_codes, claim.fund_amounts_fen, strict=True)) == [
            ("310100", fund_fen), ("310200", 100_000)
        ]  # fmt: skip

    def test_at_home_stands_in_one_ledger_and_claims_nothing(self, hospital, away):
        _, bill = hospital.visit(person_of(HOME), "3000.00")

        assert [line[0] for line in lines_of(bill["setl_id"], HOME)] == ["5001", "2001"]
        assert not RegionClaim.objects.exists()

    def test_that_no_fund_pays_claims_nothing(self, away):
        _, bill = away.visit(person_of(HOME), "100.00")

        assert (bill["fund_pay_sumamt"], RegionClaim.objects.count()) == (0, 0)

    @pytest.mark.parametrize("infno", ["2208", "2601"])
    def test_is_turned_round_in_both_ledgers(self, away, infno):
        person = person_of(HOME, balance_fen=20_000)
        visit, bill = away.visit(person, "5000.00", account="1")
        msgid = bill["medins_setl_id"]

        if infno == "2208":
            away.expect("2208", away.reversal(person, visit, bill["setl_id"]))
        else:
            away.expect("2601", {"data": {"psn_no": person.number, "omsgid": msgid, "oinfno": "2207"}})

        claims = list(RegionClaim.objects.order_by("pk").values_list("amount_fen", flat=True))
        assert len(claims) == 2
        assert sum(claims) == 0
        accounts = [(HOME, "5001"), (HOME, "200102"), (AWAY, "110102"), (AWAY, "2001")]
        assert [balance_fen(book="employee", account=a, region=r) for r, a in accounts] == [0, 0, 0, 0]

    def test_is_looked_up_where_it_was_made(self, away):
        person = person_of(HOME)
        visit, bill = away.visit(person, "5000.00")

        kept = away.expect("5203", {"data": {"psn_no": person.number, "setl_id": bill["setl_id"], "mdtrt_id": visit}})[
            "setlinfo"
        ]

        assert (kept["hifp_pay"], kept["clr_optins"], kept["insu_optins"]) == (bill["hifp_pay"], AWAY, "110101")
        assert kept["fixmedins_code"] == away.code

    def test_of_a_resident_is_claimed_under_the_residents_fund(self, away):
        person = person_of(HOME, scheme="390", status="working_age")
        visit = away.admit(person, insutype="390")
        away.ward_charge(person, visit, "20000.00")
        away.discharge(person, visit, insutype="390")
        away.expect("2304", away.stay_bill(person, visit, "20000.00", insutype="390"))

        claim = RegionClaim.objects.get()
        assert (claim.scheme, claim.fund_codes) == ("390", ["390100"])
        assert balance_fen(book="resident", account="110102", region=AWAY, counterparty=HOME) == claim.amount_fen

    def test_both_ways_between_two_regions(self, away, hospital):
        """Each region claims what its hospitals gave the other's people; nothing is set off silently."""
        away.visit(person_of(HOME), "5000.00")
        guest = person_of(AWAY)
        visit = hospital.register(guest, insuplc="310000")
        hospital.expect("2204", {"feedetail": [hospital.line(guest, visit, price="9000.00")]}, insuplc="310000")
        hospital.expect("2207", hospital.bill(guest, visit, "9000.00"), insuplc="310000")

        pairs = {(p.care_region, p.enrolment_region): p.claimed_fen for p in pair_balances()}
        assert set(pairs) == {(AWAY, HOME), (HOME, AWAY)}
        assert all(fen > 0 for fen in pairs.values())


class TestTheFiling:
    def refusing(self, *regions):
        Setting.objects.create(key=UNFILED_KEY, value=list(regions), reason="test", trust="our_default")

    @pytest.mark.requirement("XRG-01")
    def test_is_wanted_where_the_region_of_enrolment_says_so(self, away):
        person = person_of(HOME)
        visit = away.register(person)
        away.charge(person, visit, "5000.00")
        self.refusing(HOME)

        with nothing_changes():
            said = away.refuse("2207", away.bill(person, visit, "5000.00"))

        assert "备案" in said

    def test_is_not_wanted_of_an_emergency_nor_at_home(self, away, hospital):
        self.refusing(HOME)
        hospital.visit(person_of(HOME), "5000.00")
        person = person_of(HOME)
        visit = away.register(person)
        away.charge(person, visit, "5000.00")
        bill = away.bill(person, visit, "5000.00")
        bill["data"]["med_type"] = "13"

        assert away.expect("2207", bill)["setlinfo"]["fund_pay_sumamt"] > 0
