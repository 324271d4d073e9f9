"""The language of policy files: what a scheme file, a topic file and an emergency's file may say, and nothing else.

The same declarations read the files and give the JSON schema. `docs/policy-language.md` tells it in prose.
"""

import re
from datetime import date
from threading import Lock
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from yibao.policies.documents import Document
from yibao.policies.errors import PolicyError

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ClauseId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
FundCode = Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
YearStart = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-01$")]
Words = Annotated[str, Meta(min_length=1)]
Trust = Literal["official", "relayed", "third_party", "our_default"]
National = Literal["in_scope", "self_pay_first", "over_ceiling", "full_self_pay"]
Dimension = Literal["care", "level", "status", "place", "age", "ordinal", "aid", "tenure", "plan", "disease"]
Payer = Literal["fund", "account", "hospital", "charity"]
Suspension = Literal["catalogue", "limit", "cap", "deductible", "place"]


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

    Keys of the table may join codes with commas. Units: yuan (an amount, or 'unlimited' for a limit or cap), of_statistic
    (a ratio of a statistic of the scheme), ratio (a list with one rate for each of the bands between `edges`, in yuan),
    components (which parts of the cost).
    """

    effective_from: date
    effective_until: date | None
    unit: Literal["yuan", "of_statistic", "ratio", "components"]
    value: Any
    where: dict[Dimension, list[Name]] = {}
    by: list[Dimension] = []
    edges: list[Any] | None = None


class Adjustment(Sourced, frozen=True, kw_only=True):
    """Points added to a layer's rates, or a factor of its rates or amounts, for a slice of circumstances.

    `earned` says that a person's own history raises the cap: `incentives` by what the region's law of contributions gives for loyalty
    and for years without claims. What a person has earned is no law and comes with the case.
    """

    effective_from: date
    effective_until: date | None
    unit: Literal["points", "factor", "earned"]
    value: Any
    of: Literal["bands", "deductible", "limit", "cap", "lump"] = "bands"
    where: dict[Dimension, list[Name]] = {}
    by: list[Dimension] = []
    floor: Any = 0
    ceiling: Any = 1


class Quantity(Strict, frozen=True):
    """Dated values and the accumulator they are held against; 'visit' counts anew with each visit."""

    accumulator: Name
    values: Annotated[list[Value], Meta(min_length=1)]
    counts: bool = True


class Deductible(Quantity, frozen=True, kw_only=True):
    """A deductible, which a transfer may have met in part and a long admission may owe anew."""

    credits_transfer: bool = False
    renews_after_days: Annotated[int, Meta(ge=1, le=1000)] | None = None


class Banded(Quantity, frozen=True, kw_only=True):
    """Bands on the accumulated cost, with the deductible (absolute) or above it (excess)."""

    on: Literal["absolute", "excess"] = "absolute"


class Limit(Quantity, frozen=True, kw_only=True):
    """A limit on the cost that counts, before the deductible (base) or above it (excess)."""

    on: Literal["base", "excess"]


class Left(Strict, frozen=True):
    """What an earlier layer made the person bear in this visit; exactly one of the three."""

    deductible: Name | None = None
    copay: Name | None = None
    beyond: Name | None = None


class Base(Strict, frozen=True):
    """What a layer works on: what the person still owes of some components, or what an earlier layer left uncovered."""

    owed: list[Name] | dict[Name, Any] | None = None
    beyond: Name | None = None
    less: list[Left] = []


class Layer(Strict, frozen=True):
    """One layer: base → limit → deductible → bands → cap, paid by one payer; `order` says which layer comes first."""

    key: Name
    title: Text
    order: int
    effective_from: date
    effective_until: date | None
    applies: dict[Dimension, list[Name]]
    base: Base
    payer: Payer = "fund"
    fund: FundCode | None = None
    balance: Name | None = None
    limit: Limit | None = None
    deductible: Deductible | None = None
    bands: Banded | None = None
    lump: Quantity | None = None
    cap: Quantity | None = None
    adjust: list[Adjustment] = []


class Topic(Strict, frozen=True):
    """A topic file: layers and the documents they stand on."""

    topic: Name
    sources: dict[Name, Source]
    layers: list[Layer]


class Care(Strict, frozen=True):
    """A kind of care: the levels of institution that give it, or the kind it is like, which then stands on a clause."""

    levels: list[Name] = []
    like: Name | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    clause: ClauseId | None = None
    source: Name | None = None
    article: Words | None = None
    trust: Trust | None = None
    note: Words | None = None


class Aid(Text, frozen=True, kw_only=True):
    """An assistance identity (救助身份) and the codes by which the register of special statuses knows it."""

    kinds: list[Words] = []


class Disease(Text, frozen=True, kw_only=True):
    """A group of chronic or special diseases and the prefixes of its disease codes (病种编码)."""

    codes: list[Words] = []


class Component(Text, frozen=True, kw_only=True):
    """A part of the bill carved out of one of the national four."""

    of: National


class Statistic(Text, frozen=True, kw_only=True):
    """A published amount that values refer to."""

    values: Annotated[list[Value], Meta(min_length=1)]


class Accumulator(Text, frozen=True, kw_only=True):
    """What is counted for a person over a time, perhaps for each disease: deductible borne, cost or payment, in fen."""

    kind: Literal["deductible", "cost", "payment"]
    per: Literal["year", "quarter", "month", "two_years"] = "year"
    by: Literal["disease"] | None = None
    first_year: Annotated[int, Meta(ge=1950, le=2200)] | None = None


class Account(Strict, frozen=True):
    """The personal account: its fund code, its balances and, dated, which components it may pay.

    Not `own`: persons of this scheme have no account; those of their family may pay (家庭共济).
    """

    fund: FundCode
    values: Annotated[list[Value], Meta(min_length=1)]
    balances: dict[Name, Text] = {}
    own: bool = True


class NotPaid(Sourced, frozen=True, kw_only=True):
    """Kinds of care for which no fund pays, said so that nobody has to guess; without dates on all days of the scheme."""

    care: list[Name]
    effective_from: date | None = None
    effective_until: date | None = None


class Scheme(Strict, frozen=True):
    """The scheme file: circumstances, components, funds, accumulators, statistics, account."""

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
    year_starts: YearStart = "01-01"
    aids: dict[Name, Aid] = {}
    tenures: dict[Name, int] = {}
    plans: dict[Name, Text] = {}
    diseases: dict[Name, Disease] = {}
    components: dict[Name, Component] = {}
    statistics: dict[Name, Statistic] = {}


class Suspended(Sourced, frozen=True, kw_only=True):
    """What an emergency suspends, and the clause that says so."""

    what: Suspension


class Emergency(Strict, frozen=True):
    """An emergency's file (重大疫情): for whom, which diseases and when, and what it suspends."""

    emergency: Name
    title: Text
    effective_from: date
    effective_until: date | None
    diseases: Annotated[list[Words], Meta(min_length=1)]
    applies: dict[Dimension, list[Name]]
    sources: dict[Name, Source]
    suspends: Annotated[list[Suspended], Meta(min_length=1)]


Kind = TypeVar("Kind", bound=Strict)
_one_at_a_time: Final = Lock()
"""Two threads in which msgspec (0.22) meets a type for the first time at once end the process."""


def parse(document: Document, kind: type[Kind]) -> Kind:
    """Read a document as a file of this kind: scheme, topic, emergency, facts, or what else declares itself `Strict`.

    :raises PolicyError: an unknown or missing key, or a value of another kind, with the line.
    """
    try:
        with _one_at_a_time:
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
    """Give the JSON schema of scheme, topic and emergency files, for editors and other programs."""
    kinds, definitions = msgspec.json.schema_components([Scheme, Topic, Emergency], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "yibao policy file",
        "anyOf": list(kinds),
        "$defs": definitions,
    }
