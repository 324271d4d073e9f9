"""Supplementary insurance: an insurer's list taken in by the office, its payment in the hospital's answer, parts of the bill by mark."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from typer.testing import CliRunner

from yibao.domains.catalogue.models import Coverage, Item, ItemMark
from yibao.domains.institutions.models import DualChannel, Institution
from yibao.domains.ledger.models import Entry
from yibao.domains.settlement.models import Accumulator, Circumstances
from yibao.domains.staff.models import PersonalRecordRead
from yibao.domains.supplement.models import HeldPlan
from yibao.interfaces.commands.main import app
from yibao.workflows.take_in_plans import PlanRow, take_in_plans

from .office_records import found_staff, sign_in
from .other_regions import cover_items, found_house, person_of
from .small_town import REGION, new_person

pytestmark = pytest.mark.usefixtures("standing_town")

AT = datetime(2026, 1, 2, tzinfo=UTC)
HEADINGS = ["证件号码", "产品代码", "保单号", "生效日期", "终止日期", "保费"]


def hold(person, plan="puhui", *, region=REGION, number=None, first="2026-01-01", last="2026-12-31"):
    row = PlanRow(2, person.number, plan, number or f"P{person.pk}", first, last, "195.00")
    taken = take_in_plans([row], region=region, at=AT, actor="test")
    assert taken.entered == 1, taken
    return HeldPlan.objects.get(person=person, policy_number=row.policy_number)


def mark(code, name, *, region=REGION, since=date(2026, 1, 1), until=None):
    ItemMark.objects.create(
        item=Item.objects.get(code=code), region_id=region, mark=name, document="清单", valid_from=since,
        valid_until=until,
    )  # fmt: skip


def stay_of(hospital, person, rows, *, insutype="310"):
    """A stay with these (item, amount) lines; gives setlinfo and setldetail."""
    visit = hospital.admit(person, insutype=insutype)
    lines = [hospital.line(person, visit, item=item, price=price, at="2026-11-02 10:00:00") for item, price in rows]
    hospital.expect("2301", {"feedetail": lines})
    hospital.discharge(person, visit, insutype=insutype)
    total = f"{sum(float(price) for _, price in rows):.2f}"
    return hospital.expect("2304", hospital.stay_bill(person, visit, total, insutype=insutype))


class TestAtTheCounter:
    def test_the_supplement_pays_in_the_same_answer_from_its_own_fund(self, hospital):
        held, bare = new_person(), new_person()
        hold(held)

        answer = stay_of(hospital, held, [("XA01", "20000.00"), ("XC03", "35000.00")])
        plain = stay_of(hospital, bare, [("XA01", "20000.00"), ("XC03", "35000.00")])

        paid = {row["fund_pay_type"]: row["fund_payamt"] for row in answer["setldetail"]}
        # outside the catalogue: 20,000 above the deductible of 15,000 at 70 %
        assert paid["999997"] == 14000.00
        assert answer["setlinfo"]["oth_pay"] == 14000.00
        assert "999997" not in {row["fund_pay_type"] for row in plain["setldetail"]}
        assert answer["setlinfo"]["psn_cash_pay"] == round(plain["setlinfo"]["psn_cash_pay"] - 14000.00, 2)
        entries = Entry.objects.filter(
            journal__cause="settlement", journal__cause_id=int(answer["setlinfo"]["setl_id"]), fund__code="999997"
        )
        assert entries.exists()
        assert Circumstances.objects.get(pk=answer["setlinfo"]["setl_id"]).facts == {"plan": "puhui"}

    def test_it_goes_back_with_the_reversal(self, hospital):
        person = new_person()
        hold(person)
        info = stay_of(hospital, person, [("XA01", "20000.00"), ("XC03", "35000.00")])["setlinfo"]

        turned = hospital.expect("2305", hospital.reversal(person, info["mdtrt_id"], info["setl_id"]))["setlinfo"]

        assert turned["oth_pay"] == -14000.00
        assert set(Accumulator.objects.get(person=person).amounts.values()) == {0}

    @pytest.mark.parametrize(("first", "last"), [("2025-01-01", "2025-12-31"), ("2026-11-10", "2027-11-09")])
    def test_a_policy_of_other_days_pays_nothing(self, hospital, first, last):
        person = new_person()
        hold(person, first=first, last=last)

        info = stay_of(hospital, person, [("XA01", "20000.00"), ("XC03", "35000.00")])["setlinfo"]

        assert info["oth_pay"] == 0.00

    def test_marked_drugs_are_a_part_of_their_own(self, hospital):
        mark("XC03", "special_drugs")
        person = new_person()
        hold(person)

        info = stay_of(hospital, person, [("XA01", "20000.00"), ("XC03", "35000.00")])["setlinfo"]

        facts = Circumstances.objects.get(pk=info["setl_id"]).facts
        assert facts == {"plan": "puhui", "extras": {"special_drugs": 3_500_000}}
        used = Accumulator.objects.get(person=person).amounts
        assert used["supplement_drug_paid"] == round(info["oth_pay"] * 100)
        assert "supplement_out_paid" not in used

    def test_the_office_tells_what_a_settlement_stands_on(self, client, hospital):
        found_staff()
        sign_in(client, "agency")
        mark("XC03", "special_drugs")
        person = new_person()
        hold(person)
        info = stay_of(hospital, person, [("XA01", "20000.00"), ("XC03", "35000.00")])["setlinfo"]

        page = client.get(f"/settlements/{info['setl_id']}")

        assert ("特药费用（元）", "35,000.00") in page.context["circumstances"]
        assert "北京普惠健康保" in page.content.decode()

    def test_a_mark_counts_on_its_days_only(self, hospital):
        mark("XC03", "special_drugs", until=date(2026, 11, 2))
        person = new_person()
        hold(person)

        info = stay_of(hospital, person, [("XA01", "20000.00"), ("XC03", "35000.00")])["setlinfo"]

        assert (info["oth_pay"], Circumstances.objects.get(pk=info["setl_id"]).facts) == (14000.00, {"plan": "puhui"})


class TestTwoChannels:
    @pytest.fixture
    def town(self):
        cover_items("331100")
        item = Item.objects.create(
            code="XN05", kind="drug", name="国谈药", unit="盒", charge_category="09", valid_from=date(2019, 1, 1),
            version="v1", is_negotiated=True,
        )  # fmt: skip
        Coverage.objects.create(
            item=item, region_id="331100", scheme="310", item_class="02", self_pay_first_ppm=0,
            valid_from=date(2019, 1, 1),
        )  # fmt: skip
        mark("XN05", "negotiated_drugs", region="331100")
        return (
            found_house("H33110200001", division="331102", insured_in="331100"),
            found_house("P33110200001", division="331102", insured_in="331100", level="pharmacy", kind="pharmacy"),
        )

    def bill(self, house, person, rows, *, med_type="11"):
        visit = house.register(person)
        house.expect("2204", {"feedetail": [house.line(person, visit, item=i, price=p) for i, p in rows]})
        bill = house.bill(person, visit, f"{sum(float(p) for _, p in rows):.2f}")
        bill["data"]["med_type"] = med_type
        return house.expect("2207", bill)["setlinfo"]

    def test_hospital_and_pharmacy_pay_alike(self, town):
        hospital, pharmacy = town
        house = Institution.objects.get(code=pharmacy.code)
        DualChannel.objects.create(institution=house, document="双通道名单", valid_from=date(2026, 1, 1))
        at_hospital, at_pharmacy = (person_of("331100", "331102") for _ in range(2))

        first = self.bill(hospital, at_hospital, [("XN05", "3000.00")])
        second = self.bill(pharmacy, at_pharmacy, [("XN05", "3000.00")], med_type="41")

        assert (first["act_pay_dedc"], first["fund_pay_sumamt"]) == (0.00, 2100.00)  # 70 %, no deductible
        assert (second["act_pay_dedc"], second["fund_pay_sumamt"]) == (0.00, 2100.00)
        assert Circumstances.objects.get(pk=second["setl_id"]).facts == {"care": "negotiated_drugs"}

    def test_a_pharmacy_that_is_not_of_the_two_channels_is_paid_by_the_person(self, town):
        person = person_of("331100", "331102")

        info = self.bill(town[1], person, [("XN05", "3000.00")], med_type="41")

        assert info["fund_pay_sumamt"] == 0.00

    def test_a_mixed_bill_is_ordinary_care(self, town):
        person = person_of("331100", "331102")

        info = self.bill(town[0], person, [("XN05", "3000.00"), ("XA01", "188.00")])

        assert (info["act_pay_dedc"], info["fund_pay_sumamt"]) == (1188.00, 1000.00)


class TestTakingInAList:
    def file(self, rows, *, kind="xlsx", headings=HEADINGS):
        if kind == "csv":
            text = "\n".join(",".join(map(str, row)) for row in [headings, *rows])
            return SimpleUploadedFile("list.csv", text.encode("gb18030"))
        book = Workbook()
        for row in [headings, *rows]:
            book.active.append(row)
        content = io.BytesIO()
        book.save(content)
        return SimpleUploadedFile("list.xlsx", content.getvalue())

    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    def test_whole_and_with_its_premiums(self, client, kind):
        found_staff()
        sign_in(client, "agency")
        first, second = new_person(), new_person()
        day = date(2026, 1, 1) if kind == "xlsx" else "2026/01/01"
        rows = [
            [first.document_number, "puhui", "A1", day, "2026-12-31", 195],
            [second.number, "puhui_prior_illness", "A2", day, "2026-12-31", "195.50"],
        ]

        answer = client.post("/supplement/list", {"list": self.file(rows, kind=kind)})

        assert (answer.status_code, answer["Location"]) == (302, "/supplement?entered=2")
        kept = HeldPlan.objects.filter(policy_number__in=["A1", "A2"]).order_by("policy_number")
        assert [(each.person, each.plan, each.premium_fen, each.valid_until, each.reported_by) for each in kept] == [
            (first, "puhui", 19_500, date(2027, 1, 1), "agency"),
            (second, "puhui_prior_illness", 19_550, date(2027, 1, 1), "agency"),
        ]
        page = client.get("/supplement?entered=2").content.decode()
        assert "A1" in page
        assert first.document_number not in page

    def test_one_wrong_row_and_nothing_is_entered_but_every_wrong_row_is_named(self, client):
        found_staff()
        sign_in(client, "agency")
        person, holder = new_person(), new_person()
        hold(holder, number="USED")
        good = [person.number, "puhui", "B1", "2026-01-01", "2026-12-31", 195]
        rows = [
            good,
            ["110000999999999", "puhui", "B2", "2026-01-01", "2026-12-31", 195],
            [new_person().number, "no_such_plan", "B3", "2026-01-01", "2026-12-31", 195],
            [new_person().number, "puhui", "B4", "gestern", "2026-12-31", 195],
            [new_person().number, "puhui", "USED", "2026-01-01", "2026-12-31", 195],
            [holder.number, "puhui", "B6", "2026-06-01", "2027-05-31", 195],
            [*good[:2], "B7", *good[3:]],
            [new_person().number, "puhui", "B8", "2026-12-31", "2026-01-01", 195],
        ]

        answer = client.post("/supplement/list", {"list": self.file(rows)})

        assert answer.status_code == 409
        assert [line for line, _ in answer.context["faults"]] == [3, 4, 5, 6, 7, 8, 9]
        assert HeldPlan.objects.count() == 1

    def test_a_missing_column_and_what_is_no_table_are_refused(self, client):
        found_staff()
        sign_in(client, "agency")

        no_column = client.post("/supplement/list", {"list": self.file([], headings=HEADINGS[:3])})
        no_table = client.post("/supplement/list", {"list": SimpleUploadedFile("x.xlsx", b"PK\x03\x04 nothing")})

        assert (no_column.status_code, no_table.status_code) == (400, 400)
        assert "生效日期" in no_column.content.decode()
        assert not HeldPlan.objects.exists()

    def test_only_the_agency_takes_in_and_ends(self, client):
        found_staff()
        held = hold(new_person())
        for name, status in (("auditor", 403), ("institution", 403)):
            sign_in(client, name)
            assert client.post(f"/supplement/{held.pk}/end", {"reason": "x"}).status_code == status
            assert client.post("/supplement/list", {"list": self.file([])}).status_code == status
        held.refresh_from_db()
        assert held.ended_at is None

    def test_ended_today_it_pays_nothing_any_more(self, client):
        found_staff()
        sign_in(client, "agency")
        held = hold(new_person(), last="2099-12-31")

        assert client.post(f"/supplement/{held.pk}/end", {"reason": ""}).status_code == 400
        assert client.post(f"/supplement/{held.pk}/end", {"reason": "退保"}).status_code == 302
        assert client.post(f"/supplement/{held.pk}/end", {"reason": "退保"}).status_code == 409

        held.refresh_from_db()
        assert (held.end_reason, held.ended_by) == ("退保", "agency")

    def test_taken_out_with_persons_masked_and_noted(self, client):
        found_staff()
        sign_in(client, "auditor")
        person = new_person()
        hold(person, number="OUT1")

        text = client.get("/supplement.csv").content.decode("utf-8-sig")

        assert "OUT1" in text
        assert person.document_number not in text
        assert PersonalRecordRead.objects.filter(person_id=person.pk, purpose="export").exists()

    def test_the_command_names_wrong_rows(self, tmp_path):
        person = new_person()
        path = tmp_path / "list.csv"
        path.write_bytes(
            self.file([[person.number, "puhui", "C1", "2026-01-01", "2026-12-31", 195]], kind="csv").read()
        )

        first = CliRunner().invoke(app, ["supplement", "import", REGION, str(path)])
        second = CliRunner().invoke(app, ["supplement", "import", REGION, str(path)])

        assert (first.exit_code, second.exit_code) == (0, 1), (first.output, second.output)
        assert "C1" in second.output
        assert HeldPlan.objects.filter(person=person).count() == 1
