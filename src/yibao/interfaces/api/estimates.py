"""From the body of a request to the question, and from the estimate to the body of the answer."""

from collections.abc import Iterator
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.core.money import format_scaled, parse_scaled
from yibao.interfaces.api.schemas import (
    AccumulatorAnswer,
    BillAnswer,
    BillBody,
    ClauseAnswer,
    ElsewhereAnswer,
    EstimateAnswer,
    EstimateBody,
    LineAnswer,
    LineBody,
    Money,
    PolicyAnswer,
    SituationBody,
)
from yibao.interfaces.api.texts import Language
from yibao.policies import explain, steps_to_plain
from yibao.policies.law import Clause, Law
from yibao.workflows.estimate_benefits import Bill, Estimate, Situation, all_in_scope, estimate_benefits
from yibao.workflows.price_list import ListedLine, PricedLine


class EitherBillOrLinesError(YibaoError):
    """A request gives both a bill and lines, or neither."""

    code: ClassVar[str] = "api.either_bill_or_lines"


class PartialBillError(YibaoError):
    """Some of the four parts are given and others are not, so nobody knows what the rest is."""

    code: ClassVar[str] = "api.partial_bill"


def estimate(body: EstimateBody) -> EstimateAnswer:
    """Answer a request.

    :raises EitherBillOrLinesError, PartialBillError: the bill is told twice, not at all or in part.
    :raises yibao.core.errors.YibaoError: whatever `estimate_benefits` refuses.
    """
    if (body.bill is None) == (body.lines is None):
        raise EitherBillOrLinesError(bill=body.bill is not None, lines=body.lines is not None)
    bill = _bill(body.bill) if body.bill is not None else list(_lines(body.lines or []))
    return _answer(estimate_benefits(_situation(body.situation), bill), body.language)


def policy_answer(name: str, law: Law) -> PolicyAnswer:
    """Describe a scheme's law."""
    scheme = law.scheme
    marks = [clause.trust for clause in law.clauses.values()]
    return PolicyAnswer(
        policy=name,
        region=scheme.region,
        scheme=scheme.scheme,
        title={"zh": scheme.title.zh, "en": scheme.title.en},
        cares={care: list(given.levels) for care, given in scheme.cares.items()},
        statuses=list(scheme.statuses),
        places=list(scheme.places),
        aids=list(scheme.aids),
        plans=list(scheme.plans),
        diseases=list(scheme.diseases),
        has_account=scheme.account is not None and scheme.account.own,
        accumulators=[
            AccumulatorAnswer(code=code, kind=counted.kind, name={"zh": counted.zh, "en": counted.en})
            for code, counted in scheme.accumulators.items()
        ],
        trust={mark: marks.count(mark) for mark in sorted(set(marks))},  # type: ignore[misc]  # marks are those of the language
    )


def _fen(yuan: str) -> int:
    return parse_scaled(yuan, decimals=2)


def _yuan(amount_fen: int) -> str:
    return format_scaled(amount_fen, decimals=2)


def _situation(body: SituationBody) -> Situation:
    """Read the situation."""
    return Situation(
        region=body.region,
        scheme=body.scheme,
        on=body.on,
        care=body.care,
        level=body.level,
        status=body.status,
        place=body.place,
        age=body.age,
        ordinal=body.ordinal,
        aid=body.aid,
        tenure=body.tenure,
        plan=body.plan,
        disease=body.disease,
        account_balance_fen=_fen(body.account_balance),
        further_balances_fen=tuple(_fen(yuan) for yuan in body.further_balances),
        counted={name: _fen(yuan) for name, yuan in body.counted.items()},
    )


def _bill(body: BillBody) -> Bill:
    """Read the bill: by its parts, or by its total alone."""
    parts = (body.in_scope, body.self_pay_first, body.over_ceiling, body.full_self_pay)
    given = [part for part in parts if part is not None]
    if not given:
        return all_in_scope(_fen(body.total))
    if len(given) != len(parts):
        raise PartialBillError(given=len(given))
    in_scope, first, over, out = (_fen(part) for part in given)
    return Bill(
        total_fen=_fen(body.total),
        in_scope_fen=in_scope,
        self_pay_first_fen=first,
        over_ceiling_fen=over,
        full_self_pay_fen=out,
    )


def _lines(bodies: list[LineBody]) -> Iterator[ListedLine]:
    """Read the lines, numbered from 1."""
    for number, body in enumerate(bodies, start=1):
        yield ListedLine(
            number=number,
            item_code=body.code,
            quantity_e4=parse_scaled(body.quantity, decimals=4),
            price_e6=parse_scaled(body.price, decimals=6),
            amount_fen=_fen(body.amount) if body.amount is not None else None,
        )


def _answer(made: Estimate, language: Language) -> EstimateAnswer:
    """Write the estimate as the answer."""
    result, bill = made.result, made.bill
    funds = made.law.scheme.funds
    return EstimateAnswer(
        policy=made.policy.policy_id,
        bill=BillAnswer(
            total=_yuan(bill.total_fen),
            in_scope=_yuan(bill.in_scope_fen),
            self_pay_first=_yuan(bill.self_pay_first_fen),
            over_ceiling=_yuan(bill.over_ceiling_fen),
            full_self_pay=_yuan(bill.full_self_pay_fen),
            is_assumed=bill.is_assumed,
        ),
        person=_yuan(result.person_fen),
        account=_yuan(result.account_fen),
        cash=_yuan(result.cash_fen),
        hospital=_yuan(result.hospital_fen),
        funds=[
            Money(code=code, name=getattr(funds[code], language), amount=_yuan(paid_fen))
            for code, paid_fen in result.funds
        ],
        deductible=_yuan(result.deductible_fen),
        steps=explain(made.policy, steps_to_plain(result.steps), language),
        clauses=[_clause(clause) for clause in made.clauses],
        lines=[_line(priced) for priced in made.lines],
        elsewhere=[
            ElsewhereAnswer(
                level=there.level,
                place=there.place,
                is_here=there.is_here,
                fund=_yuan(there.fund_fen),
                person=_yuan(there.person_fen),
                difference=_yuan(there.difference_fen),
            )
            for there in made.elsewhere
        ],
    )


def _clause(clause: Clause) -> ClauseAnswer:
    """Write a clause."""
    return ClauseAnswer(
        clause=clause.id,
        document=clause.document,
        article=clause.article,
        link=clause.link,
        trust=clause.trust,  # type: ignore[arg-type]  # the language of policies knows these marks only
    )


def _line(priced: PricedLine) -> LineAnswer:
    """Write a priced line."""
    return LineAnswer(
        line=priced.line.number,
        code=priced.line.item_code,
        name=priced.item_name,
        item_class=priced.item_class,
        amount=_yuan(priced.amount_fen),
        in_scope=_yuan(priced.parts.in_scope_fen),
        self_pay_first=_yuan(priced.parts.self_pay_first_fen),
        over_ceiling=_yuan(priced.parts.over_ceiling_fen),
        full_self_pay=_yuan(priced.parts.full_self_pay_fen),
    )
