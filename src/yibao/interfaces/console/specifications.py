"""The interface specification (接口规范): what is published, whether the platform still speaks it, and publishing a version."""

import hashlib
from functools import cache
from http import HTTPStatus

import msgspec
from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from yibao.core.errors import YibaoError
from yibao.domains.acceptance.queries import specification_on, specifications_of
from yibao.interfaces.console.access import ISSUERS, READERS, console_page
from yibao.interfaces.console.texts import text_of
from yibao.interfaces.gateway.catalogue import TRANSACTIONS
from yibao.interfaces.office.access import StaffRequest
from yibao.workflows.judge_acceptance import publish_interface


class SpecificationForm(forms.Form):
    """A version that is to be published: its name, its document, its first day."""

    version = forms.CharField(label=_("Version"), max_length=30)
    document = forms.CharField(label=_("Document with its number"), max_length=200)
    in_force_from = forms.DateField(
        label=_("In force from"), error_messages={"invalid": _("A date is written like 2026-01-31.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


@cache
def spoken_digest() -> str:
    """SHA-256 over every transaction and field that this platform speaks, in the order of the numbers."""
    spoken = {infno: msgspec.to_builtins(TRANSACTIONS[infno]) for infno in sorted(TRANSACTIONS)}
    return hashlib.sha256(msgspec.json.encode(spoken, order="sorted")).hexdigest()


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show what the region published; an officer publishes what the platform speaks now."""
    member, refusal, status = request.staff_member, "", HTTPStatus.OK
    may_publish = member.role in ISSUERS
    form = SpecificationForm(request.POST or None)
    if request.method == "POST":
        if not may_publish:
            return HttpResponse(status=HTTPStatus.FORBIDDEN)
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                publish_interface(**form.cleaned_data, spoken=spoken_digest(), member=member, at=timezone.now())
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
            else:
                return redirect("console:specification")
    current = specification_on(member.region_id, timezone.localdate())
    context = {
        "section": "acceptance",
        "form": form if may_publish else None,
        "refusal": refusal,
        "current": current,
        "is_spoken": current is not None and current.digest == spoken_digest(),
        "spoken": spoken_digest(),
        "transactions": len(TRANSACTIONS),
        "published": specifications_of(member.region_id),
    }
    return render(request, "console/specification.html", context, status=status)
