"""Every situation that the comparison tells has its sentence, and every sentence is filled."""

import re
from datetime import date

import pytest

from yibao.domains.reconciliation import comparing
from yibao.domains.reconciliation.mending import SENTENCES, mending_of
from yibao.domains.reconciliation.models import ReconciliationDifference
from yibao.domains.reconciliation.practices import Practice
from yibao.domains.reconciliation.totals import Cell, Period, Totals, covers, sum_of
from yibao.interfaces.gateway import bill
from yibao.workflows.reconciliation_results import CODES

SITUATIONS = {
    said
    for part in (comparing._BOTH, comparing._HERE, comparing._THERE)
    for said in re.findall(r"(?:THEN|ELSE) '(\w+)'", part)
}


def test_every_situation_has_its_sentence():
    assert SITUATIONS | {"sums"} == set(SENTENCES)


@pytest.mark.parametrize("situation", sorted(SENTENCES))
def test_every_sentence_is_filled_in_both_languages(situation):
    difference = ReconciliationDifference(
        situation=situation, mended_by="2305", msgid="M1", infno="2304", setl_id="7", settled_at=None
    )

    mending = mending_of(difference)

    assert "{" not in mending.zh + mending.en
    assert re.search("[\u4e00-\u9fff]", mending.zh)
    assert not re.search("[\u4e00-\u9fff]", mending.en)


@pytest.mark.parametrize(
    ("infno", "mended_by", "named"),
    [("2207A", "2601", "2207"), ("2304", "2601", "2304"), ("2102", "2601", "2102"), ("", "2102", "2102")],
)
def test_the_transactions_of_the_same_care_are_named(infno, mended_by, named):
    difference = ReconciliationDifference(situation="undone", mended_by=mended_by, infno=infno, msgid="M")

    assert f"重新 {named} 结算" in mending_of(difference).zh


def test_every_cause_has_its_code():
    assert set(CODES) == set(ReconciliationDifference.Cause)


def test_clearing_types_are_those_of_the_answers():
    from yibao.domains.reconciliation.models import CLEARING_TYPES

    assert CLEARING_TYPES == bill._CLEARING


class TestSums:
    CELLS = (
        Cell(date(2026, 11, 1), "310", "outpatient", False, 3, 300, 200, 50, 50),
        Cell(date(2026, 11, 1), "310", "outpatient", True, 1, -100, -60, -20, -20),
        Cell(date(2026, 11, 2), "390", "inpatient", False, 1, 900, 800, 0, 100),
    )
    MONTH = Period(institution_id=1, region="110000", first_day=date(2026, 11, 1), last_day=date(2026, 11, 30))

    def test_count_reversals_as_the_region_does(self):
        assert sum_of(self.CELLS, Practice()) == Totals(5, 1100, 940, 30, 130)
        assert sum_of(self.CELLS, Practice(reversals="netted")).count == 3

    @pytest.mark.parametrize(
        ("narrowed", "count"),
        [
            ({}, 5),
            ({"scheme": "390"}, 1),
            ({"clearing_type": "11"}, 4),
            ({"refunds": "refund"}, 1),
            ({"clearing_type": "99"}, 0),
        ],
    )
    def test_are_of_what_a_period_covers(self, narrowed, count):
        from dataclasses import replace

        period = replace(self.MONTH, **narrowed)
        assert sum_of(filter(covers(period), self.CELLS), Practice()).count == count
