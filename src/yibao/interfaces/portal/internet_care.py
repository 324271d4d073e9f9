"""What is public of care over the internet in a region: price items with guided prices, and violations that were verified."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yibao.domains.internet_care.models import Review
from yibao.domains.internet_care.supervision import PublishedViolation, published_violations
from yibao.domains.reference.queries import division_names
from yibao.interfaces.portal.words import reads_english
from yibao.policies.articles import article_in_english
from yibao.policies.errors import NoPolicyError
from yibao.policies.internet_care import internet_regions, rulebook_on
from yibao.workflows.list_price_items import PublishedPrice, published_prices

ROWS: Final = 50
LEVELS: Final = {
    "tertiary": gettext_lazy("tertiary hospitals"),
    "district_tertiary": gettext_lazy("district tertiary hospitals"),
    "secondary": gettext_lazy("secondary hospitals"),
    "primary": gettext_lazy("primary hospitals"),
    "community": gettext_lazy("community centres"),
}
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@require_safe
def show_regions(request: HttpRequest) -> HttpResponse:
    """Show the regions that have a rulebook."""
    codes = internet_regions()
    names = division_names(codes)
    regions = [(code, names[code]) for code in codes if code in names]
    return render(request, "portal/internet_regions.html", {"regions": regions})


@require_safe
def show(request: HttpRequest, region: str) -> HttpResponse:
    """Show a region's price items over the internet and its verified violations."""
    _known(region)
    today = timezone.localdate()
    context = {
        "region": region,
        "region_name": division_names([region]).get(region, region),
        "document": _document(region),
        "items": [
            (item, [(LEVELS.get(level, level), item.price_yuan(level)) for level in item.prices_e6])
            for item in published_prices(region=region, day=today)
        ],
        "violations": [_told(each) for each in published_violations(region=region)[:ROWS]],
    }
    return render(request, "portal/internet_care.html", context)


@require_safe
def download(request: HttpRequest, region: str, what: str) -> HttpResponse:  # noqa: ARG001  # a view has a request
    """Send what is public as CSV: the price items, or the violations."""
    _known(region)
    titles, rows = (_items if what == "items" else _violations)(region)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    headers = {
        "Content-Disposition": f'attachment; filename="yibao-internet-{what}-{region}-{timezone.localdate():%Y%m%d}.csv"'
    }
    return HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def _known(region: str) -> None:
    """Refuse a region without a rulebook."""
    if region not in internet_regions():
        raise Http404


def _document(region: str) -> str:
    """The document that is in force today; nothing where none is."""
    try:
        return rulebook_on(region, timezone.localdate()).document
    except NoPolicyError:
        return ""


def _told(violation: PublishedViolation) -> dict[str, object]:
    """A violation in the reader's words."""
    return {
        "institution": violation.institution_name,
        "day": violation.verified_on,
        "articles": ", ".join(_article(each) for each in violation.articles),
        "route": Review.Route(violation.route).label,
        "deducted_fen": violation.deducted_fen,
    }


def _article(article: str) -> str:
    """An article as the reader names it."""
    return article_in_english(article) if reads_english() else article


def _items(region: str) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    titles = (
        _("Code"), _("Name"), _("Unit"), _("Need"), _("The fund pays it"), *(str(name) for name in LEVELS.values()),
        _("Document"),
    )  # fmt: skip
    return titles, (_item_cells(item) for item in published_prices(region=region, day=timezone.localdate()))


def _item_cells(item: PublishedPrice) -> Sequence[str]:
    return (
        item.code, item.name, item.unit, str(item.need_name), _("yes") if item.is_payable else _("no"),
        *(str(item.price_yuan(level)) for level in LEVELS), item.document,
    )  # fmt: skip


def _violations(region: str) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    titles = (
        _("Institution code"),
        _("Institution"),
        _("Verified on"),
        _("Articles"),
        _("Who deals with it"),
        _("Deducted (yuan)"),
    )
    return titles, (
        (
            each.institution_code, each.institution_name, each.verified_on.isoformat(),
            ", ".join(_article(article) for article in each.articles), str(Review.Route(each.route).label),
            f"{each.deducted_fen // 100}.{each.deducted_fen % 100:02d}",
        )
        for each in published_violations(region=region)
    )  # fmt: skip


def _harmless(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
