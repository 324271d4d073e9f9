"""What the played city shows: achieved figures beside the published ones, who paid, what the gateway did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from yibao.city.calibration import SCHEMES, fact
from yibao.city.founding import ACTOR, NoCityError, standing_city
from yibao.city.people import SCHEME_CODES
from yibao.city.plan import Plan
from yibao.city.progress import next_place
from yibao.city.tally import Tally
from yibao.core.money import format_yuan
from yibao.domains.interregional.queries import owing, pair_balances
from yibao.domains.ledger.models import Fund
from yibao.domains.prescriptions.counts import circulated
from yibao.domains.prescriptions.states import State
from yibao.domains.reference.models import Setting
from yibao.domains.reference.operations import synchronise
from yibao.warehouse import questions
from yibao.workflows.refresh_warehouse import refresh_warehouse

LAST_PLAY_KEY: Final = "city.last_play"
KINDS: Final = {"11": "outpatient", "14": "chronic", "41": "pharmacy", "21": "admission"}
"""What the medical categories (医疗类别) are called in the calibration."""
FREQUENCIES: Final = {
    "outpatient": "outpatient_visits",
    "chronic": "chronic_visits",
    "pharmacy": "pharmacy_purchases",
    "admission": "admission_rate",
}
CHINESE: Final = {
    "employee": "职工",
    "resident": "居民",
    "outpatient": "普通门诊",
    "chronic": "慢特病门诊",
    "pharmacy": "药店购药",
    "admission": "住院",
}


STANDING: Final = {
    State.CHECKED: "待医师签名", State.SIGNED: "待药师审方", State.APPROVED: "待选择取药机构", State.REFUSED: "审方未通过",
    State.PLACED: "已选择取药机构", State.CLAIMED: "取药机构已锁定", State.REVIEWED: "取药机构已审方", State.PARTLY: "部分发药",
    State.DISPENSED: "已发药", State.RETURNED: "已退药", State.WITHDRAWN: "已撤销", State.EXPIRED: "已过期",
}  # fmt: skip
"""How a prescription stands, in Chinese."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report: title, names of columns, rows of texts; the first column is text, the rest are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def keep_tally(tally: Tally) -> None:
    """Keep what the last play did, so that a report can be made later."""
    value = {
        "counts": dict(tally.counts),
        "settled_per_second": round(tally.settled_per_second, 1),
        "seconds": round(tally.elapsed_seconds, 1),
        "answer_times": {
            infno: [len(times), round(tally.milliseconds(0.5, infno), 1), round(tally.milliseconds(0.99, infno), 1)]
            for infno, times in sorted(tally.seconds.items())
        },
        "all": [round(tally.milliseconds(0.5), 1), round(tally.milliseconds(0.99), 1)],
        "mismatches": tally.mismatches,
    }
    row = {
        "key": LAST_PLAY_KEY,
        "value": value,
        "reason": "What the last play of the city did.",
        "trust": "our_default",
    }
    synchronise(model=Setting, rows=[row], key=("key",), actor=ACTOR)


def make_report(folder: Path) -> list[Table]:
    """Refresh the warehouse in `folder` and answer the questions of the report.

    :raises NoCityError: no city was founded here.
    """
    city = standing_city()
    if city is None:
        raise NoCityError
    refresh_warehouse(folder)
    warehouse = questions.open_warehouse(folder)
    played = Plan(city).order[: next_place()]
    schemes = city.population.scheme[played]
    heads = {scheme: int((schemes == SCHEME_CODES.index(scheme)).sum()) for scheme in SCHEMES}
    last = Setting.objects.filter(key=LAST_PLAY_KEY).values_list("value", flat=True).first()
    cares = questions.rows(questions.by_scheme_and_care(warehouse))
    return [
        _achieved(cares, questions.rows(questions.admissions(warehouse)), heads),
        _payers(cares),
        _levels(questions.rows(questions.admissions_by_level(warehouse))),
        _own_shares(questions.rows(questions.out_of_pocket_by_age(warehouse))),
        _funds(questions.rows(questions.fund_payments_by_month(warehouse))),
        *([_between_regions()] if city.neighbour is not None else []),
        *_prescriptions(city.region.code),
        *([_gateway(last), _answer_times(last)] if last else []),
    ]


def _achieved(
    cares: Sequence[Mapping[str, Any]], stays: Sequence[Mapping[str, Any]], heads: Mapping[str, int]
) -> Table:
    """Frequencies, means, stays and funds' shares beside the published figures."""
    rows = []
    for row in cares:
        kind, name = KINDS.get(row["medical_type"]), SCHEMES[row["scheme"]]
        if kind is None or not heads[row["scheme"]]:
            continue
        label = f"{CHINESE[name]} {CHINESE[kind]} {name} {kind}"
        per_head, mean = row["settlements"] / heads[row["scheme"]], row["mean_fen"] / 100
        rows.append(_beside(f"{label}: 人均次数 per head", per_head, f"{name}_{FREQUENCIES[kind]}", "{:.3f}"))
        rows.append(_beside(f"{label}: 次均费用 mean cost", mean, f"{name}_{kind}_cost", "{:,.1f}"))
    for row in stays:
        name = SCHEMES[row["scheme"]]
        label = f"{CHINESE[name]} 住院 {name} admission"
        rows.append(_beside(f"{label}: 平均住院日 days", row["mean_days"], f"{name}_stay_days", "{:.1f}"))
        share = row["fund_share"]
        rows.append(_beside(f"{label}: 目录内基金支付 fund share", share, f"{name}_inpatient_fund_share", "{:.1%}"))
    return Table(
        "与全国公报对照 beside the national bulletin of 2025 (relayed; ids of the calibration sheet)",
        ("", "实现 achieved", "公布 published", "来源 source"),
        rows,
    )


