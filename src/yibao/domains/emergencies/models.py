from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.ledger.models import Fund
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember


class EmergencyDecision(models.Model):
    """A decision that an emergency's law (`emergencies/<name>.yaml`) holds in a region from a day on. Append only.

    It has no effect until another officer approves it. `valid_until` is the first day that it no longer covers; none: until
    it is ended.
    """

    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    emergency = models.CharField(_("emergency"), max_length=40)
    document = models.CharField(_("document"), max_length=200)
    reason = models.TextField(_("reason"))
    valid_from = models.DateField(_("benefit days from"))
    valid_until = models.DateField(_("benefit days until (not included)"), null=True, blank=True)
    proposed_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))

    class Meta:
        verbose_name = _("emergency decision")
        verbose_name_plural = _("emergency decisions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="emergency_period_is_not_empty",
            ),
            models.CheckConstraint(
                condition=~Q(document="") & ~Q(reason="") & ~Q(emergency=""), name="emergency_decision_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.emergency}"


class EmergencyApproval(models.Model):
    """Another officer's approval or refusal of a decision (审批). Append only, once."""

    decision = models.OneToOneField(
        EmergencyDecision, models.PROTECT, related_name="approval", verbose_name=_("emergency decision")
    )
    is_approved = models.BooleanField(_("approved"))
    note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("approval of an emergency decision")
        verbose_name_plural = _("approvals of emergency decisions")

    def __str__(self) -> str:
        return f"{self.decision_id} {self.is_approved}"


class EmergencyEnd(models.Model):
    """The end of an approved decision before its time: `ends_on` is the first day it no longer covers. Append only, once."""

    decision = models.OneToOneField(
        EmergencyDecision, models.PROTECT, related_name="end", verbose_name=_("emergency decision")
    )
    ends_on = models.DateField(_("first day no longer covered"))
    document = models.CharField(_("document"), max_length=200)
    reason = models.TextField(_("reason"))
    ended_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("ended by"))
    ended_at = models.DateTimeField(_("ended at"))

    class Meta:
        verbose_name = _("end of an emergency decision")
        verbose_name_plural = _("ends of emergency decisions")
        constraints = [
            models.CheckConstraint(condition=~Q(document="") & ~Q(reason=""), name="emergency_end_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.ends_on}"


class EmergencySettlement(models.Model):
    """A settlement that was made by the law of a decision. Append only; a reversal is found through the settlement."""

    settlement = models.OneToOneField(
        Settlement, models.PROTECT, primary_key=True, related_name="under_emergency", verbose_name=_("settlement")
    )
    decision = models.ForeignKey(
        EmergencyDecision, models.PROTECT, related_name="settlements", verbose_name=_("emergency decision")
    )

    class Meta:
        verbose_name = _("settlement under an emergency decision")
        verbose_name_plural = _("settlements under emergency decisions")

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.decision_id}"


class Prepayment(models.Model):
    """A prepayment (预付) to an institution that one officer asks for: the order to pay, in fen. Append only.

    Money moves when another officer approves it; from then on it is the fund's claim on the institution.
    """

    decision = models.ForeignKey(
        EmergencyDecision, models.PROTECT, related_name="prepayments", verbose_name=_("emergency decision")
    )
    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    fund = models.ForeignKey(Fund, models.PROTECT, verbose_name=_("fund"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    bank_name = models.CharField(_("bank"), max_length=100)
    account_holder = models.CharField(_("account holder"), max_length=100)
    account_number = models.CharField(_("bank account"), max_length=34)
    document = models.CharField(_("document"), max_length=200)
    requested_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested at"))

    class Meta:
        verbose_name = _("prepayment")
        verbose_name_plural = _("prepayments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "institution", "fund", "document"], name="prepayment_is_asked_for_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="prepayment_moves_money"),
            models.CheckConstraint(condition=~Q(document=""), name="prepayment_has_a_document"),
            models.CheckConstraint(
                condition=Q(account_number__regex=r"^[0-9]{8,34}$"), name="prepayment_bank_account_is_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class PrepaymentOrder(models.Model):
    """Another officer's decision on a prepayment: ordered, and posted to the ledger with it, or refused. Append only, once."""

    prepayment = models.OneToOneField(Prepayment, models.PROTECT, related_name="order", verbose_name=_("prepayment"))
    is_approved = models.BooleanField(_("approved"))
    note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("order of a prepayment")
        verbose_name_plural = _("orders of prepayments")

    def __str__(self) -> str:
        return f"{self.prepayment_id} {self.is_approved}"


class PrepaymentClearing(models.Model):
    """What takes a prepayment back (清算): repaid by the institution, or set off against what it is owed. Append only.

    All clearings of a prepayment together never exceed it; a document counts once.
    """

    class Kind(models.TextChoices):
        """How the claim on the institution shrinks."""

        REPAID = "repaid", _("repaid to the fund's account")
        SET_OFF = "set_off", _("set off against what the institution is owed")

    prepayment = models.ForeignKey(Prepayment, models.PROTECT, related_name="clearings", verbose_name=_("prepayment"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    document = models.CharField(_("document"), max_length=200)
    entered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("clearing of a prepayment")
        verbose_name_plural = _("clearings of prepayments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["prepayment", "kind", "document"], name="clearing_document_counts_once"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="clearing_moves_money"),
            models.CheckConstraint(condition=Q(kind__in=["repaid", "set_off"]), name="clearing_kind_is_known"),
            models.CheckConstraint(condition=~Q(document=""), name="clearing_has_a_document"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
