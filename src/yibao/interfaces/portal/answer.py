"""The answer of the estimator as a page shows it: who pays, step by step, on what it stands, and elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from yibao.interfaces.portal.amounts import Amount, payers, scope
from yibao.interfaces.portal.words import LEVELS, SHORT_PLACES, TRUSTS, own, reads_english, said
from yibao.policies import explain, steps_to_plain
from yibao.policies.law import Clause, clause_of_care
from yibao.workflows.estimate_benefits import Elsewhere, Estimate
from yibao.workflows.price_list import PricedLine


@dataclass(frozen=True, slots=True)
class Ground:
    """A document that the calculation stands on: article and link where known, and the trust mark in words."""

    document: str
    articles: tuple[str, ...]
    link: str | None
    trust: str
    trust_name: str


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One level of institution in the comparison, with the places the law speaks of."""

    name: str
    is_here: bool
    cells: tuple[tuple[str, Elsewhere], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that the page tells; amounts in fen."""

    title: str
    policy: str
    total_fen: int
    person_fen: int
    cash_fen: int
    account_fen: int
    payers: tuple[Amount, ...]
    scope: tuple[Amount, ...]
    is_assumed: bool
    not_paid: str
    sentences: tuple[str, ...]
    grounds: tuple[Ground, ...]
    places: tuple[str, ...]
    levels: tuple[LevelRow, ...]
    lines: tuple[PricedLine, ...]


def answer_of(estimate: Estimate) -> Answer:
    """Tell an estimate in the reader's language."""
    result, law = estimate.result, estimate.law
    not_paid = clause_of_care(law, estimate.situation.care, estimate.situation.on)
    trace = steps_to_plain(result.steps)
    return Answer(
        title=own(law.scheme.title),
        policy=estimate.policy.policy_id,
        total_fen=estimate.bill.total_fen,
        person_fen=result.person_fen,
        cash_fen=result.cash_fen,
        account_fen=result.account_fen,
        payers=payers(
            [(own(law.scheme.funds[code]), paid_fen) for code, paid_fen in result.funds],
            account_fen=result.account_fen,
            cash_fen=result.cash_fen,
            hospital_fen=result.hospital_fen,
            total_fen=estimate.bill.total_fen,
        ),
        scope=scope(estimate.bill),
        is_assumed=estimate.bill.is_assumed,
        not_paid=said(TRUSTS, not_paid.trust) if not_paid else "",
        sentences=tuple(explain(estimate.policy, trace, "en" if reads_english() else "zh")),
        grounds=tuple(_grounds(estimate.clauses)),
        places=tuple(said(SHORT_PLACES, place) for place in law.scheme.places),
        levels=tuple(_levels(estimate.elsewhere)),
        lines=estimate.lines,
    )


def _grounds(clauses: Sequence[Clause]) -> Iterator[Ground]:
    """The documents behind the clauses, each once with its articles, in the order of the calculation."""
    kinds = dict.fromkeys((clause.document, clause.link, clause.trust) for clause in clauses)
    for document, link, trust in kinds:
        articles = (c.article for c in clauses if (c.document, c.link, c.trust) == (document, link, trust))
        yield Ground(
            document=document or _("No published rule was found"),
            articles=tuple(dict.fromkeys(article for article in articles if article)),
            link=link,
            trust=trust,
            trust_name=said(TRUSTS, trust),
        )


def _levels(elsewhere: Sequence[Elsewhere]) -> Iterator[LevelRow]:
    """The comparison level by level."""
    for level, cells in groupby(elsewhere, key=lambda each: each.level):
        named = tuple((said(SHORT_PLACES, cell.place), cell) for cell in cells)
        yield LevelRow(said(LEVELS, level), any(cell.is_here for _name, cell in named), named)
