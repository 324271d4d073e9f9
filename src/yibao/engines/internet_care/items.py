"""Is a proposed price item (医疗服务价格项目) one: five conditions, kinds that are none, and no old item under another name."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from yibao.core.money import PPM

_LETTERS_COMPARED: Final = 2
_SAID_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "consultation": ("医学咨询", "健康咨询", "咨询服务"),
    "health_management": ("健康管理",),
    "convenience": ("便民",),
    "education": ("教育", "培训", "宣教"),
    "research": ("科研", "随访"),
    "data": ("数据管理", "数据存储", "数据分析"),
    "remote_round": ("远程查房",),
}
"""Words by which a proposal shows itself as one of the kinds that are no price item: a reviewer looks at it then."""


@dataclass(frozen=True, slots=True)
class ItemRules:
    """The conditions and the excluded kinds of the rulebook; `alike_ppm` is the likeness from which a reviewer is asked."""

    conditions: tuple[str, ...]
    excluded_kinds: frozenset[str]
    alike_ppm: int


@dataclass(frozen=True, slots=True)
class ProposedItem:
    """A proposed item: `conditions` are those that evidence was given for, `service_kind` what the proposer says it is.

    `is_between_institutions`: no specific patient is served; `is_public`: a public institution would charge it.
    """

    name: str
    content: str
    service_kind: str
    conditions: Collection[str]
    is_between_institutions: bool
    is_public: bool


@dataclass(frozen=True, slots=True)
class ExistingItem:
    """An item of the list: its code, name and content (项目内涵), which is empty where the list does not tell it."""

    code: str
    name: str
    content: str


@dataclass(frozen=True, slots=True)
class ItemFinding:
    """What was found: `is_binding` findings refuse the item, the others ask for a reviewer's word on each."""

    rule: str
    is_binding: bool
    facts: Mapping[str, object] = field(default_factory=dict)


def check_item(item: ProposedItem, existing: Sequence[ExistingItem], rules: ItemRules) -> list[ItemFinding]:
    """Everything that stands against a proposed item.

    Conditions without evidence and excluded kinds bind. Likeness in name, in content, content that is part of an existing
    item (拆分内涵) or holds one with further steps (增加非医疗步骤) are for a reviewer, who says why it is new all the same.
    Source: 天津市“互联网+”医疗服务医保支付管理办法(试行) 第八条; likeness by pairs of characters is our default.
    """
    return [*_conditions(item, rules), *_excluded(item, rules), *_like_others(item, existing, rules.alike_ppm)]


def likeness_ppm(one: str, other: str) -> int:
    """How alike two texts are: twice the pairs of neighbouring characters they share, of all pairs (Dice), in millionths."""
    pairs, others = _pairs(one), _pairs(other)
    total = pairs.total() + others.total()
    return 2 * (pairs & others).total() * PPM // total if total else 0


def _conditions(item: ProposedItem, rules: ItemRules) -> Iterator[ItemFinding]:
    """The conditions that nothing shows."""
    for condition in rules.conditions:
        if condition not in item.conditions:
            yield ItemFinding(f"condition_{condition}", is_binding=True)


def _excluded(item: ProposedItem, rules: ItemRules) -> Iterator[ItemFinding]:
    """What is no price item: services between institutions, and kinds outside the core of care at public institutions."""
    if item.is_between_institutions:
        yield ItemFinding("between_institutions", is_binding=True)
    if not item.is_public:
        return
    if item.service_kind in rules.excluded_kinds:
        yield ItemFinding("excluded_kind", is_binding=True, facts={"kind": item.service_kind})
        return
    for kind in sorted(rules.excluded_kinds):
        words = [word for word in _SAID_OF.get(kind, ()) if word in item.name or word in item.content]
        if words:
            yield ItemFinding("sounds_excluded", is_binding=False, facts={"kind": kind, "word": words[0]})


def _like_others(item: ProposedItem, existing: Sequence[ExistingItem], alike_ppm: int) -> Iterator[ItemFinding]:
    """Items of the list that the proposal may be, under another name, in part, or with something added."""
    for other in existing:
        told = {"code": other.code, "name": other.name}
        alike = likeness_ppm(item.name, other.name)
        if alike >= alike_ppm:
            yield ItemFinding("renamed", is_binding=False, facts={**told, "alike_ppm": alike})
        if not other.content or not item.content:
            continue
        within, around = _held_ppm(item.content, other.content), _held_ppm(other.content, item.content)
        if within >= alike_ppm and around >= alike_ppm:
            yield ItemFinding("reworded", is_binding=False, facts={**told, "alike_ppm": min(within, around)})
        elif within >= alike_ppm:
            yield ItemFinding("split", is_binding=False, facts={**told, "alike_ppm": within})
        elif around >= alike_ppm:
            yield ItemFinding("steps_added", is_binding=False, facts={**told, "alike_ppm": around})


def _held_ppm(part: str, whole: str) -> int:
    """How much of one text stands in another, by pairs of characters, in millionths."""
    pairs = _pairs(part)
    return (pairs & _pairs(whole)).total() * PPM // pairs.total() if pairs else 0


def _pairs(text: str) -> Counter[str]:
    """The pairs of neighbouring characters of a text, without its signs and spaces; a single one stands for itself."""
    plain = "".join(character for character in text.casefold() if character.isalnum())
    if len(plain) < _LETTERS_COMPARED:
        return Counter([plain] if plain else [])
    return Counter(plain[place : place + _LETTERS_COMPARED] for place in range(len(plain) - 1))
