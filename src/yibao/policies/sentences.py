"""The trace as sentences that a patient understands, in Chinese and English, each with the clause it stands on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from yibao.core.money import format_scaled, format_yuan
from yibao.engines.benefits import BandRow, CompiledPolicy, LayerStep
from yibao.policies.errors import UnknownClauseError
from yibao.policies.language import Layer
from yibao.policies.law import Clause, Law
from yibao.policies.library import law_of
from yibao.policies.traces import steps_from_plain

Language = Literal["zh", "en"]

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {
        "nothing": "本次费用没有进入任何基金的支付范围,全部由个人支付。",
        "owed": "【{layer}】本次计入的{parts}共 {base} 元。",
        "beyond": "【{layer}】超出“{before}”支付范围的费用 {base} 元,由本层继续支付。",
        "deductible_year": "起付线为 {threshold} 元,本年度此前已累计 {before} 元,本次再由个人承担 {taken} 元。",
        "deductible_visit": "本次起付线为 {threshold} 元,由个人承担 {taken} 元。",
        "met": "起付线 {threshold} 元本年度已满,本次不再扣除。",
        "all": "其中 {covered} 元按 {rate}% 支付,{fund}支付 {paid} 元。",
        "to": "本年度累计费用不超过 {top} 元的部分:{covered} 元按 {rate}% 支付,{fund}支付 {paid} 元。",
        "between": "本年度累计费用 {bottom} 元至 {top} 元的部分:{covered} 元按 {rate}% 支付,{fund}支付 {paid} 元。",
        "above": "本年度累计费用超过 {bottom} 元的部分:{covered} 元按 {rate}% 支付,{fund}支付 {paid} 元。",
        "cap_year": "本层年度支付限额为 {cap} 元,此前已支付 {used} 元,本次后累计 {total} 元。",
        "cap_cut": "本层年度支付限额为 {cap} 元,此前已支付 {used} 元,本次支付 {paid} 元后达到限额,按比例应再支付的 {cut} 元不由本层支付。",
        "cap_visit": "本层每次支付限额为 {cap} 元,本次支付 {paid} 元。",
        "cap_visit_cut": "本层每次支付限额为 {cap} 元,本次支付 {paid} 元后达到限额,按比例应再支付的 {cut} 元不由本层支付。",
        "basis": "(依据:{document};{trust}{link})",
        "no_document": "未见公布的规定",
        "official": "官方文件",
        "relayed": "转载的官方规定",
        "third_party": "第三方资料",
        "our_default": "本系统默认取值",
        "in_scope": "政策范围内费用",
        "self_pay_first": "先行自付费用",
        "over_ceiling": "超限价费用",
        "full_self_pay": "全自费费用",
        "and": "、",
    },
    "en": {
        "nothing": "No part of this visit is payable by any fund; the person pays all of it.",
        "owed": "[{layer}] {base} yuan of this visit count here: {parts}.",
        "beyond": "[{layer}] {base} yuan lie beyond what “{before}” pays and are taken up here.",
        "deductible_year": "The deductible is {threshold} yuan; {before} yuan were borne earlier this year and {taken} yuan are borne now.",
        "deductible_visit": "The deductible of this visit is {threshold} yuan; {taken} yuan are borne by the person.",
        "met": "The deductible of {threshold} yuan has been met this year; nothing is taken off now.",
        "all": "Of the rest, {covered} yuan are paid at {rate}%: {fund} pays {paid} yuan.",
        "to": "This year's cost up to {top} yuan: {covered} yuan are paid at {rate}%: {fund} pays {paid} yuan.",
        "between": "This year's cost from {bottom} to {top} yuan: {covered} yuan are paid at {rate}%: {fund} pays {paid} yuan.",
        "above": "This year's cost above {bottom} yuan: {covered} yuan are paid at {rate}%: {fund} pays {paid} yuan.",
        "cap_year": "This layer pays at most {cap} yuan a year; {used} yuan were paid before and {total} yuan after this visit.",
        "cap_cut": "This layer pays at most {cap} yuan a year; {used} yuan were paid before, so {paid} yuan are paid now; the further {cut} yuan that the rates give are not paid by this layer.",
        "cap_visit": "This layer pays at most {cap} yuan a visit; {paid} yuan are paid now.",
        "cap_visit_cut": "This layer pays at most {cap} yuan a visit, so {paid} yuan are paid now; the further {cut} yuan that the rates give are not paid by this layer.",
        "basis": " (Basis: {document}; {trust}{link})",
        "no_document": "no published rule found",
        "official": "official document",
        "relayed": "official rule as relayed",
        "third_party": "third-party material",
        "our_default": "this system's default",
        "in_scope": "in-scope cost",
        "self_pay_first": "cost paid first by the person",
        "over_ceiling": "cost above the ceiling price",
        "full_self_pay": "cost outside the catalogue",
        "and": ", ",
    },
}


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
        """Tell one layer: base, deductible, bands, cap."""
        layer = self._layer(step.layer)
        yield self._base(layer, step)
        if step.deductible_clause is not None:
            yield self._deductible(step) + self._basis(step.deductible_clause)
        for band in step.bands:
            if band.covered_fen:
                yield self._band(step, band) + self._basis(step.clause)
        if step.cap_clause is not None and step.cap_fen is not None:
            yield self._cap(step, step.cap_fen) + self._basis(step.cap_clause)

    def _base(self, layer: Layer, step: LayerStep) -> str:
        title = getattr(layer.title, self.language)
        base = format_yuan(step.base_fen)
        if layer.base.beyond is not None:
            before = getattr(self._layer(layer.base.beyond).title, self.language)
            return self.words["beyond"].format(layer=title, before=before, base=base)
        parts = self.words["and"].join(self.words[part] for part in layer.base.owed or ())
        return self.words["owed"].format(layer=title, parts=parts, base=base)

    def _deductible(self, step: LayerStep) -> str:
        facts = {
            "threshold": format_yuan(step.threshold_fen),
            "before": format_yuan(step.deductible_before_fen),
            "taken": format_yuan(step.deductible_fen),
        }
        if step.deductible_accumulator is None:
            return self.words["deductible_visit"].format(**facts)
        met = step.deductible_before_fen >= step.threshold_fen
        return self.words["met" if met else "deductible_year"].format(**facts)

    def _band(self, step: LayerStep, band: BandRow) -> str:
        if band.from_fen == 0:
            form = "all" if band.to_fen is None else "to"
        else:
            form = "above" if band.to_fen is None else "between"
        return self.words[form].format(
            bottom=format_yuan(band.from_fen),
            top=format_yuan(band.to_fen or 0),
            covered=format_yuan(band.covered_fen),
            rate=_percent(band.rate_ppm),
            fund=getattr(self.law.scheme.funds[step.fund], self.language),
            paid=format_yuan(band.paid_fen),
        )

    def _cap(self, step: LayerStep, cap_fen: int) -> str:
        form = "cap_visit" if step.cap_accumulator is None else "cap_year"
        if step.cut_fen:
            form = "cap_visit_cut" if step.cap_accumulator is None else "cap_cut"
        return self.words[form].format(
            cap=format_yuan(cap_fen),
            used=format_yuan(step.cap_used_fen),
            paid=format_yuan(step.paid_fen),
            cut=format_yuan(step.cut_fen),
            total=format_yuan(step.cap_used_fen + step.paid_fen),
        )

    def _layer(self, key: str) -> Layer:
        for placed in self.law.layers:
            if placed.layer.key == key:
                return placed.layer
        raise UnknownClauseError(layer=key, policy=self.law.name)

    def _basis(self, clause_id: str) -> str:
        clause = self.law.clauses.get(clause_id)
        if clause is None:
            raise UnknownClauseError(clause=clause_id, policy=self.law.name)
        return self.words["basis"].format(
            document=self._document(clause),
            trust=self.words[clause.trust],
            link=f", {clause.link}" if clause.link else "",
        )

    def _document(self, clause: Clause) -> str:
        """Name document and article, or say that there is none."""
        if clause.document is None:
            return self.words["no_document"]
        return f"{clause.document} {clause.article}" if clause.article else clause.document


def _percent(rate_ppm: int) -> str:
    """Write parts per million as a percentage without trailing zeros: 985000 is 98.5."""
    text = format_scaled(rate_ppm, decimals=4)
    return text.rstrip("0").rstrip(".")
