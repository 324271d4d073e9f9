"""The acceptance report as PDF: set by Typst, in fonts that come with the installation and none of the machine's."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yibao.interfaces.console.texts import is_english

_TEMPLATE: Final = Path(__file__).parent / "print" / "acceptance.typ"


def printed_report(
    *,
    institution: str,
    point: str,
    content: Mapping[str, Any],
    number: str,
    by: str,
    at: datetime,
    specification: str = "",
) -> bytes:
    """A report as PDF; `content` is the judgement as the page shows it, `number` and `by` are empty before it is issued.

    `specification` is the version by which it was judged.
    """
    import pylopdf_fonts_zh_cn  # noqa: PLC0415  # large, and needed by the first report only
    import typst  # noqa: PLC0415  # as above

    report = {
        "lang": "en" if is_english() else "zh",
        "title": _("Acceptance report of the institution interface"),
        "subtitle": _("Report {number}").format(number=number) if number else _("Not issued: the state as it is now"),
        "footer": f"{institution} · {at:%Y-%m-%d %H:%M:%S}",
        "facts": [
            [_("Institution"), institution],
            [_("Accepted as"), str(content["kind"])],
            [_("Access point"), point or _("all")],
            [_("Interface specification"), specification or "–"],
            [_("Issued at") if number else _("Judged at"), f"{at:%Y-%m-%d %H:%M:%S}" + (f" {by}" if by else "")],
        ],
        "passed": content["is_passed"],
        "verdict": _("Passed: the system is accepted") if content["is_passed"] else _("Not passed yet"),
        "counts": [f"{name} {count}" for _key, name, count in content["counts"]],
        "words": _words(),
        "chains": [_chain(chain) for chain in content["chains"]],
        "transactions": [_transaction(one) for one in content["transactions"]],
        "digest": _("Digest of the judgement (SHA-256): {digest}").format(digest=content["digest"]),
    }
    printed: bytes = typst.compile(
        _TEMPLATE,
        font_paths=[pylopdf_fonts_zh_cn.sans_path().parent],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(report, ensure_ascii=False)},
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    return printed


def _words() -> dict[str, Any]:
    return {
        "chains": _("Chains of transactions"),
        "transactions": _("Required transactions"),
        "chain_heads": [_("Chain"), _("State"), _("Done and lacking")],
        "transaction_heads": [_("Number"), _("Transaction"), _("State"), _("Tries"), _("Remark")],
        "signatures": [_("For the institution (seal and date)"), _("For the agency (seal and date)")],
    }


def _chain(chain: Mapping[str, Any]) -> dict[str, Any]:
    lacking = _("lacking: {steps}").format(steps=" ".join(chain["lacking"])) if chain["lacking"] else ""
    return {
        "name": chain["name"],
        "source": chain["source"],
        "done": chain["is_done"],
        "state": _("complete") if chain["is_done"] else _("incomplete"),
        "steps": " → ".join(chain["done"]) + ("　" if chain["done"] and lacking else "") + lacking,
    }


def _transaction(one: Mapping[str, Any]) -> dict[str, Any]:
    failed = ngettext("{count} failed try", "{count} failed tries", one["failed"]).format(count=one["failed"])
    remark = f"{one['failure']['msgid']}：{one['sentence']}" if one["failure"] else one["first_msgid"]
    times = str(one["performed"]) + (f" ({failed})" if one["failed"] else "")
    return {
        "infno": one["infno"],
        "name": one["name"],
        "state": one["state"],
        "state_name": str(one["state_name"]),
        "times": times,
        "remark": remark,
    }
