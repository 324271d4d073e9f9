"""What a fault is ordered by, on the page of messages and on that of the payment channel."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.messages.models import AccessPoint
from yibao.domains.mobile_orders.channel_books import LONGEST_SECONDS, ChannelFault
from yibao.domains.sandbox.models import LONGEST_DELAY_SECONDS, Fault
from yibao.domains.sandbox.operations import MOST_TIMES
from yibao.domains.sandbox.queries import Sight, points_in


class OfInstitutionForm(forms.Form):
    """A fault of one institution or of all: institution staff order them for their own only."""

    institution = forms.CharField(label=_("Institution code (empty: all)"), required=False, max_length=12)
    times = forms.IntegerField(
        label=_("How often (empty: always)"), required=False, min_value=1, max_value=MOST_TIMES, initial=1
    )

    def __init__(self, *args: Any, sight: Sight, **named: Any) -> None:
        super().__init__(*args, **named)
        self._sight = sight
        if sight.institution_code:
            self.fields["institution"].initial = sight.institution_code

    def terms(self) -> dict[str, Any]:
        """What is ordered: no seconds are none."""
        return {**self.cleaned_data, "seconds": self.cleaned_data["seconds"] or 0}

    def clean_institution(self) -> Institution | None:
        """Find the institution."""
        code = str(self.cleaned_data["institution"]).strip().upper()
        own = self._sight.institution_code
        if own and code != own:
            raise forms.ValidationError(_("You may order faults for your own institution only."))
        if not code:
            return None
        found = Institution.objects.filter(code=code, division__pooling_region=self._sight.region).first()
        if found is None:
            raise forms.ValidationError(_("There is no such institution in the region."))
        return found


class FaultForm(OfInstitutionForm):
    """A fault of messages; it looks for access points and institutions within the member's sight only."""

    access_point = forms.ModelChoiceField(label=_("Access point"), queryset=AccessPoint.objects.none())
    infno = forms.CharField(label=_("Transaction (empty: all)"), required=False, max_length=10)
    kind = forms.ChoiceField(label=_("What goes wrong"), choices=Fault.Kind.choices)
    seconds = forms.IntegerField(
        label=_("Seconds (late answers only)"), required=False, min_value=1, max_value=LONGEST_DELAY_SECONDS
    )
    field_order = ("access_point", "institution", "infno", "kind", "seconds", "times")

    def __init__(self, *args: Any, sight: Sight, **named: Any) -> None:
        super().__init__(*args, sight=sight, **named)
        points = self.fields["access_point"]
        assert isinstance(points, forms.ModelChoiceField)
        points.queryset = points_in(sight)

    def clean_infno(self) -> str:
        """The transaction's number as it is written."""
        return str(self.cleaned_data["infno"]).strip().upper()


class ChannelFaultForm(OfInstitutionForm):
    """A fault of the test payment channel."""

    operation = forms.ChoiceField(
        label=_("Payments or refunds"),
        required=False,
        choices=[("", _("both")), ("payment", _("payments")), ("refund", _("refunds"))],
    )
    kind = forms.ChoiceField(label=_("What goes wrong"), choices=ChannelFault.Kind.choices)
    seconds = forms.IntegerField(
        label=_("Seconds (what is late or under way only)"), required=False, min_value=1, max_value=LONGEST_SECONDS
    )
    field_order = ("institution", "operation", "kind", "seconds", "times")
