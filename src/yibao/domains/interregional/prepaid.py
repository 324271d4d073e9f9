"""The prepaid fund (异地就医预付金): money of the place of enrolment that the place of care holds to pay institutions from."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.ledger.models import Fund
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember


class PrepaidOrder(models.Model):
    """A movement of a prepaid fund that an officer of either region asks for, in fen. Append only.

    Positive amounts go from the place of enrolment to the place of care, negative ones come back. Money moves when an
    officer of the region that pays, who is not the one that asked, orders it.
    """

    class Kind(models.TextChoices):
        """Why the fund moves."""

        FIRST = "first", _("first payment")
        TOP_UP = "top_up", _("top-up")
        RETURN = "return", _("return")

    care_region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("place of care"))
    enrolment_region = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("place of enrolment")
    )
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="+", verbose_name=_("fund"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    document = models.CharField(_("document"), max_length=200)
    reason = models.TextField(_("reason"), blank=True)
    asked_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("movement of a prepaid fund")
        verbose_name_plural = _("movements of prepaid funds")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["care_region", "enrolment_region", "fund", "document"], name="prepaid_document_counts_once"
            ),
            models.CheckConstraint(
                condition=~Q(care_region=F("enrolment_region")), name="prepaid_fund_is_between_two_regions"
            ),
            models.CheckConstraint(condition=~Q(document=""), name="prepaid_movement_has_a_document"),
            models.CheckConstraint(
                condition=Q(kind="return", amount_fen__lt=0) | (~Q(kind="return") & Q(amount_fen__gt=0)),
                name="prepaid_sign_is_of_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class PrepaidDecision(models.Model):
    """Another officer's decision on a movement: ordered, and posted in both regions with it, or refused. Append only, once."""

    order = models.OneToOneField(PrepaidOrder, models.PROTECT, related_name="decision", verbose_name=_("movement"))
    is_approved = models.BooleanField(_("approved"))
    note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a prepaid fund")
        verbose_name_plural = _("decisions on prepaid funds")

    def __str__(self) -> str:
        return f"{self.order_id} {self.is_approved}"
