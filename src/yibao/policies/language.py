"""The language of policy files: what a scheme file and a topic file may say, and nothing else.

The same declarations read the files and give the JSON schema. `docs/policy-language.md` tells it in prose.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from yibao.policies.documents import Document
from yibao.policies.errors import PolicyError

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ClauseId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
FundCode = Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
Words = Annotated[str, Meta(min_length=1)]
Trust = Literal["official", "relayed", "third_party", "our_default"]
Component = Literal["in_scope", "self_pay_first", "over_ceiling", "full_self_pay"]
Dimension = Literal["care", "level", "status", "place", "age", "ordinal"]


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mapping whose keys are all known."""


class Text(Strict, frozen=True):
    """The same words in Chinese and English."""

    zh: Words
    en: Words


class Source(Strict, frozen=True):
    """A document: title with its number, and a link where one was read (null: none at hand)."""

    document: Words
    link: Words | None


class Sourced(Strict, frozen=True, kw_only=True):
    """Whatever stands on a clause: who says so (null only for our own defaults), which article, how far to trust it."""

    clause: ClauseId
    source: Name | None
    article: Words | None
    trust: Trust
    note: Words


class Value(Sourced, frozen=True, kw_only=True):
    """A dated value for a slice of circumstances; `value` is a table nested by the dimensions of `by`.

    Keys of the table may join codes with commas. Units: yuan (an amount, or 'unlimited' for a cap), ratio (a list with one
    rate for each of the bands between `edges`, in yuan), components (which parts of the cost).
    """

    effective_from: date
    effective_until: date | None
    unit: Literal["yuan", "ratio", "components"]
    value: Any
    where: dict[Dimension, list[Name]] = {}
    by: list[Dimension] = []
    edges: list[Any] | None = None


class Quantity(Strict, frozen=True):
    """Dated values and the accumulator they are held against; 'visit' counts anew with each visit."""

    accumulator: Name
    values: Annotated[list[Value], Meta(min_length=1)]


class Base(Strict, frozen=True):
    """What a layer works on: what the person still owes of some components, or what an earlier layer left uncovered."""

    owed: list[Component] | None = None
    beyond: Name | None = None


class Layer(Strict, frozen=True):
    """One layer: base → deductible → bands → cap, paid by one fund; `order` says which layer comes first."""

    key: Name
    title: Text
    order: int
    effective_from: date
    effective_until: date | None
    applies: dict[Dimension, list[Name]]
    base: Base
    fund: FundCode
    deductible: Quantity | None
    bands: Quantity
    cap: Quantity | None


class Topic(Strict, frozen=True):
    """A topic file: layers and the documents they stand on."""

    topic: Name
    sources: dict[Name, Source]
    layers: list[Layer]


class Care(Strict, frozen=True):
    """A kind of care and the levels of institution that give it."""

    levels: Annotated[list[Name], Meta(min_length=1)]


class Accumulator(Text, frozen=True, kw_only=True):
    """What is counted over the benefit year for a person: deductible borne, cost or payment, in fen."""

    kind: Literal["deductible", "cost", "payment"]


class Account(Strict, frozen=True):
    """The personal account: its fund code and, dated, which components it may pay."""

    fund: FundCode
    values: Annotated[list[Value], Meta(min_length=1)]


class NotPaid(Sourced, frozen=True, kw_only=True):
    """Kinds of care for which no fund pays, said so that nobody has to guess."""

    care: list[Name]


class Scheme(Strict, frozen=True):
    """The scheme file: circumstances, funds, accumulators, account."""

    region: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    scheme: Annotated[str, Meta(pattern=r"^[0-9]{3}$")]
    title: Text
    effective_from: date
    effective_until: date | None
    cares: dict[Name, Care]
    statuses: Annotated[list[Name], Meta(min_length=1)]
    places: Annotated[list[Name], Meta(min_length=1)]
    ages: dict[Name, int]
    ordinals: dict[Name, int]
    funds: dict[FundCode, Text]
    accumulators: dict[Name, Accumulator]
    sources: dict[Name, Source]
    account: Account | None
    not_paid: list[NotPaid]


Kind = TypeVar("Kind", Scheme, Topic)


def parse(document: Document, kind: type[Kind]) -> Kind:
    """Read a document as a scheme or topic file.

    :raises PolicyError: an unknown or missing key, or a value of another kind, with the line.
    """
    try:
        return msgspec.convert(document.content, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        steps = _steps(path.rstrip("`"))
        unknown = re.search(r"unknown field `(.+)`", reason)
        if unknown:
            raise PolicyError((document.problem("unknown_key", unknown[1], *steps, unknown[1]),)) from None
        raise PolicyError((document.problem("not_in_the_language", f"{reason} ({path or '$'})", *steps),)) from None


def _steps(path: str) -> list[str | int]:
    """Turn msgspec's path `$.layers[0].cap` into the steps of a document."""
    found = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path.partition("[...]")[0])
    return [name or int(place) for name, place in found]


def json_schema() -> dict[str, Any]:
    """Give the JSON schema of scheme and topic files, for editors and other programs."""
    (scheme, topic), definitions = msgspec.json.schema_components([Scheme, Topic], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "yibao policy file",
        "anyOf": [scheme, topic],
        "$defs": definitions,
    }
