"""The uniform texts of agreements (医保协议范本): Chinese with an English rendering, rights, duties and responsibilities of both.

The Chinese text binds; placeholders are filled when an agreement is drawn up.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Final, Literal

from msgspec import Meta

from yibao.policies.documents import Document, read_document
from yibao.policies.errors import PolicyError, Problem
from yibao.policies.language import Name, Sourced, Strict, Text, parse

TEMPLATES_FILE: Final = "agreement_texts.yaml"
PARTS: Final = ("general", "rights", "duties", "responsibility", "ending")
PLACEHOLDERS: Final = frozenset(
    {"number", "institution", "institution_code", "practitioner", "practitioner_code", "agency", "basis", "valid_from", "last_day"}
)  # fmt: skip


class TemplateClause(Text, frozen=True, kw_only=True):
    """A clause of the text, and which part of the agreement it belongs to."""

    part: Literal["general", "rights", "duties", "responsibility", "ending"]


class Template(Sourced, frozen=True, kw_only=True):
    """A uniform text: its title and clauses."""

    title: Text
    clauses: Annotated[list[TemplateClause], Meta(min_length=3)]


class TemplateFile(Strict, frozen=True, kw_only=True):
    """All uniform texts by their keys."""

    region: str
    title: Text
    templates: dict[Name, Template]


@lru_cache(maxsize=16)
def read_templates(path: Path) -> Mapping[str, Template]:
    """The uniform texts, checked: each states rights, duties and responsibilities, and asks for nothing unknown.

    :raises PolicyError: with every problem found.
    """
    document = read_document(path, f"{path.parent.name}/{path.name}")
    file = parse(document, TemplateFile)
    problems = [problem for key, template in file.templates.items() for problem in _problems(document, key, template)]
    if problems:
        raise PolicyError(tuple(problems))
    return file.templates


def _problems(document: Document, key: str, template: Template) -> list[Problem]:
    """What a text lacks or asks for in vain."""
    here = ("templates", key)
    problems = [
        document.problem("gap", f"{key} says nothing of {part}", *here, "clauses")
        for part in ("rights", "duties", "responsibility")
        if all(clause.part != part for clause in template.clauses)
    ]
    for number, clause in enumerate(template.clauses):
        asked = {name for text in (clause.zh, clause.en) for _, name, _, _ in Formatter().parse(text) if name}
        problems += [
            document.problem("unknown_code", unknown, *here, "clauses", number)
            for unknown in sorted(asked - PLACEHOLDERS)
        ]
    return problems
