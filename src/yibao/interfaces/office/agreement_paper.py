"""Agreements and notices to other departments as PDF: set by Typst, in fonts that come along (decision 16)."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from yibao.core.money import format_yuan
from yibao.domains.agreements.conduct import Breach, CreditListing
from yibao.domains.agreements.models import Agreement
from yibao.domains.staff.models import DutyCase, DutyDecision
from yibao.interfaces.office.words import reader_language, reader_of

_TEMPLATE: Final = Path(__file__).parent / "print" / "agreement.typ"


def printed_agreement(agreement: Agreement) -> bytes:
    """An agreement's text with the signatures under it, in the reader's language; the digest is of the text in both."""
    clauses = agreement.content["clauses"]
    parts = [
        (_part(part), [reader_of(zh=each["zh"], en=each["en"]) for each in group])
        for part, group in groupby(clauses, key=lambda each: each["part"])
    ]
    title = agreement.content["title"]
    signatures = [
        [each.get_party_display(), f"{timezone.localtime(each.signed_at):%Y-%m-%d %H:%M:%S}", each.signature]
        for each in agreement.signatures.order_by("id")
    ]
    return _printed(
        title=reader_of(zh=title["zh"], en=title["en"]),
        subtitle=_("Agreement number {number}").format(number=agreement.number),
        facts=[
            (_("Institution"), f"{agreement.institution.name} {agreement.institution.code}"),
            (_("Valid from"), agreement.valid_from.isoformat()),
            (_("Valid until (not included)"), agreement.valid_until.isoformat()),
            (_("Signed"), _("by both parties") if agreement.signed_at else _("not yet by both parties")),
        ],
        parts=parts,
        signatures=signatures,
        digest=_("Digest of the text (SM3): {digest}").format(digest=agreement.digest),
        at=agreement.drawn_up_at,
    )


def printed_notice(breach: Breach, *, department: str, at: datetime) -> bytes:
    """The notice of a breach to another department."""
    staff = breach.practitioner
    facts = [
        (_("To"), department),
        (_("Institution"), f"{breach.institution.name} {breach.institution.code}"),
        *([(_("Member of medical staff"), f"{staff.name} {staff.code}")] if staff else []),
        (_("Number of the decision"), breach.document),
        (_("Found on"), breach.found_on.isoformat()),
        (_("Article"), breach.article),
        (_("Way of handling"), str(breach.get_route_display())),
        (_("Handling by the agreement"), str(breach.get_handling_display())),
        (_("Amount (yuan)"), format_yuan(breach.amount_fen)),
    ]
    return _printed(
        title=_("Notice of a breach under the medical insurance agreement"), subtitle=breach.document, facts=facts,
        parts=[(_("Facts"), [breach.facts])], signatures=[], digest="", at=at,
    )  # fmt: skip


def printed_listing(listing: CreditListing, told: Mapping[str, Any]) -> bytes:
    """The notice of a joint punishment to the credit platform; `told` is what the platform is given."""
    subject, punishment, repair = told["subject"], told["punishment"], told["repair"]
    facts = [
        (_("Whom it is about"), f"{subject['name']} {subject['code']}"),
        (_("Unified social credit code"), subject["credit_code"] or "–"),
        (_("Number of the decision"), told["decision"]["document"]),
        (_("Article"), punishment["article"]),
        (_("From"), punishment["begins_on"]),
        (_("Ends on"), punishment["ends_on"]),
        *([(_("Repaired on"), f"{repair['repaired_on']} {repair['document']}")] if repair else []),
    ]
    return _printed(
        title=_("Joint punishment for dishonesty"), subtitle=listing.document, facts=facts,
        parts=[
            (_("Facts"), [told["facts"]]),
            (_("Measures"), [each["title"] for each in punishment["measures"]]),
        ],
        signatures=[], digest="", at=listing.decided_at,
    )  # fmt: skip


def printed_duty_case(case: DutyCase, decision: DutyDecision) -> bytes:
    """A case of responsibility in office as it is handed over: who did what, on what evidence, who decided."""
    facts = [
        (_("To"), decision.recipient),
        (_("Staff member"), f"{case.member.user.get_username()} {case.member.get_role_display()} {case.region.name}"),
        (_("Responsibility"), str(case.get_part_display())),
        (_("Conduct"), str(case.get_conduct_display())),
        (_("Happened on"), case.happened_on.isoformat()),
        (_("Article"), case.article),
        (_("Outcome"), str(decision.get_outcome_display())),
        (_("Entered by"), f"{case.entered_by.user} {timezone.localtime(case.entered_at):%Y-%m-%d %H:%M}"),
        (_("Decided by"), f"{decision.decided_by.user} {timezone.localtime(decision.decided_at):%Y-%m-%d %H:%M}"),
    ]
    return _printed(
        title=_("Case of responsibility in office"), subtitle=decision.document, facts=facts,
        parts=[(_("Facts"), [case.facts]), (_("Evidence"), [case.evidence]), (_("Reason"), [decision.reason])],
        signatures=[], digest="", at=decision.decided_at,
    )  # fmt: skip


def _part(part: str) -> str:
    """The heading of a part of the text."""
    headings = {
        "general": _("General"), "rights": _("Rights"), "duties": _("Duties"),
        "responsibility": _("Responsibilities"), "ending": _("Change and end"),
    }  # fmt: skip
    return headings.get(part, headings["general"])


def _printed(
    *,
    title: str,
    subtitle: str,
    facts: Sequence[tuple[str, str]],
    parts: Sequence[tuple[str, Sequence[str]]],
    signatures: Sequence[Sequence[Any]],
    digest: str,
    at: datetime,
) -> bytes:
    """A paper as PDF."""
    import pylopdf_fonts_zh_cn  # noqa: PLC0415  # large, and needed by the first paper only
    import typst  # noqa: PLC0415  # as above

    paper: Mapping[str, Any] = {
        "lang": reader_language(),
        "title": title,
        "subtitle": subtitle,
        "footer": f"{subtitle} · {timezone.localtime(at):%Y-%m-%d %H:%M:%S}",
        "facts": [list(pair) for pair in facts],
        "parts": [[name, list(lines)] for name, lines in parts],
        "signatures": [[str(cell) for cell in row] for row in signatures],
        "signature_heads": [_("Party"), _("Signed at"), _("Signature (SM2)")],
        "digest": digest,
    }
    printed: bytes = typst.compile(
        _TEMPLATE,
        font_paths=[pylopdf_fonts_zh_cn.sans_path().parent],
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(paper, ensure_ascii=False)},
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    return printed
