"""The test persons of a sandbox: of every kind, the same everywhere, and what is expected of each comes true at the gateway."""

from datetime import UTC, date, datetime

import pytest

from yibao.city.region import region_named
from yibao.city.sandbox_persons import found_test_persons, kinds, make_test_persons
from yibao.core.identity import check_digit
from yibao.domains.enrolment.models import AccountEntry, PersonalAccount
from yibao.domains.people.models import Person
from yibao.domains.sandbox.models import SandboxPerson

from .sandbox_town import open_sandbox, vendor, written

BEIJING = region_named("beijing")
AS_OF = date(2026, 11, 9)
AT = datetime(2026, 11, 9, 8, tzinfo=UTC)
KINDS = [said["kind"] for said in kinds()]


@pytest.fixture
def persons(standing_town):
    return {one.kind: one for one in found_test_persons(region=BEIJING, as_of=AS_OF, at=AT)}


class TestMaking:
    def test_the_same_day_and_region_give_the_same_persons(self):
        first, second = (make_test_persons(region=BEIJING, as_of=AS_OF) for _ in range(2))

        assert first == second
        assert len({one.document for one in first} | {one.number for one in first}) == 2 * len(first)

    def test_identity_numbers_are_of_nobody_and_tell_birth_and_sex(self):
        for one in make_test_persons(region=BEIJING, as_of=AS_OF):
            assert one.document.startswith(f"990198{one.birth:%Y%m%d}")
            assert (int(one.document[16]) % 2 == 1, one.document[17]) == (
                one.said["sex"] == 1,
                check_digit(one.document[:17]),
            )

    def test_every_kind_is_expected_in_both_languages(self):
        assert len(set(KINDS)) == len(KINDS) >= 25
        assert [said["kind"] for said in kinds() if not (said["expects_zh"] and said["expects_en"])] == []


class TestFounding:
    def test_they_are_listed_once(self, persons):
        assert list(SandboxPerson.objects.values_list("kind", flat=True)) == KINDS
        assert found_test_persons(region=BEIJING, as_of=AS_OF, at=AT) == []
        assert SandboxPerson.objects.count() == len(KINDS)

    def test_accounts_hold_what_their_entries_explain(self, persons):
        full = PersonalAccount.objects.get(person__number=persons["employee_account_full"].number)
        empty = PersonalAccount.objects.get(person__number=persons["employee_account_empty"].number)

        assert (full.balance_fen, empty.balance_fen) == (8_000_000, 0)
        assert AccountEntry.objects.get(account=full).amount_fen == 8_000_000


class TestAtTheGateway:
    def test_each_registers_as_expected(self, persons, settings):
        with open_sandbox(settings) as application:
            hospital = vendor(application)
            for kind, one in persons.items():
                scheme = one.said.get("scheme") or one.said["insured"][-1]["scheme"]
                division = "" if not one.said.get("insured") else insured_at(one)
                registration = {
                    **hospital.registration(Person.objects.get(number=one.number), at="2026-11-10 09:00:00", insutype=scheme),
                    "mdtrt_cert_type": "01",
                    "mdtrt_cert_no": one.token,
                }  # fmt: skip
                hospital.ask("2201", {"data": registration}, insuplc=division or "110000")
                came = written()[-1]
                assert (kind, came.error_code or "accepted", came.sentence_zh) == (
                    kind,
                    one.said["registers"],
                    came.sentence_zh,
                )

    def test_each_is_found_by_every_voucher(self, persons, settings):
        with open_sandbox(settings) as application:
            hospital = vendor(application)
            for one in list(persons.values())[:3]:
                for kind, number in (("01", one.token), ("02", one.document), ("03", one.card)):
                    shown = {"mdtrt_cert_type": kind, "mdtrt_cert_no": number, "begntime": "", "psn_cert_type": "",
                             "certno": "", "psn_name": one.name}  # fmt: skip
                    assert hospital.expect("1101", {"data": shown})["baseinfo"]["psn_no"] == one.number

    def test_the_account_pays_as_far_as_it_holds(self, persons, settings):
        with open_sandbox(settings) as application:
            hospital = vendor(application)
            paid = {}
            for kind in ("employee_account_empty", "employee_account_full"):
                _, bill = hospital.visit(Person.objects.get(number=persons[kind].number), "1000.00", account="1")
                paid[kind] = (bill["acct_pay"], bill["psn_cash_pay"])

        assert paid == {"employee_account_empty": (0, 1000), "employee_account_full": (1000, 0)}


def insured_at(one):
    """The region in which a test person is insured."""
    return "120000" if one.said.get("elsewhere") else "110000"
