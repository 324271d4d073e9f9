"""The rulebook of care over the internet as `yibao policy show` lays it out: every value with its article and trust."""

from datetime import date
from typing import Final

from rich.table import Table

from yibao.policies.articles import article_in_english
from yibao.policies.internet_care import EXPECTED, TOPIC, rulebook_on

RULEBOOK: Final = TOPIC


def rulebook_table(region: str, on: date) -> Table:
    """A region's rulebook as it holds on a day, in the order of the articles.

    :raises yibao.policies.errors.NoPolicyError: the region has none, or none that is in force.
    """
    rulebook = rulebook_on(region, on)
    table = Table(title=f"{rulebook.title.zh} / {rulebook.title.en}  {rulebook.document}", show_lines=True)
    for heading in ("what", "value", "unit", "article", "source", "trust"):
        table.add_column(heading, overflow="fold")
    for key, unit in EXPECTED.items():
        clause = rulebook.clauses[key]
        article = f"{clause.article or ''}\n{article_in_english(clause.article)}".strip()
        source = "\n".join(part for part in (clause.document, clause.note) if part)
        table.add_row(key, _shown(rulebook.values[key]), unit, article, source, clause.trust)
    return table


def _shown(value: object) -> str:
    """A value as text: lists with commas, tables line by line, amounts in fen."""
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    if isinstance(value, dict):
        return "\n".join(f"{name}: {each}" for name, each in value.items())
    return str(value)
