"""Circumstances in plain words: sets of cells put together into as few boxes as say the same."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from yibao.engines.benefits.tables import DIMENSIONS
from yibao.policies.language import Text
from yibao.policies.law import ALL, Law
from yibao.policies.sentence_words import Language

Atom = tuple[str | int, ...]
"""One combination in the order of `DIMENSIONS`; groups of numbers stand as their first, what does not matter as `*`."""
Box = Mapping[str, tuple[str | int, ...]]
"""For each dimension that matters, the codes or first numbers that belong to it."""
Cuts = Mapping[str, tuple[int, ...]]
"""Where groups of ages and ordinals begin in either of two laws."""

STEPPED: Final[Mapping[str, str]] = {"age": "ages", "ordinal": "ordinals", "tenure": "tenures"}
"""Dimensions whose codes are groups of numbers, with the key of the scheme file that says where they begin."""
ORDER: Final = ("care", "status", "aid", "plan", "disease", "place", "level", "ordinal", "age", "tenure")
"""In which order circumstances are told; dimensions that are not named here follow."""

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "outpatient": ("门诊", "outpatient care"),
    "inpatient": ("住院", "inpatient care"),
    "chronic": ("门诊慢特病", "chronic and special diseases"),
    "pharmacy": ("药店购药", "pharmacies"),
    "tertiary": ("三级医院", "tertiary hospitals"),
    "district_tertiary": ("区属三级医院", "district tertiary hospitals"),
    "secondary": ("二级医院", "secondary hospitals"),
    "primary": ("一级医院", "primary hospitals"),
    "community": ("社区卫生服务机构", "community centres"),
    "village": ("村卫生室", "village clinics"),
    "active": ("在职职工", "active employees"),
    "retired": ("退休人员", "retired people"),
    "retired_after_2001": ("2001 年后退休人员", "people retired after 2001"),
    "retired_before_2001": ("2000 年底前退休人员", "people retired before 2001"),
    "student_child": ("学生儿童", "students and children"),
    "elderly": ("老年居民", "elderly residents"),
    "working_age": ("劳动年龄内居民", "residents of working age"),
    "high_grade": ("高档缴费居民", "residents paying the high grade"),
    "low_grade": ("低档缴费居民", "residents paying the low grade"),
    "severely_disabled": ("重残人员", "severely disabled people"),
    "assisted": ("医疗救助对象", "people under medical assistance"),
    "assisted_student": ("医疗救助对象（学生）", "students under medical assistance"),
    "insured": ("参保人员", "insured people"),
    "first_tier_active": ("一档在职职工", "active employees of the first tier"),
    "first_tier_retired": ("一档退休人员", "retired people of the first tier"),
    "second_tier": ("二档参保人员", "people insured in the second tier"),
    "day_surgery": ("日间手术", "day surgery"),
    "internet_followup": ("互联网复诊", "follow-up on the internet"),
    "negotiated_drugs": ("国家谈判药品", "negotiated drugs"),
    "local": ("参保地", "the region of insurance"),
    "referred": ("异地转诊", "elsewhere (referred)"),
    "emergency": ("异地急诊", "elsewhere (emergency)"),
    "filed": ("异地已备案", "elsewhere (on file)"),
    "unfiled": ("异地未备案", "elsewhere (not on file)"),
    "all_circumstances": ("所有情形", "all circumstances"),
}


def word(code: str, language: Language) -> str:
    """A code in words; one that is not known here is told as it stands."""
    zh, en = WORDS.get(code, (code, code.replace("_", " ")))
    return zh if language == "zh" else en


def names_of(*laws: Law) -> Mapping[str, Text]:
    """What laws themselves call their aids, plans and diseases; of several names for a code the last law's."""
    return {
        code: Text(zh=said.zh, en=said.en)
        for law in laws
        for group in (law.scheme.aids, law.scheme.plans, law.scheme.diseases)
        for code, said in group.items()
    }


def cuts_of(*laws: Law) -> Cuts:
    """Where groups of numbers begin in any of the laws."""
    return {
        dimension: tuple(sorted({start for law in laws for start in _starts(law, key).values()}))
        for dimension, key in STEPPED.items()
    }


def atoms_of(law: Law, cuts: Cuts, depends: Collection[str]) -> Iterator[tuple[Atom, Mapping[str, str]]]:
    """Every combination of some circumstances, as fine as the cuts of both laws ask for, with the codes it lies in."""
    codes, named = law.codes(), [name for name in DIMENSIONS if name in depends]
    groups = {dimension: _groups(law, dimension, cuts[dimension]) for dimension in STEPPED}
    for key in product(*(codes[name] for name in named)):
        cell = dict(zip(named, key, strict=True))
        if "care" in cell and "level" in cell and cell["level"] not in law.levels_of(cell["care"]):
            continue
        fine = [_fine(groups, name, cell) for name in DIMENSIONS]
        for atom in product(*fine):
            yield atom, cell


def _fine(
    groups: Mapping[str, Mapping[str, tuple[int, ...]]], name: str, cell: Mapping[str, str]
) -> tuple[str | int, ...]:
    """The values of one circumstance in a combination: the cuts of a group, the code, or `*` where it does not matter."""
    if name not in cell:
        return ("*",)
    return groups[name][cell[name]] if name in groups else (cell[name],)


def _starts(law: Law, key: str) -> Mapping[str, int]:
    """The groups of numbers that a law declares, or the one group of all."""
    return getattr(law.scheme, key) or {ALL: 0}


