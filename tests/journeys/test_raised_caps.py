"""What a resident has earned by loyalty and by years without claims raises the cap of critical illness when a visit is settled."""

from datetime import UTC, date, datetime

import pytest
from pyarrow.parquet import read_table

from yibao import policies
from yibao.domains.corrections.models import RecalculationRun
from yibao.domains.enrolment.models import Contribution, SpecialStatus
from yibao.domains.settlement.models import Circumstances, Settlement
from yibao.policies.references import choose
from yibao.warehouse.visit_facts import write_visits_of
from yibao.workflows.earned_incentives import earned_incentives
from yibao.workflows.refresh_warehouse import refresh_warehouse
from yibao.workflows.replay_settlements import replay
from yibao.workflows.simulate_reform import Question, simulate

from .other_regions import cover_items, found_house
from .records import check_deferred_rules
from .test_benefits_by_filing import LISHUI, lishui_person

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def lishui():
    cover_items(LISHUI)
    return found_house("H33110200001", division="331102", insured_in=LISHUI)


def resident():
    """A resident of Lishui."""
    return lishui_person(scheme="390", status="elderly", born=date(1950, 1, 1))


def paid_for(person, *years):
    """Contributions of a resident for these years."""
    for year in years:
        Contribution.objects.create(
            enrolment=person.enrolments.get(), period_start=date(year, 1, 1), period_end=date(year + 1, 1, 1),
            base_fen=0, employer_fen=0, person_fen=1, subsidy_fen=0, to_pool_fen=1, to_account_fen=0,
            paid_on=date(year, 1, 1),
        )  # fmt: skip


def stay(house, person):
    """A stay so costly that critical illness reaches its cap of 400,000 yuan."""
    _, info = house.stay(person, "1500000.00", insutype="390")
    return Settlement.objects.select_related("visit", "person", "institution", "enrolment").get(
        pk=info["setl_id"]
    ), info


def told(settlement, language="zh"):
    """The reasons of a settlement."""
    policy = policies.load(LISHUI, "390", date(2026, 11, 1))
    return policies.explain(policy, settlement.trace, language)


def test_a_year_without_claims_raises_the_cap_by_what_the_law_says(lishui):
    plain, loyal = resident(), resident()
    paid_for(loyal, 2025, 2026)

    first, as_it_is = stay(lishui, plain)
    second, raised = stay(lishui, loyal)

    assert (as_it_is["hifmi_pay"], raised["hifmi_pay"]) == (400_000.00, 401_000.00)
    assert raised["psn_part_amt"] < as_it_is["psn_part_amt"]
    check_deferred_rules()
    assert not Circumstances.objects.filter(pk=first.pk).exists()
    assert Circumstances.objects.get(pk=second.pk).facts == {"raised_cap_fen": 100_000}
    assert second.accumulator_changes["critical_paid"] == 40_100_000
    (sentence,) = [each for each in told(second) if "激励" in each]
    assert "其中 1,000.00 元是连续参保激励和零报销激励提高的限额" in sentence
    assert "国办发〔2024〕38号" in sentence
    assert any("支付限额为 401,000.00 元" in each for each in told(second))
    assert not any("激励" in each for each in told(first))
    assert any("1,000.00 yuan were earned" in each for each in told(second, "en"))


def test_a_simulation_of_the_same_visits_comes_to_the_same(lishui, tmp_path):
    plain, loyal = resident(), resident()
    paid_for(loyal, 2025, 2026)
    settled = [stay(lishui, plain)[0], stay(lishui, loyal)[0]]
    refresh_warehouse(tmp_path)
    (tmp_path / "visits").mkdir()
    file = write_visits_of(tmp_path, tmp_path / "visits" / "all.parquet", region=LISHUI, years=[2026])
    earned = {int(row["person_id"]): row["earned_raise_fen"] for row in read_table(file).to_pylist()}
    assert earned == {plain.pk: 0, loyal.pk: 100_000}
    law = choose(f"{LISHUI}/390@2026-11-01")
    found = simulate(Question(base=law, reform=law, files=[file], workplace=tmp_path))
    assert found.table("payers").rows[1][1] == sum(each.fund_fen for each in settled)
    nowhere = write_visits_of(tmp_path, tmp_path / "visits" / "none.parquet", region="110000")
    assert read_table(nowhere).num_rows == 0


def test_what_was_drawn_on_is_gone_the_year_after_and_comes_back_with_a_reversal(lishui):
    person = resident()
    paid_for(person, 2025, 2026, 2027)
    before = earned_incentives(person_id=person.pk, region=LISHUI, year=2027)
    assert before.sum_fen == 200_000  # 2025 and 2026 without claims
    settlement, _ = stay(lishui, person)
    assert earned_incentives(person_id=person.pk, region=LISHUI, year=2027).sum_fen == 0
    lishui.expect("2305", lishui.reversal(person, str(settlement.visit_id), str(settlement.pk)))
    assert earned_incentives(person_id=person.pk, region=LISHUI, year=2027).sum_fen == 200_000


def test_a_second_stay_of_the_year_finds_the_raised_cap_used_up(lishui):
    person = resident()
    paid_for(person, 2025, 2026)
    stay(lishui, person)
    _, info = lishui.stay(person, "100000.00", at="2026-11-10 10:00:00", until="2026-11-12 10:00:00", insutype="390")
    assert info["hifmi_pay"] == 0.0


def test_settling_anew_gives_the_same(lishui):
    person = resident()
    paid_for(person, 2025, 2026)
    settlement, _ = stay(lishui, person)
    run = RecalculationRun(
        region_id=LISHUI, scheme="390", benefit_from=date(2026, 1, 1), requested_at=datetime(2026, 12, 1, tzinfo=UTC)
    )
    (again,) = replay([settlement], run)
    assert not again.differs
    assert again.facts == {"raised_cap_fen": 100_000}


def test_the_unpaid_year_and_the_poor_without_a_cap_are_as_before(lishui):
    late, poor = resident(), resident()
    paid_for(late, 2025)
    assert stay(lishui, late)[1]["hifmi_pay"] == 400_000.00
    SpecialStatus.objects.create(
        person=poor, kind="1", document="民政认定", valid_from=date(2026, 1, 1), valid_until=date(2027, 1, 1)
    )
    paid_for(poor, 2025, 2026)
    settlement, info = stay(lishui, poor)
    assert info["hifmi_pay"] > 401_000
    assert not Circumstances.objects.filter(pk=settlement.pk).exists()
