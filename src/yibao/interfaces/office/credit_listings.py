"""Joint punishment for dishonesty in the office: its steps on the page of breaches, and the file for the credit platform."""

import json
from typing import Any, Final

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from yibao.domains.agreements.conduct import Breach, CreditListing
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.agreement_forms import day_field
from yibao.interfaces.office.agreement_paper import printed_listing
from yibao.interfaces.office.claim_pages import filled, number_of
from yibao.interfaces.office.export import Cell, attached
from yibao.interfaces.office.words import own_words
from yibao.policies.agreement_library import credit_law
from yibao.workflows.punish_jointly import ListingWish, for_platform, list_breach, repair_credit

Role = StaffMember.Role
KINDS: Final = ("json", "csv", "pdf")


class ListingForm(forms.Form):
    """Measures, article, document and first day of a joint punishment."""

    measures = forms.MultipleChoiceField(label=_("Measures"), widget=forms.CheckboxSelectMultiple)
    article = forms.CharField(label=_("Article"), max_length=200)
    document = forms.CharField(label=_("Number of the decision"), max_length=200)
    begins_on = day_field(_("From"))

    def __init__(self, *args: Any, measures: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*args, **named)
        field = self.fields["measures"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = measures


class RepairForm(forms.Form):
    """From which day on, by which document and why a joint punishment ends early."""

    on = day_field(_("Repaired on"))
    document = forms.CharField(label=_("Number of the decision"), max_length=200)
    reason = forms.CharField(label=_("Reason"), max_length=2000)


def measures_of(region: str) -> list[tuple[str, str]]:
    """The law's measures with their names in the reader's language."""
    return [(each.key, own_words(each.title)) for each in credit_law(region).measures]


def add_listing(request: StaffRequest) -> object:
    """Apply joint punishment for the breach that the form names."""
    form = ListingForm(request.POST, measures=measures_of(request.staff_member.region_id))
    wish = ListingWish(**filled(form))
    return list_breach(number_of(request, "row"), wish, member=request.staff_member, at=timezone.now())


def add_repair(request: StaffRequest) -> object:
    """End the joint punishment that the form names."""
    said = filled(RepairForm(request.POST))
    return repair_credit(number_of(request, "row"), **said, member=request.staff_member, at=timezone.now())


def shown(breach: Breach, region: str) -> dict[str, Any]:
    """A breach's joint punishment as the page shows it, with the forms that may follow."""
    listing = CreditListing.objects.select_related("decided_by__user", "repair").filter(breach=breach).first()
    measures = measures_of(region)
    prefix = f"c{breach.pk}"
    if listing is None:
        return {"form": ListingForm(measures=measures, auto_id=f"{prefix}_%s")}
    repair = getattr(listing, "repair", None)
    return {
        "listing": listing,
        "measures": [dict(measures).get(key, key) for key in listing.measures],
        "repair": repair,
        "repair_form": None if repair else RepairForm(auto_id=f"{prefix}_%s"),
    }


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download(request: StaffRequest, listing_id: int, kind: str) -> HttpResponseBase:
    """Send the file for the credit platform as JSON, CSV or PDF."""
    listing = (
        CreditListing.objects.select_related("breach__institution", "breach__practitioner", "breach__region")
        .filter(pk=min(listing_id, 2**63 - 1), breach__region_id=request.staff_member.region_id)
        .first()
    )
    if listing is None or kind not in KINDS:
        return not_found(request)
    told = for_platform(listing)
    name = f"yibao-joint-punishment-{listing.pk}"
    if kind == "pdf":
        headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
        return HttpResponse(printed_listing(listing, told), content_type="application/pdf", headers=headers)
    if kind == "json":
        headers = {"Content-Disposition": f'attachment; filename="{name}.json"'}
        content = json.dumps(told, ensure_ascii=False, indent=2)
        return HttpResponse(content, content_type="application/json; charset=utf-8", headers=headers)
    titles = [
        gettext("Whom it is about"), gettext("Code"), gettext("Unified social credit code"), gettext("Facts"),
        gettext("Number of the decision"), gettext("Article"), gettext("Joint punishment"), gettext("Measures"),
        gettext("From"), gettext("Ends on"), gettext("Repaired on"),
    ]  # fmt: skip
    row: list[Cell] = [
        told["subject"]["name"], told["subject"]["code"], told["subject"]["credit_code"], told["facts"],
        told["decision"]["document"], told["punishment"]["article"], told["punishment"]["document"],
        "；".join(each["title"] for each in told["punishment"]["measures"]), told["punishment"]["begins_on"],
        told["punishment"]["ends_on"], told["repair"]["repaired_on"] if told["repair"] else "",
    ]  # fmt: skip
    return attached("csv", name=f"joint-punishment-{listing.pk}", titles=titles, rows=[row])
