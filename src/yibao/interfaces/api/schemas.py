"""What the API takes and gives; money in yuan as text with two decimals, so that no reader makes a float of it."""

import re
from datetime import date
from typing import Annotated, Final, Literal

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from yibao.workflows.price_list import MOST_LINES

MOST_COUNTED: Final = 50
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch


def _written_as_a_day(sent: object) -> object:
    """Let only yyyy-mm-dd be a day: a number is none, though it could be counted from 1970.

    :raises ValueError: it is written otherwise.
    """
    if isinstance(sent, date) or (isinstance(sent, str) and _DAY(sent)):
        return sent
    raise ValueError("yyyy-mm-dd")


Day = Annotated[date, BeforeValidator(_written_as_a_day)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00]*$")]
Yuan = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,2})?$"), Field(examples=["1234.50"])]
Quantity = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,4})?$"), Field(examples=["2"])]
Price = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,6})?$"), Field(examples=["12.30"])]
Trust = Literal["official", "relayed", "third_party", "our_default"]


class Strict(Schema):
    """A body whose members are all known."""

    model_config = ConfigDict(extra="forbid")


class SituationBody(Strict):
    """Whose bill, where and when; codes are those that GET /policies lists for the scheme."""

    region: Annotated[str, StringConstraints(pattern=r"^\d{6}$")] = Field(description="Pooling region (统筹区).")
    scheme: Annotated[str, StringConstraints(pattern=r"^\d{3}$")] = Field(description="310 employees, 390 residents.")
    on: Day = Field(description="Day of the visit; of a stay the day of leaving. The law of that day is applied.")
    care: Code
    level: Code
    status: Code
    place: Code
    age: int = Field(ge=0, le=150)
    ordinal: int = Field(1, ge=1, le=99, description="Which stay of the year it is; 1 for outpatient care.")
    aid: Code = Field("none", description="Assistance identity, where the scheme declares any.")
    tenure: int = Field(0, ge=0, le=150, description="Full years of enrolment, where the scheme counts them.")
    plan: Code = Field("none", description="Plan that was paid for, where the scheme has several.")
    disease: Code = Field("none", description="Group of chronic or special diseases, where the scheme names any.")
    account_balance: Yuan = Field("0", description="What the personal account holds; it is used first.")
    further_balances: list[Yuan] = Field(
        default_factory=list,
        max_length=5,
        description="Second and later balances of the account, in the scheme's order.",
    )
    counted: dict[Code, Yuan] = Field(
        default_factory=dict,
        max_length=MOST_COUNTED,
        description="What this year has used of the scheme's accumulators.",
    )


class BillBody(Strict):
    """A bill by its parts; with the total alone all of it is taken to be in scope, and the answer says so."""

    total: Yuan
    in_scope: Yuan | None = None
    self_pay_first: Yuan | None = None
    over_ceiling: Yuan | None = None
    full_self_pay: Yuan | None = None


class LineBody(Strict):
    """A line of a settlement list; without an amount it is quantity times price."""

    code: Code = Field(description="National code of the item.")
    quantity: Quantity
    price: Price
    amount: Yuan | None = None


class EstimateBody(Strict):
    """A situation, and either a bill or the lines of a list."""

    situation: SituationBody
    bill: BillBody | None = None
    lines: list[LineBody] | None = Field(None, max_length=MOST_LINES)
    language: Literal["zh", "en"] = Field("zh", description="Language of the steps and of refusals.")


class Money(Schema):
    """A named payment."""

    code: str
    name: str
    amount: str


class BillAnswer(Schema):
    """The bill that was calculated with."""

    total: str
    in_scope: str
    self_pay_first: str
    over_ceiling: str
    full_self_pay: str
    is_assumed: bool = Field(description="Only the total was known, so all of it was taken to be in scope.")


class ClauseAnswer(Schema):
    """A clause that the calculation stands on, and how far its source is to be trusted."""

    clause: str
    document: str | None
    article: str | None
    link: str | None
    trust: Trust


class ElsewhereAnswer(Schema):
    """The same bill at another level or place; the difference is to the situation that was asked."""

    level: str
    place: str
    is_here: bool
    fund: str
    person: str
    difference: str


class LineAnswer(Schema):
    """A line as the catalogue splits it; `line` is its place in the list, from 1."""

    line: int
    code: str
    name: str
    item_class: str
    amount: str
    in_scope: str
    self_pay_first: str
    over_ceiling: str
    full_self_pay: str


class EstimateAnswer(Schema):
    """Who would pay what, step by step, on which clauses, and elsewhere. An estimate, not a decision."""

    policy: str
    bill: BillAnswer
    person: str
    account: str
    cash: str
    hospital: str
    funds: list[Money]
    deductible: str
    steps: list[str]
    clauses: list[ClauseAnswer]
    lines: list[LineAnswer]
    elsewhere: list[ElsewhereAnswer]


class AccumulatorAnswer(Schema):
    """What a scheme counts over the year: a deductible, a cost or a payment."""

    code: str
    kind: Literal["deductible", "cost", "payment"]
    name: dict[str, str]


class PolicyAnswer(Schema):
    """The law of a scheme that is in force on the day, and the codes that a situation under it may use."""

    policy: str
    region: str
    scheme: str
    title: dict[str, str]
    cares: dict[str, list[str]] = Field(description="Each kind of care with the levels that give it.")
    statuses: list[str]
    places: list[str]
    aids: list[str]
    plans: list[str]
    diseases: list[str]
    has_account: bool
    accumulators: list[AccumulatorAnswer]
    trust: dict[Trust, int] = Field(description="How many clauses carry each trust mark.")


class Refusal(Schema):
    """Why there is no answer: a code that never changes, and sentences in the language asked for."""

    code: str
    message: str
    problems: list["RefusalAt"] = []


class RefusalAt(Schema):
    """One thing that is wrong, and where: a path such as situation.age, or lines.3 (from 1)."""

    where: str
    code: str
    message: str
