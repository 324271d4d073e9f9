"""Charts drawn on the server as SVG that needs no script and no address of anybody's; a table stands under each."""

import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pygal
from django.utils.safestring import SafeString
from pygal.style import Style

from yibao.core.money import format_scaled, format_yuan
from yibao.domains.ledger.flows import FundFlow
from yibao.domains.settlement.daily_totals import DayTotal

# pygal leaves a finder of the old kind in the import system, for plug-ins that we have none of; it makes every later
# import of a missing module warn.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

_FONT: Final = "system-ui, 'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_LABEL_PX: Final = 14
_STYLE: Final = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#33424a",
    foreground_strong="#14212b",
    foreground_subtle="#c9d2d0",
    colors=("#0f6674", "#d98324", "#8a9a9f"),
    opacity="1",
    opacity_hover="1",
    transition="none",
    font_family=_FONT,
    label_font_family=_FONT,
    major_label_font_family=_FONT,
    legend_font_family=_FONT,
    value_font_family=_FONT,
    no_data_font_family=_FONT,
    label_font_size=_LABEL_PX,
    major_label_font_size=_LABEL_PX,
    legend_font_size=15,
    no_data_font_size=18,
    guide_stroke_color="#d3dad8",
    major_guide_stroke_color="#d3dad8",
    guide_stroke_dasharray="0",
    major_guide_stroke_dasharray="0",
)
_WIDTH: Final = 960
_COMMON: Final[dict[str, Any]] = {
    "style": _STYLE,
    "js": [],
    "width": _WIDTH,
    "margin": 10,
    "margin_bottom": 24,
    "show_legend": True,
    "legend_at_bottom": True,
    "legend_at_bottom_columns": 3,
    "legend_box_size": 13,
    "print_values": False,
    "value_formatter": lambda fen: format_yuan(round(fen)).removesuffix(".00"),
}

_FORMATTERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "fen": _COMMON["value_formatter"],
    "ppm": lambda ppm: f"{format_scaled(round(ppm / 100), decimals=2)}%",
}


def chart_of_days(days: Sequence[DayTotal], *, fund: str, account: str, cash: str) -> SafeString:
    """Stacked columns of who paid, a column for each day; `fund`, `account` and `cash` are the legend's words."""
    chart = pygal.StackedBar(**_COMMON, height=340, spacing=4, max_scale=7, truncate_legend=-1)
    chart.x_labels = [f"{total.day:%m-%d}" for total in days]
    chart.add(fund, [total.fund_fen for total in days])
    chart.add(account, [total.account_fen for total in days])
    chart.add(cash, [total.cash_fen for total in days])
    return _drawn(chart)


def chart_of_funds(flows: Sequence[FundFlow], *, names: Sequence[str], today: str, month: str) -> SafeString:
    """Bars of what each fund spent this month and today; `names` are the funds' names in the order of `flows`."""
    height = 120 + 54 * len(flows)
    # pygal measures labels as if every character were as narrow as a Latin one.
    wide = max((sum(unicodedata.east_asian_width(sign) in "WF" for sign in name) for name in names), default=0)
    margin_left = 12 + round(wide * _LABEL_PX * 0.42)
    chart = pygal.HorizontalBar(
        **_COMMON,
        height=height,
        margin_left=margin_left,
        spacing=16,
        max_scale=6,
        truncate_label=-1,
        truncate_legend=-1,
    )
    # Bars are drawn from the bottom up; the first fund and, within it, the month shall stand on top.
    chart.x_labels = list(reversed(names))
    chart.add(today, [flow.today_fen for flow in reversed(flows)])
    chart.add(month, [flow.month_fen for flow in reversed(flows)])
    return _drawn(chart)


def chart_of_bars(names: Sequence[str], series: Mapping[str, Sequence[int]], *, unit: str) -> SafeString:
    """Lying bars, one for each name and series, drawn from the top down; `unit` is 'fen' or 'ppm'."""
    wide = max((sum(unicodedata.east_asian_width(sign) in "WF" for sign in name) for name in names), default=0)
    chart = pygal.HorizontalBar(
        **{**_COMMON, "value_formatter": _FORMATTERS[unit]},
        height=120 + 20 * len(names) * len(series),
        margin_left=12 + round(wide * _LABEL_PX * 0.42),
        spacing=10,
        max_scale=6,
        truncate_label=-1,
        truncate_legend=-1,
    )
    chart.x_labels = list(reversed(names))
    for title, values in series.items():
        chart.add(title, list(reversed(values)))
    return _drawn(chart)


def _drawn(chart: pygal.Graph) -> SafeString:
    """Write the SVG for a page, where the table beside it speaks to readers who see no drawing."""
    chart.add_xml_filter(_without_scripts)
    drawing: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    return SafeString(drawing)  # pygal escapes its labels


def _without_scripts(root: Any) -> Any:
    """Take out pygal's scripts and what only they use, and hide the drawing from screen readers."""
    for parent in list(root.iter()):
        if str(parent.get("id", "")).startswith("activate-serie"):  # the same in every chart of a page
            del parent.attrib["id"]
        for child in [child for child in parent if str(child.tag).rpartition("}")[2] == "script"]:
            parent.remove(child)
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
    return root
