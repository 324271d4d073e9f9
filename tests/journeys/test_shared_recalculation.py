"""Recalculating what relatives' accounts paid: each gets back and gives anew, never more than it gave before."""

import pytest

from yibao.domains.settlement.models import Settlement
from yibao.workflows.recalculate_settlements import compute, correct

from .families import balances, check_accounts, share
from .hospital import Hospital
from .small_town import new_person
from .test_recalculation import LOWER, NOW, approved, asked, change_law, officers  # noqa: F401  # two are fixtures


@pytest.mark.usefixtures("town")
def test_a_lower_deductible_gives_the_last_payer_its_money_back(officers, change_law):  # noqa: F811  # fixtures
    person, mother, father = (new_person(balance_fen=fen) for fen in (30_000, 150_000, 150_000))
    share(mother, person, nth=1)
    share(father, person, nth=2)
    info = Hospital().visit(person, "2000.00", account="1")[1]
    # 1,800 of deductible and 30 % of 200: own 300, mother 1,500, father the last 60
    assert (info["acct_pay"], info["acct_mulaid_pay"]) == (1860, 1560)
    assert balances(person, mother, father) == [0, 0, 144_000]

    change_law(*LOWER)
    run = compute(asked(officers).pk, at=NOW)
    assert correct(approved(officers, run).pk, at=NOW) == 1

    # by 1,500 of deductible the person bears 1,650: the father is not needed any more
    assert balances(person, mother, father) == [0, 15_000, 150_000]
    latest = Settlement.objects.filter(person=person).latest("id")
    assert (latest.account_fen, latest.shared_owner_ids, latest.shared_amounts_fen) == (165_000, [mother.pk], [135_000])
    check_accounts(person, mother, father)