def _beside(label: str, achieved: float, name: str, form: str) -> tuple[str, str, str, str]:
    """One achieved figure beside its published one."""
    published = fact(name)
    return label, form.format(achieved), form.format(published.value), published.id


def _yuan(amount_fen: float) -> str:
    """An amount in fen as yuan."""
    return format_yuan(round(amount_fen))


def _payers(cares: Sequence[Mapping[str, Any]]) -> Table:
    """Who paid, by scheme and kind of care."""
    rows = []
    for row in cares:
        total = row["total_fen"] or 1
        kind = KINDS.get(row["medical_type"], row["medical_type"])
        shares = [f"{row[name] / total:.1%}" for name in ("fund_fen", "account_fen", "cash_fen", "hospital_fen")]
        name = f"{CHINESE[SCHEMES[row['scheme']]]} {CHINESE.get(kind, '')} {SCHEMES[row['scheme']]} {kind}"
        rows.append((name, f"{row['settlements']:,}", _yuan(row["total_fen"]), *shares))
    columns = (
        "谁付费 payers",
        "结算 settled",
        "总费用 cost (元)",
        "基金 funds",
        "账户 account",
        "现金 cash",
        "医院 hospital",
    )
    return Table("费用由谁负担 who pays", columns, rows)


def _levels(levels: Sequence[Mapping[str, Any]]) -> Table:
    """Admissions by level of hospital."""
    return Table(
        "住院按医院级别 admissions by level",
        ("", "人次 admissions", "次均 mean (元)", "住院日 days", "基金占比 fund share"),
        [
            (
                f"{CHINESE[SCHEMES[row['scheme']]]} {row['level']}",
                f"{row['settlements']:,}",
                _yuan(row["mean_fen"]),
                f"{row['mean_days']:.1f}",
                f"{row['fund_share']:.1%}",
            )
            for row in levels
        ],
    )


def _own_shares(ages: Sequence[Mapping[str, Any]]) -> Table:
    """What people bear themselves, by age."""
    return Table(
        "个人负担按年龄 the person's share by age",
        ("", "结算 settled", "个人负担 own share", "其中现金 of this cash"),
        [
            (
                f"{CHINESE[SCHEMES[row['scheme']]]} {row['age_from']}+",
                f"{row['settlements']:,}",
                f"{row['own_share']:.1%}",
                f"{row['cash_share']:.1%}",
            )
            for row in ages
        ],
    )


def _funds(months: Sequence[Mapping[str, Any]]) -> Table:
    """What each fund paid: the last six months of care, and in all."""
    names = {fund.code: fund.name_zh for fund in Fund.objects.all()}
    shown = sorted({row["month"] for row in months})[-6:]
    paid: dict[str, dict[str, int]] = {}
    for row in months:
        paid.setdefault(row["fund"], {})[row["month"]] = row["amount_fen"]
    rows = [
        (names.get(fund, fund), *(_yuan(by_month.get(month, 0)) for month in shown), _yuan(sum(by_month.values())))
        for fund, by_month in sorted(paid.items())
    ]
    return Table("基金支出按就诊月份 payments of the funds by month of care (元)", ("", *shown, "合计 all"), rows)


def _between_regions() -> Table:
    """What the regions owe each other for care elsewhere, by scheme, and whether the two ledgers say the same."""
    balances = {(pair.care_region, pair.enrolment_region): pair for pair in pair_balances()}
    rows = [
        (
            f"{each.care_region} ← {each.enrolment_region} {CHINESE[SCHEMES[each.scheme]]}",
            f"{each.claims:,}",
            _yuan(each.unpaid_fen),
            "✓" if balances[each.care_region, each.enrolment_region].agrees else "✗",
        )
        for each in owing()
    ]
    columns = ("就医地 ← 参保地", "笔数 claims", "待清算 unpaid (元)", "两地账一致 ledgers agree")
    return Table("异地就医 care in the other region", columns, rows)


def _prescriptions(region: str) -> list[Table]:
    """How the region's electronic prescriptions stand, and what was signed, handed over, scanned and delivered; none, no table."""
    found = circulated(region=region, at=datetime.now(UTC))
    if not found.states:
        return []
    flows = (
        ("签名 signatures (SM2)", found.signatures),
        ("发药 handed over", found.sales),
        ("其中医保结算 of these settled with the insurance", found.settled_sales),
        ("退药 given back", found.returns),
        ("扫描追溯码 packs scanned", found.packs),
        ("配送状态 deliveries told", found.deliveries),
    )
    rows = [(f"{STANDING[state]} {state.value}", f"{number:,}") for state, number in found.states.items()]
    rows += [(name, f"{number:,}") for name, number in flows]
    return [Table("电子处方 electronic prescriptions", ("状态 state", "数量 number"), rows)]


def _gateway(last: Mapping[str, Any]) -> Table:
    """What the last play did at the gateway."""
    rows = [(name, f"{number:,}") for name, number in sorted(last["counts"].items())]
    rows.append(("settled per second", f"{last['settled_per_second']:,}"))
    rows.append(("answer time p50 / p99 (ms)", f"{last['all'][0]} / {last['all'][1]}"))
    return Table("网关 the gateway in the last play", ("", "次数 number"), rows)


def _answer_times(last: Mapping[str, Any]) -> Table:
    """Answer times by transaction."""
    rows = [(infno, f"{n:,}", f"{p50:.1f}", f"{p99:.1f}") for infno, (n, p50, p99) in last["answer_times"].items()]
    return Table("应答时间 answer times by transaction", ("交易 infno", "次数 number", "p50 ms", "p99 ms"), rows)
