"""The trace as sentences that a patient understands, in Chinese and English, each with the clause it stands on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yibao.core.money import PPM, format_scaled, format_yuan
from yibao.engines.benefits import BandRow, CompiledPolicy, LayerStep
from yibao.policies.errors import UnknownClauseError
from yibao.policies.language import Layer
from yibao.policies.law import Clause, Law
from yibao.policies.library import law_of
from yibao.policies.sentence_words import WORDS, Language
from yibao.policies.traces import steps_from_plain


def explain(policy: CompiledPolicy, steps: Sequence[Sequence[Any]], language: Language) -> list[str]:
    """Tell a stored trace (`steps_to_plain`) as sentences, in the order of the calculation.

    :raises UnknownClauseError: the trace belongs to another policy.
    :raises UnreadableTraceError: the plain values are no trace.
    """
    teller = _Teller(law_of(policy), language, WORDS[language])
    sentences = [sentence for step in steps_from_plain(steps) for sentence in teller.step(step)]
    return sentences or [teller.words["nothing"]]


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells the steps of one law in one language."""

    law: Law
    language: Language
    words: Mapping[str, str]

    def step(self, step: LayerStep) -> Iterator[str]:
        """Tell one layer: base, what an emergency suspends, limit, deductible, bands or lump sum, cap, account."""
        layer = self._layer(step.layer)
        yield self._base(layer, step)
        yield from self._suspended(step)
        if step.limit_clause is not None and step.limit_fen is not None:
            yield self._limit(step, step.limit_fen) + self._bases(step.limit_clause, "limit", step)
        if step.deductible_clause is not None:
            yield self._deductible(step) + self._bases(step.deductible_clause, "deductible", step)
        for band in step.bands:
            if band.covered_fen:
                yield self._band(step, band) + self._bases(step.clause, "bands", step)
        if step.lump_fen is not None:
            yield self._lump(step, step.lump_fen) + self._bases(step.clause, "lump", step)
        if step.cap_clause is not None and step.cap_fen is not None:
            yield self._cap(step, step.cap_fen) + self._bases(step.cap_clause, "cap", step)
            yield from self._raised(step)
        if step.payer == "account":
            before, after = step.balance_before_fen, step.balance_before_fen - step.paid_fen
            account, amounts = self._account(step), {"before": format_yuan(before), "after": format_yuan(after)}
            yield _sentence(self.words["balance"].format(account=account, **amounts))

    def _base(self, layer: Layer, step: LayerStep) -> str:
        title, base = getattr(layer.title, self.language), format_yuan(step.base_fen)
        if layer.base.beyond is not None:
            before = getattr(self._layer(layer.base.beyond).title, self.language)
            return self.words["beyond"].format(layer=title, before=before, base=base)
        owed = layer.base.owed or ()
        weights = owed if isinstance(owed, dict) else dict.fromkeys(owed, 1)
        parts = self.words["and"].join(self._part(part, weight) for part, weight in weights.items())
        if not step.left_out_fen:
            return self.words["owed"].format(layer=title, parts=parts, base=base)
        less = self.words["and"].join(
            self.words[f"less_{kind}"].format(layer=getattr(self._layer(key).title, self.language))
            for left in layer.base.less
            for kind, key in (("deductible", left.deductible), ("copay", left.copay), ("beyond", left.beyond))
            if key is not None
        )
        whole, left_out = format_yuan(step.base_fen + step.left_out_fen), format_yuan(step.left_out_fen)
        return self.words["owed_less"].format(
            layer=title, parts=parts, whole=whole, less=less, left_out=left_out, base=base
        )

    def _part(self, name: str, weight: Any) -> str:
        """Name a component, with its share when it counts in part."""
        component = self.law.scheme.components.get(name)
        part = getattr(component, self.language) if component else self.words[name]
        share = int(Decimal(weight) * PPM)
        return part if share == PPM else self.words["share"].format(part=part, share=_percent(share))

    def _suspended(self, step: LayerStep) -> Iterator[str]:
        """Tell what an emergency suspends in this step."""
        clauses = {clause for _, clause in step.further}
        for placed in self.law.emergencies.values():
            for entry in placed.emergency.suspends:
                if entry.clause in clauses:
                    title = getattr(placed.emergency.title, self.language)
                    yield self.words[entry.what].format(emergency=title) + self._basis(entry.clause, "basis")

    def _limit(self, step: LayerStep, limit_fen: int) -> str:
        form = "limit_visit" if step.limit_accumulator is None else "limit_period"
        facts = {"limit": format_yuan(limit_fen), "used": format_yuan(step.limit_used_fen)}
        told = self.words[form].format(period=self._period(step.limit_accumulator), **facts)
        over = self.words["limit_over" if step.over_limit_fen else "limit_within"]
        return told + over.format(over=format_yuan(step.over_limit_fen))

    def _deductible(self, step: LayerStep) -> str:
        if step.threshold_fen == 0:
            return self.words["no_deductible"]
        more = self.words["times"].format(times=step.deductible_times) if step.deductible_times > 1 else ""
        more += self.words["credited"].format(credited=format_yuan(step.credited_fen)) if step.credited_fen else ""
        facts = {
            "threshold": format_yuan(step.threshold_fen),
            "before": format_yuan(step.deductible_before_fen),
            "taken": format_yuan(step.deductible_fen),
            "more": more,
            "period": self._period(step.deductible_accumulator),
        }
        if step.deductible_accumulator is None:
            return self.words["deductible_visit"].format(**facts)
        due = step.threshold_fen * step.deductible_times - step.credited_fen
        return self.words["met" if step.deductible_before_fen >= due else "deductible_period"].format(**facts)

    def _band(self, step: LayerStep, band: BandRow) -> str:
        if band.from_fen == 0:
            form = "all" if band.to_fen is None else "to"
        else:
            form = "above" if band.to_fen is None else "between"
        cost = "excess" if step.counts_excess else "cost"
        counted = cost if step.cost_accumulator else f"{cost}_visit"
        return self.words[form].format(
            cost=self.words[counted].format(period=self._period(step.cost_accumulator)),
            bottom=format_yuan(band.from_fen),
            top=format_yuan(band.to_fen or 0),
            covered=format_yuan(band.covered_fen),
            rate=_percent(band.rate_ppm),
            payer=self._payer(step),
            paid=format_yuan(band.paid_fen),
        )

    def _lump(self, step: LayerStep, lump_fen: int) -> str:
        facts = {"used": format_yuan(step.cap_used_fen), "paid": format_yuan(step.paid_fen)}
        met = step.base_fen - step.over_limit_fen > step.deductible_fen
        return self.words["lump" if met else "lump_below"].format(
            lump=format_yuan(lump_fen), payer=self._payer(step), **facts
        )

    def _cap(self, step: LayerStep, cap_fen: int) -> str:
        form = "cap_visit" if step.cap_accumulator is None else "cap_period"
        reached = step.cut_fen and step.cap_used_fen + step.paid_fen >= cap_fen
        return self.words[f"{form}_cut" if reached else form].format(
            period=self._period(step.cap_accumulator, "span", "each_disease"),
            cap=format_yuan(cap_fen),
            used=format_yuan(step.cap_used_fen),
            paid=format_yuan(step.paid_fen),
            cut=format_yuan(step.cut_fen),
            total=format_yuan(step.cap_used_fen + step.paid_fen),
        )

    def _raised(self, step: LayerStep) -> Iterator[str]:
        """Tell how much of the cap the person's own history earned."""
        earned = self._earned()
        for what, clause in step.further:
            if step.raised_fen and what == "cap" and clause in earned:
                yield self.words["raised"].format(raised=format_yuan(step.raised_fen)) + self._basis(clause, "basis")

    def _earned(self) -> set[str]:
        """The clauses by which a person's own history raises a cap."""
        every = (placed.value for layer in self.law.layers for placed in layer.adjustments)
        return {value.clause for value in every if value.unit == "earned"}

    def _period(self, slot: str | None, form: str = "this", by_disease: str = "for_disease") -> str:
        """Name the time over which an accumulator counts, this one or such a one, and that it counts a disease alone."""
        declared = self.law.scheme.accumulators.get((slot or "").partition("@")[0])
        if declared is None:
            return ""
        period = self.words[f"{form}_{declared.per}"]
        return self.words[by_disease].format(period=period) if declared.by else period

    def _payer(self, step: LayerStep) -> str:
        """Name who pays, with the verb."""
        fund = getattr(self.law.scheme.funds[step.fund], self.language) if step.fund else ""
        return self.words[f"pays_{step.payer}"].format(fund=fund, account=self._account(step))

    def _account(self, step: LayerStep) -> str:
        """Name the balance of the account that pays."""
        known = self.law.scheme.account.balances if self.law.scheme.account else {}
        return getattr(known[step.balance], self.language) if step.balance in known else self.words["account"]

    def _layer(self, key: str) -> Layer:
        for placed in self.law.layers:
            if placed.layer.key == key:
                return placed.layer
        raise UnknownClauseError(layer=key, policy=self.law.name)

    def _bases(self, clause: str, role: str, step: LayerStep) -> str:
        """Name what a quantity stands on: its clause, and what determines or adjusts it."""
        suspensions = {entry.clause for each in self.law.emergencies.values() for entry in each.emergency.suspends}
        untold = suspensions | self._earned()
        more = (each for what, each in step.further if what == role and each not in untold)
        return self._basis(clause, "basis") + "".join(self._basis(each, "adjusted") for each in more)

    def _basis(self, clause_id: str, form: str) -> str:
        clause = self.law.clauses.get(clause_id)
        if clause is None:
            raise UnknownClauseError(clause=clause_id, policy=self.law.name)
        return self.words[form].format(
            document=self._document(clause),
            trust=self.words[clause.trust],
            link=self.words["link"].format(link=clause.link) if clause.link else "",
        )

    def _document(self, clause: Clause) -> str:
        """Name document and article, or say that there is none."""
        if clause.document is None:
            return self.words["no_document"]
        return f"{clause.document} {clause.article}" if clause.article else clause.document


def _sentence(words: str) -> str:
    """Begin a sentence with a capital letter."""
    return words[:1].upper() + words[1:]


def _percent(rate_ppm: int) -> str:
    """Write parts per million as a percentage without trailing zeros: 985000 is 98.5."""
    text = format_scaled(rate_ppm, decimals=4)
    return text.rstrip("0").rstrip(".")