def _groups(law: Law, dimension: str, cuts: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """The cuts that lie in each of a law's groups."""
    starts = _starts(law, STEPPED[dimension])
    ends = [*list(starts.values())[1:], None]
    return {
        code: tuple(cut for cut in cuts if cut >= start and (end is None or cut < end))
        for (code, start), end in zip(starts.items(), ends, strict=True)
    }


def boxes(chosen: Collection[Atom], domain: Collection[Atom]) -> list[Box]:
    """Put atoms together into boxes that hold all of them and, within the domain, no others."""
    found, all_atoms = set(chosen), set(domain)
    spans = _spans(found)
    if {atom for atom in all_atoms if _inside(atom, spans)} == found:
        whole = _spans(all_atoms)
        return [
            {
                name: tuple(sorted(span, key=str) if name not in STEPPED else sorted(span, key=int))
                for name, span, widest in zip(DIMENSIONS, spans, whole, strict=True)
                if span != widest
            }
        ]
    parts = min((_split(found, place) for place in range(len(DIMENSIONS))), key=_fewest)
    return [box for part in parts for box in boxes(part, domain)]


def _fewest(parts: list[set[Atom]]) -> int:
    """A split into one part is none; otherwise the fewer the better."""
    return len(parts) if len(parts) > 1 else 1_000_000


def _spans(atoms: Collection[Atom]) -> list[set[str | int]]:
    """The values that occur in each dimension."""
    return [set(column) for column in zip(*atoms, strict=True)]


def _inside(atom: Atom, spans: Sequence[set[str | int]]) -> bool:
    """Say whether an atom lies within the product of some values."""
    return all(value in span for value, span in zip(atom, spans, strict=True))


def _split(atoms: set[Atom], place: int) -> list[set[Atom]]:
    """Split by one dimension; values with the same rests stay together. The parts come in the order of their first atoms."""
    rests: dict[str | int, set[Atom]] = {}
    for atom in sorted(atoms, key=str):
        rests.setdefault(atom[place], set()).add((*atom[:place], *atom[place + 1 :]))
    parts: dict[frozenset[Atom], set[Atom]] = {}
    for value, rest in rests.items():
        parts.setdefault(frozenset(rest), set()).update((*r[:place], value, *r[place:]) for r in rest)
    return list(parts.values())


def describe(box: Box, cuts: Cuts, language: Language, names: Mapping[str, Text]) -> str:
    """Tell a box: 住院；退休人员；三级医院, in the order in which people ask; `names` are the laws' own words for codes."""
    if not box:
        return word("all_circumstances", language)
    named = sorted(box, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return ("；" if language == "zh" else "; ").join(
        _dimension(name, box[name], cuts, language, names) for name in named
    )


def _dimension(
    name: str, values: tuple[str | int, ...], cuts: Cuts, language: Language, names: Mapping[str, Text]
) -> str:
    """Tell the values of one dimension."""
    joint = "、" if language == "zh" else " or "
    if name not in STEPPED:
        known = list(WORDS)
        ordered = sorted(map(str, values), key=lambda code: known.index(code) if code in WORDS else len(known))
        own = names if name in ("aid", "plan", "disease") else {}
        return joint.join(getattr(own[code], language) if code in own else word(code, language) for code in ordered)
    return joint.join(_span(name, first, end, language) for first, end in _joined(values, cuts[name]))


def _joined(values: Sequence[str | int], cuts: Sequence[int]) -> list[tuple[int, int | None]]:
    """Neighbouring groups of numbers put together: first number and the number after the last, None for no end."""
    ends = dict(zip(cuts, [*cuts[1:], None], strict=True))
    spans: list[tuple[int, int | None]] = []
    for value in (int(value) for value in values):
        if spans and spans[-1][1] == value:
            spans[-1] = (spans[-1][0], ends[value])
        else:
            spans.append((value, ends[value]))
    return spans


_SPANS: Final[Mapping[tuple[str, Language], tuple[str, str, str]]] = {
    ("age", "zh"): ("不满 {end} 岁", "{first} 岁及以上", "{first} 至 {last} 岁"),
    ("age", "en"): ("under {end}", "aged {first} and over", "aged {first} to {last}"),
    ("ordinal", "zh"): ("前 {last} 次住院", "第 {first} 次及以后住院", "第 {first} 至 {last} 次住院"),
    ("ordinal", "en"): ("admissions up to number {last}", "admissions from number {first} on", "admissions {first} to {last}"),
    ("tenure", "zh"): ("参保不满 {end} 年", "参保满 {first} 年", "参保满 {first} 年不满 {end} 年"),
    ("tenure", "en"): ("enrolled less than {end} years", "enrolled {first} years or more", "enrolled {first} to {end} years"),
}  # fmt: skip
_FIRST: Final[Mapping[str, int]] = {"age": 0, "ordinal": 1, "tenure": 0}


def _span(name: str, first: int, end: int | None, language: Language) -> str:
    """Tell numbers from `first` up to but without `end`."""
    below, above, between = _SPANS[name, language]
    if end is None:
        return above.format(first=first)
    if first == _FIRST[name]:
        if (name, first, end) == ("ordinal", 1, 2):
            return "首次住院" if language == "zh" else "the first admission"
        return below.format(end=end, last=end - 1)
    return between.format(first=first, last=end - 1, end=end)
