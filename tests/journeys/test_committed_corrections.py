"""Corrections as a server makes them, with nothing around a transaction of its own: what a test within one would not see."""

import shutil
from datetime import date, datetime

import pytest

from yibao.domains.corrections.models import RecalculationCorrection, SetAsidePerson
from yibao.domains.corrections.operations import ask_for_run, decide
from yibao.domains.interregional.models import ClaimCorrection, RegionClaim
from yibao.domains.reference.models import Division
from yibao.policies import library
from yibao.workflows.recalculate_settlements import compute, correct

from .hospital import BEIJING, Hospital
from .office_records import new_member
from .region_clearing import appoint_officers, balanced, moment, owed, stay_away
from .small_town import REGION, new_person
from .test_region_clearing import answered, asked_about
from .two_regions import HOME, found_second_region, person_of

NOW = datetime(2026, 12, 1, 9, tzinfo=BEIJING)


@pytest.mark.usefixtures("lasting_town")
def test_an_approved_recalculation_is_carried_out_and_who_moved_on_is_set_aside(monkeypatch, tmp_path):
    house, still, moved = Hospital(), new_person(), new_person()
    house.visit(still, "2000.00")
    visit, settled = house.visit(moved, "2000.00")
    shutil.copytree(library.ROOT / REGION / "310", tmp_path / "law" / REGION / "310")
    path = tmp_path / "law" / REGION / "310" / "outpatient.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{active: 1800, retired: 1300}", "{active: 1500, retired: 1300}"), encoding="utf-8")
    monkeypatch.setattr(library, "ROOT", tmp_path / "law")
    officers = new_member("wang", "agency"), new_member("li", "agency")
    run = ask_for_run(
        region=Division.objects.get(code=REGION), scheme="310", benefit_from=date(2026, 1, 1), benefit_until=None,
        document="京医保发〔2026〕9号", reason="起付线追溯下调", member=officers[0], at=NOW,
    )  # fmt: skip
    compute(run.pk, at=NOW)
    decide(run=run, is_approved=True, member=officers[1], at=NOW)
    house.expect("2208", house.reversal(moved, visit, settled["setl_id"]))

    assert correct(run.pk, at=NOW) == 1

    made = RecalculationCorrection.objects.get()
    assert (made.settlement.person_id, made.settlement.fund_fen) == (still.pk, 35_000)
    assert SetAsidePerson.objects.get().person_id == moved.pk
    house.expect("2208", house.reversal(still, str(made.settlement.visit_id), str(made.settlement_id)))


@pytest.mark.usefixtures("lasting_town")
def test_a_settlement_whose_claim_was_corrected_is_reversed_with_the_correction():
    away, officers, person = found_second_region(), appoint_officers(), person_of(HOME)
    visit, bill = stay_away(away, person)
    answered(asked_about(RegionClaim.objects.get(), officers), officers, finding="partly", conceded={"310100": 100})
    assert moment("2026-12-20 12:00") > NOW

    away.expect("2305", away.reversal(person, visit, bill["setl_id"]))

    assert list(ClaimCorrection.objects.order_by("pk").values_list("amount_fen", flat=True)) == [-100, 100]
    assert owed() == (0, 0)
    assert balanced()
