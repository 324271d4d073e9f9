"""Differences between two laws as sentences, in Chinese and English: where, before → after, by which clauses."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeGuard

from yibao.core.money import PPM, format_scaled, format_yuan
from yibao.engines.benefits.tables import UNLIMITED_FEN
from yibao.policies.circumstances import describe, word
from yibao.policies.comparison import Comparison, Content, Difference, Side
from yibao.policies.law import Clause
from yibao.policies.sentence_words import COMMON, Language
from yibao.policies.values import Band, Bands

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {
        **COMMON["zh"],
        "head": "【{layer}】{what}（{where}）：{change}",
        "headless": "{what}（{where}）：{change}",
        "change": "{before} → {after}",
        "layer_added": "【{layer}】新增本层待遇。",
        "layer_removed": "【{layer}】取消本层待遇。",
        "circumstance_added": "新增情形：{where}。",
        "circumstance_removed": "取消情形：{where}。",
        "base": "计入范围",
        "fund": "支付基金",
        "deductible": "起付线",
        "rates": "支付比例",
        "cap": "支付限额",
        "basis": "依据",
        "account": "个人账户可支付的范围",
        "not_paid": "不予支付的就医类别",
        "nothing": "未作规定",
        "unlimited": "不设限额",
        "yuan": "{amount} 元",
        "by": "{amount}（{counted}）",
        "visit": "每次",
        "beyond": "超出“{before}”支付范围的费用",
        "all": "{rate}",
        "to": "{top} 元及以下 {rate}",
        "between": "{bottom} 元至 {top} 元 {rate}",
        "above": "{bottom} 元以上 {rate}",
        "by_age": "{rate}%，年龄每满一岁增加 {by_age}%，最高 {most}%",
        "by_age_from": "{rate}%，{first} 岁以后每满一岁增加 {by_age}%，最高 {most}%",
        "limit": "费用限额",
        "lump": "一次性支付",
        "share": "{part}的 {share}%",
        "less_deductible": "扣除“{layer}”的起付线",
        "less_copay": "扣除“{layer}”的按比例自付部分",
        "less_beyond": "扣除超出“{layer}”支付范围的部分",
        "hospital": "医疗机构",
        "and": "；",
        "points": "（提高 {points} 个百分点）",
        "points_less": "（降低 {points} 个百分点）",
        "same_value": "{value} 不变",
        "sources": "（原：{before}；现：{after}）",
        "source": "{document}；{trust}",
        "same": "两部规定的待遇没有差别。",
    },
    "en": {
        **COMMON["en"],
        "head": "[{layer}] {what} ({where}): {change}",
        "headless": "{what} ({where}): {change}",
        "change": "{before} → {after}",
        "layer_added": "[{layer}] This layer of benefit is new.",
        "layer_removed": "[{layer}] This layer of benefit is gone.",
        "circumstance_added": "New circumstances: {where}.",
        "circumstance_removed": "Circumstances that are gone: {where}.",
        "base": "What counts",
        "fund": "Paying fund",
        "deductible": "Deductible",
        "rates": "Rates",
        "cap": "Limit",
        "basis": "Legal basis",
        "account": "What the personal account may pay",
        "not_paid": "Care that no fund pays for",
        "nothing": "nothing said",
        "unlimited": "no limit",
        "yuan": "{amount} yuan",
        "by": "{amount} ({counted})",
        "visit": "each visit",
        "beyond": "cost beyond what “{before}” pays",
        "all": "{rate}",
        "to": "up to {top} yuan {rate}",
        "between": "{bottom} to {top} yuan {rate}",
        "above": "above {bottom} yuan {rate}",
        "by_age": "{rate}% and {by_age}% more for each year of age, at most {most}%",
        "by_age_from": "{rate}% and {by_age}% more for each year of age above {first}, at most {most}%",
        "limit": "Limit on cost",
        "lump": "Lump sum",
        "share": "{share}% of {part}",
        "less_deductible": "less the deductible of “{layer}”",
        "less_copay": "less the co-payment of “{layer}”",
        "less_beyond": "less what lies beyond “{layer}”",
        "hospital": "the institution",
        "and": "; ",
        "points": " ({points} points more)",
        "points_less": " ({points} points less)",
        "same_value": "{value}, unchanged",
        "sources": " [before: {before}] [now: {after}]",
        "source": "{document}; {trust}",
        "same": "The two laws give the same benefits.",
    },
}


def sentences_of(comparison: Comparison, language: Language) -> list[str]:
    """Tell all differences; one sentence says so when there are none."""
    told = [sentence_of(difference, comparison, language) for difference in comparison.differences]
    return told or [WORDS[language]["same"]]


def sentence_of(difference: Difference, comparison: Comparison, language: Language) -> str:
    """Tell one difference with its circumstances and the clauses of both laws."""
    words = WORDS[language]
    where = describe(difference.where, comparison.cuts, language, comparison.names)
    layer = getattr(difference.layer, language) if difference.layer else ""
    if difference.kind in ("layer_added", "layer_removed", "circumstance_added", "circumstance_removed"):
        return words[difference.kind].format(layer=layer, where=where)
    head = words["head" if layer else "headless"]
    told = head.format(layer=layer, what=words[difference.kind], where=where, change=_change(difference, language))
    return told + _sources(difference, language)


def plain(comparison: Comparison) -> dict[str, Any]:
    """All differences as plain values for JSON: amounts in fen, rates in ppm, sentences in both languages."""
    return {
        "before": comparison.before.policy.policy_id,
        "after": comparison.after.policy.policy_id,
        "differences": [
            {
                "kind": difference.kind,
                "layer": _text(difference.layer),
                "where": {name: list(values) for name, values in difference.where.items()},
                "before": _plain_side(difference.before),
                "after": _plain_side(difference.after),
                "zh": sentence_of(difference, comparison, "zh"),
                "en": sentence_of(difference, comparison, "en"),
            }
            for difference in comparison.differences
        ],
    }


def _text(text: Any) -> dict[str, str] | None:
    """Words in both languages."""
    return {"zh": text.zh, "en": text.en} if text is not None else None


def _plain_side(side: Side | None) -> dict[str, Any] | None:
    """One side as plain values; no limit is null."""
    if side is None:
        return None
    value: Any = side.value
    if isinstance(value, int):
        value = None if value == UNLIMITED_FEN else value
    elif _is_bands(value):
        value = [_plain_band(band) for band in value]
    clauses = [
        {"clause": c.id, "document": c.document, "article": c.article, "link": c.link, "trust": c.trust}
        for c in side.clauses
    ]
    return {"value": value, "counted": _text(side.counted), "clauses": clauses}


def _is_bands(value: Content) -> TypeGuard[Bands]:
    """Say whether a value is a list of bands."""
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], tuple)


def _change(difference: Difference, language: Language) -> str:
    """Before → after; of rates with the same bands only those that change."""
    words, before, after = WORDS[language], difference.before, difference.after
    if difference.kind == "basis" and before is not None:
        return words["same_value"].format(value=_value(before, language))
    if difference.kind == "rates" and before is not None and after is not None and before.counted == after.counted:
        old, new = before.value, after.value
        assert isinstance(old, tuple)
        assert isinstance(new, tuple)
        if [band[0] for band in old] == [band[0] for band in new]:
            return _changed_rates(old, new, language)  # type: ignore[arg-type]  # rates are bands
    return words["change"].format(before=_value(before, language), after=_value(after, language))


def _changed_rates(old: Bands, new: Bands, language: Language) -> str:
    """The bands whose rate changes, with the points."""
    words, told = WORDS[language], list[str]()
    bottom = 0
    for was, now in zip(old, new, strict=True):
        if was != now:
            more = now.rate - was.rate
            points = words["points" if more > 0 else "points_less"].format(points=_percent(abs(more))) if more else ""
            change = words["change"].format(before=_band(bottom, was, language), after=_rate(now, language))
            told.append(change + points)
        bottom = was.top
    return words["and"].join(told)


def _value(side: Side | None, language: Language) -> str:
    """One side in words."""
    words = WORDS[language]
    if side is None:
        return words["nothing"]
    value = side.value
    counted = getattr(side.counted, language) if side.counted is not None else words["visit"]
    if isinstance(value, int):
        amount = words["unlimited"] if value == UNLIMITED_FEN else words["yuan"].format(amount=_yuan(value))
        return words["by"].format(amount=amount, counted=counted)
    if isinstance(value, str):
        return words["beyond"].format(before=counted) if value.startswith("beyond:") else _named(value, side, language)
    if _is_bands(value):
        bottoms, told = [0, *(band[0] for band in value)], list[str]()
        for bottom, band in zip(bottoms, value, strict=False):
            told.append(_band(bottom, band, language))
        return words["and"].join(told)
    return words["and"].join(_part(str(name), words) for name in value)


def _part(name: str, words: Mapping[str, str]) -> str:
    """A component, with its weight when it counts in part, or what is taken off."""
    if name.startswith("less:"):
        _, kind, layer = name.split(":")
        return words[f"less_{kind}"].format(layer=layer)
    part, _, weight = name.partition(":")
    told = words.get(part, part)
    return words["share"].format(part=told, share=_percent(int(Decimal(weight) * PPM))) if weight else told


def _named(code: str, side: Side, language: Language) -> str:
    """A fund by its name, a kind of care in words."""
    return getattr(side.counted, language) if side.counted is not None else word(code, language)


def _rate(band: Band, language: Language) -> str:
    """A rate, with how it follows the age."""
    if not band.by_age:
        return f"{_percent(band.rate)}%"
    form = WORDS[language]["by_age" if band.from_age == 0 else "by_age_from"]
    by_age, most = _percent(band.by_age), _percent(band.most)
    return form.format(rate=_percent(band.rate), by_age=by_age, first=band.from_age, most=most)


def _plain_band(band: Band) -> dict[str, int | None]:
    """A band as plain values; a plain rate needs no more than its end and the rate."""
    plain: dict[str, int | None] = {"to_fen": None if band.top == UNLIMITED_FEN else band.top, "rate_ppm": band.rate}
    aged: dict[str, int | None] = {
        "by_age_ppm": band.by_age,
        "from_age": band.from_age,
        "least_ppm": band.least,
        "most_ppm": band.most,
    }
    return plain | aged if band.by_age else plain


def _band(bottom: int, band: Band, language: Language) -> str:
    """One band with its rate."""
    forms = ("all", "to") if bottom == 0 else ("above", "between")
    form = forms[0] if band.top == UNLIMITED_FEN else forms[1]
    return WORDS[language][form].format(bottom=_yuan(bottom), top=_yuan(band.top), rate=_rate(band, language))


def _sources(difference: Difference, language: Language) -> str:
    """The clauses of both sides, or of the one there is."""
    before, after = _source(difference.before, language), _source(difference.after, language)
    if not before and not after:
        return ""
    nothing = WORDS[language]["nothing"]
    return WORDS[language]["sources"].format(before=before or nothing, after=after or nothing)


def _source(side: Side | None, language: Language) -> str:
    """Document, article and trust of a side's clauses."""
    if side is None:
        return ""
    told = dict.fromkeys(_clause(clause, language) for clause in side.clauses)
    return WORDS[language]["and"].join(told)


def _clause(clause: Clause, language: Language) -> str:
    """One clause: document, article, trust."""
    words = WORDS[language]
    document = " ".join(part for part in (clause.document or words["no_document"], clause.article) if part)
    return words["source"].format(document=document, trust=words[clause.trust])


def _percent(rate_ppm: int) -> str:
    """Parts per million as a percentage without trailing zeros."""
    return format_scaled(rate_ppm, decimals=4).rstrip("0").rstrip(".")


def _yuan(amount_fen: int) -> str:
    """An amount in yuan, without decimals where there are none."""
    return format_yuan(amount_fen).removesuffix(".00")
