"""`yibao regions`: a month drawn up, listed and verified on the command line."""

import pytest
from typer.testing import CliRunner

from yibao.domains.interregional.models import ClearingStatement
from yibao.interfaces.commands import regions

from .records import nothing_changes
from .region_clearing import appoint_officers, claims, cleared, issued, owed, stay_away
from .two_regions import AWAY, HOME, found_second_region, person_of

pytestmark = pytest.mark.usefixtures("town")


@pytest.fixture
def officers(town):
    return appoint_officers()


@pytest.fixture
def away():
    return found_second_region()


def said(*words):
    """What a command says, with its exit code."""
    result = CliRunner().invoke(regions.app, words)
    return result.exit_code, result.output


class TestClosingAMonth:
    def test_draws_up_what_the_officers_region_claims_once(self, away, officers):
        stay_away(away, person_of(HOME), until="2026-10-09")
        code, told = said("close-month", "--month", "2026-10", "--by", "shen")
        statement = ClearingStatement.objects.get()
        assert code == 0
        assert f"{statement.pk}: {AWAY} ← {HOME} 2026-10, 1 笔 lines" in told
        assert statement.amount_fen == sum(claims())
        with nothing_changes():
            code, again = said("close-month", "--month", "2026-10", "--by", "shen")
        assert (code, "✓" in again) == (0, False)
        assert "2026-10" in again

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (("--month", "2026-10", "--by", "nobody"), "no such member of staff"),
            (("--month", "2999-01", "--by", "shen"), "2999-01"),
            (("--month", "October", "--by", "shen"), "Invalid value"),
        ],
    )
    def test_says_why_it_refuses(self, away, officers, words, reason):
        stay_away(away, person_of(HOME), until="2026-10-09")
        with nothing_changes():
            result = CliRunner().invoke(regions.app, ["close-month", *words])
        assert result.exit_code != 0
        assert reason in result.output + str(result.exception)

    def test_is_refused_to_whoever_is_no_officer(self, away, officers):
        from .office_records import new_member

        new_member("auditor", "auditor", region=AWAY)
        stay_away(away, person_of(HOME), until="2026-10-09")
        with nothing_changes():
            code, _told = said("close-month", "--month", "2026-10", "--by", "auditor")
        assert code == 1


class TestTheList:
    def test_shows_statements_with_standing_and_day_for_either_side(self, away, officers):
        stay_away(away, person_of(HOME))
        statement = issued(officers)
        _code, told = said("list")
        assert "待确认 issued" in told
        assert "未预付 none" in told
        cleared(statement, officers)
        for words in (("list",), ("list", "--region", HOME), ("list", "--region", AWAY)):
            code, told = said(*words)
            assert code == 0
            for shown in ("2026-11", AWAY, HOME, "待到账 paid", "2026-12-17"):
                assert shown in told, (words, told)
        code, told = said("list", "--region", "440100")
        assert (code, AWAY in told) == (0, False)


class TestVerifying:
    def test_compares_both_ledgers(self, away, officers):
        stay_away(away, person_of(HOME))
        code, told = said("verify")
        claimed, owes = owed()
        assert claimed == owes == claims()[0]
        assert (code, "✓" in told, "✗" in told) == (0, True, False)

    def test_ends_with_one_when_they_differ(self, away, officers, monkeypatch):
        from dataclasses import replace

        from yibao.domains.interregional import queries

        stay_away(away, person_of(HOME))
        real = queries.pair_balances
        monkeypatch.setattr(
            queries, "pair_balances", lambda: [replace(pair, owed_fen=pair.owed_fen - 1) for pair in real()]
        )
        code, told = said("verify")
        assert (code, "✗" in told) == (1, True)
