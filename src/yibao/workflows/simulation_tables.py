"""The tables of a simulation: from sums to rows that doors can show."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from yibao.core.money import PPM, divide_half_up
from yibao.engines.projection import Tally
from yibao.policies.by_layer import LayerName, layer_names
from yibao.policies.circumstances import names_of, word
from yibao.policies.law import Law
from yibao.warehouse.result_tables import Column, ResultTable, Unit, Value, Words

PAYERS: Final = {
    "total": Words("总费用", "total cost"),
    "funds": Words("基金合计", "all funds"),
    "person": Words("个人负担合计", "persons' own part"),
    "account": Words("其中个人账户", "of this from accounts"),
    "cash": Words("其中现金", "of this in cash"),
    "hospital": Words("医疗机构负担", "borne by institutions"),
}
KINDS: Final = {
    "all": Words("全部人员", "everybody"),
    "age": Words("年龄", "age"),
    "status": Words("人员类别", "status"),
    "aid": Words("救助身份", "aid"),
    "level": Words("主要就医机构级别", "level of the costliest visit"),
}
AIDS: Final = {"none": Words("无", "none"), "1": Words("低保", "subsistence allowance"), "2": Words("特困", "destitute"), "4": Words("重残", "severely disabled")}  # fmt: skip


def tables_of(tally: Tally, base: Law, reform: Law) -> tuple[ResultTable, ...]:
    """All tables of a simulation."""
    layers = {**layer_names(base), **layer_names(reform)}
    own_words = names_of(base, reform)
    aids = {**AIDS, **{code: Words(text.zh, text.en) for code, text in own_words.items() if code not in AIDS}}
    return (
        _payers(tally),
        _layers(tally, layers),
        _funds(tally, layers),
        _persons(tally, aids),
        _shares(tally),
        _catastrophic(tally, aids),
        _providers(tally, "level"),
        _providers(tally, "institution"),
    )


def _column(name: str, zh: str, en: str, unit: Unit) -> Column:
    return Column(name, Words(zh, en), unit)


_BASE_REFORM: Final = (
    _column("base_fen", "现行政策(元)", "base (yuan)", "fen"),
    _column("reform_fen", "改革方案(元)", "reform (yuan)", "fen"),
    _column("difference_fen", "差额(元)", "difference (yuan)", "fen"),
    _column("difference_ppm", "变化率", "change", "ppm"),
)


def _sides(tally: Tally, kind: str, name: str) -> tuple[int, int]:
    """A sum under both laws."""
    return tally.sums.get((kind, name, "base"), 0), tally.sums.get((kind, name, "reform"), 0)


def _difference(base: int, reform: int) -> tuple[Value, ...]:
    """Both sums, their difference, and its share of the base, nothing without a base."""
    return base, reform, reform - base, _share(reform - base, base)


def _share(part: int, whole: int) -> int | None:
    return divide_half_up(part * PPM, whole) if whole else None


def _payers(tally: Tally) -> ResultTable:
    """Who pays, under both laws."""
    return ResultTable(
        "payers",
        Words("费用由谁负担", "Who pays"),
        (_column("payer", "付费方", "payer", "text"), *_BASE_REFORM),
        tuple((_both(words), *_difference(*_sides(tally, "payer", name))) for name, words in PAYERS.items()),
    )


def _layers(tally: Tally, layers: dict[str, LayerName]) -> ResultTable:
    """What each layer pays, and out of which fund."""
    columns = (
        _column("layer", "待遇层次", "layer", "text"),
        _column("title", "名称", "title", "text"),
        _column("fund", "基金", "fund", "text"),
    )
    rows = tuple(
        (name.key, f"{name.title.zh} {name.title.en}", name.fund, *_difference(*_sides(tally, "layer", name.key)))
        for name in layers.values()
    )
    return ResultTable(
        "layers", Words("按待遇层次的基金支出", "Fund spending by layer"), (*columns, *_BASE_REFORM), rows
    )


def _funds(tally: Tally, layers: dict[str, LayerName]) -> ResultTable:
    """What each fund pays."""
    names = {name.fund: f"{name.fund_name.zh} {name.fund_name.en}" for name in layers.values() if name.fund}
    rows = []
    for fund, title in names.items():
        sides = [_sides(tally, "layer", name.key) for name in layers.values() if name.fund == fund]
        rows.append((fund, title, *_difference(sum(base for base, _ in sides), sum(reform for _, reform in sides))))
    columns = (_column("fund", "基金", "fund", "text"), _column("title", "名称", "title", "text"))
    return ResultTable("funds", Words("按基金的支出", "Spending by fund"), (*columns, *_BASE_REFORM), tuple(rows))


_GROUP: Final = (_column("kind", "分组", "grouped by", "text"), _column("group", "组别", "group", "text"))


def _persons(tally: Tally, aids: Mapping[str, Words]) -> ResultTable:
    """How many are better and worse off, and by how much, group by group."""
    columns = (
        _column("persons", "人数", "persons", "count"),
        _column("better", "受益人数", "better off", "count"),
        _column("worse", "受损人数", "worse off", "count"),
        _column("better_ppm", "受益占比", "share better off", "ppm"),
        _column("worse_ppm", "受损占比", "share worse off", "ppm"),
        _column("gain_fen", "少负担(元)", "borne less (yuan)", "fen"),
        _column("loss_fen", "多负担(元)", "borne more (yuan)", "fen"),
        _column("own_base_ppm", "现行自付占比", "own share, base", "ppm"),
        _column("own_reform_ppm", "改革后自付占比", "own share, reform", "ppm"),
    )
    rows = []
    for kind, name, measures in _grouped(tally):
        persons, better, worse, gain, loss, total, own_base, own_reform = measures[:8]
        shares = (_share(better, persons), _share(worse, persons))
        own = (_share(own_base, total), _share(own_reform, total))
        rows.append((_both(KINDS[kind]), _group(kind, name, aids), persons, better, worse, *shares, gain, loss, *own))
    return ResultTable(
        "persons",
        Words("受益与受损人数(按年度人次)", "Persons better and worse off (a year each)"),
        (*_GROUP, *columns),
        tuple(rows),
    )


def _shares(tally: Tally) -> ResultTable:
    """The share of cost that tenths of the persons do not exceed."""
    deciles = tally.deciles()
    columns = (
        _column("tenth", "人数占比", "of the persons", "ppm"),
        _column("base_ppm", "现行自付占比不超过", "bear at most, base", "ppm"),
        _column("reform_ppm", "改革后自付占比不超过", "bear at most, reform", "ppm"),
    )
    rows = tuple(
        (PPM * tenth // 10, base, reform)
        for tenth, (base, reform) in enumerate(zip(deciles.base_ppm, deciles.reform_ppm, strict=True), start=1)
    )
    title = Words("个人负担占总费用比例的分布", "Distribution of the own share of the year's cost")
    return ResultTable("own_share", title, columns, rows)


def _catastrophic(tally: Tally, aids: Mapping[str, Words]) -> ResultTable:
    """How many bear more than the threshold, group by group."""
    columns = (
        _column("persons", "人数", "persons", "count"),
        _column("base", "现行超过人数", "beyond it, base", "count"),
        _column("reform", "改革后超过人数", "beyond it, reform", "count"),
        _column("base_ppm", "现行占比", "share, base", "ppm"),
        _column("reform_ppm", "改革后占比", "share, reform", "ppm"),
    )
    rows = []
    for kind, name, measures in _grouped(tally):
        persons, base, reform = measures[0], measures[8], measures[9]
        rows.append(
            (
                _both(KINDS[kind]),
                _group(kind, name, aids),
                persons,
                base,
                reform,
                _share(base, persons),
                _share(reform, persons),
            )
        )
    title = Words("灾难性医疗支出(自付超过阈值)", "Catastrophic spending (own part beyond the threshold)")
    return ResultTable("catastrophic", title, (*_GROUP, *columns), tuple(rows))


def _grouped(tally: Tally) -> Iterable[tuple[str, str, list[int]]]:
    """Groups with their sums, kind by kind."""
    for kind in KINDS:
        names = sorted(name for this, name in tally.groups if this == kind)
        for name in sorted(names, key=lambda name: int(name.partition("–")[0].rstrip("+")) if kind == "age" else 0):
            yield kind, name, [int(value) for value in tally.groups[kind, name]]


def _group(kind: str, name: str, aids: Mapping[str, Words]) -> str:
    """A group in both languages."""
    if kind == "aid":
        return _both(aids.get(name, Words(word(name, "zh"), word(name, "en"))))
    if kind == "all":
        return ""
    return name if kind == "age" else _both(Words(word(name, "zh"), word(name, "en")))


def _both(words: Words) -> str:
    return words.zh if words.zh == words.en else f"{words.zh} {words.en}"


def _providers(tally: Tally, kind: str) -> ResultTable:
    """What institutions or levels get from the funds, the largest changes first."""
    columns = (
        _column(kind, "机构级别", "level", "text") if kind == "level" else _column(kind, "机构", "institution", "text"),
        _column("visits", "就诊次数", "visits", "count"),
        _column("total_fen", "总费用(元)", "total cost (yuan)", "fen"),
        *_BASE_REFORM,
        _column("own_base_ppm", "现行自付占比", "own share, base", "ppm"),
        _column("own_reform_ppm", "改革后自付占比", "own share, reform", "ppm"),
    )
    rows = []
    for (this, name), sums in tally.providers.items():
        if this == kind:
            visits, total, base, reform, own_base, own_reform = (int(value) for value in sums)
            label = _name(kind, name)
            rows.append(
                (label, visits, total, *_difference(base, reform), _share(own_base, total), _share(own_reform, total))
            )
    rows.sort(key=lambda row: (-abs(int(row[5] or 0)), str(row[0])))
    title = Words("对医疗机构的影响:按级别", "Institutions by level") if kind == "level" else Words("对医疗机构的影响:按机构", "Institutions one by one")  # fmt: skip
    return ResultTable(f"by_{kind}", title, columns, tuple(rows))


def _name(kind: str, name: Hashable) -> str:
    return str(name) if kind == "institution" else _both(Words(word(str(name), "zh"), word(str(name), "en")))
