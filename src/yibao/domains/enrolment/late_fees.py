"""Late fees of employers (滞纳金): what a late payment brought, what was paid of it, and what was waived by which document."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LateFee(models.Model):
    """The late fee on one period that an employer paid late. Append only; it falls away with the receipt it came of.

    `principal_fen` is what was owed for the period, `days` counts from the first day in arrears to the day before paying.
    """

    receipt = models.ForeignKey(
        "enrolment.Receipt", models.PROTECT, related_name="late_fees", verbose_name=_("receipt")
    )
    employer = models.ForeignKey(
        "enrolment.Employer", models.PROTECT, related_name="late_fees", verbose_name=_("employer")
    )
    scheme = models.CharField(_("scheme"), max_length=6)
    period_start = models.DateField(_("period from"))
    principal_fen = models.BigIntegerField(_("sum owed (fen)"))
    arrears_from = models.DateField(_("in arrears from"))
    paid_on = models.DateField(_("paid on"))
    days = models.IntegerField(_("days"))
    fee_fen = models.BigIntegerField(_("late fee (fen)"))
    clause = models.CharField(_("clause"), max_length=80)

    class Meta:
        verbose_name = _("late fee")
        verbose_name_plural = _("late fees")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["receipt", "scheme", "period_start"], name="late_fee_of_a_period_once"),
            models.CheckConstraint(condition=Q(fee_fen__gt=0, days__gt=0, principal_fen__gt=0), name="late_fee_is_due"),
        ]

    def __str__(self) -> str:
        return f"{self.employer_id} {self.period_start}"


class LateFeePayment(models.Model):
    """A late fee as paid, under a receipt of its own. Append only; a further attempt follows when that receipt was taken back."""

    late_fee = models.ForeignKey(LateFee, models.PROTECT, related_name="payments", verbose_name=_("late fee"))
    receipt = models.ForeignKey(
        "enrolment.Receipt", models.PROTECT, related_name="late_fee_payments", verbose_name=_("receipt")
    )
    attempt = models.SmallIntegerField(_("attempt"), default=1)

    class Meta:
        verbose_name = _("payment of a late fee")
        verbose_name_plural = _("payments of late fees")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["late_fee", "attempt"], name="late_fee_is_paid_once"),
        ]

    def __str__(self) -> str:
        return f"{self.late_fee_id} {self.attempt}"


class LateFeeWaiver(models.Model):
    """A late fee proposed to be waived (滞纳金减免), and the article that lets it be. Append only; decided by somebody else."""

    late_fee = models.ForeignKey(LateFee, models.PROTECT, related_name="waivers", verbose_name=_("late fee"))
    attempt = models.SmallIntegerField(_("attempt"), default=1)
    document = models.CharField(_("document"), max_length=200)
    article = models.CharField(_("article"), max_length=100)
    reason = models.TextField(_("reason"))
    proposed_by = models.CharField(_("proposed by"), max_length=150)
    proposed_at = models.DateTimeField(_("proposed at"))

    class Meta:
        verbose_name = _("waiver of a late fee")
        verbose_name_plural = _("waivers of late fees")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["late_fee", "attempt"], name="late_fee_waiver_once_an_attempt"),
            models.CheckConstraint(
                condition=~Q(document="") & ~Q(article="") & ~Q(reason="") & ~Q(proposed_by=""),
                name="late_fee_waiver_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.late_fee_id} {self.attempt}"


class LateFeeWaiverDecision(models.Model):
    """Whether a late fee is waived, by another officer than who proposed it (四眼). Append only."""

    waiver = models.OneToOneField(
        LateFeeWaiver, models.PROTECT, related_name="decision", verbose_name=_("waiver of a late fee")
    )
    is_approved = models.BooleanField(_("approved"))
    note = models.TextField(_("note"), blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150)
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a waiver")
        verbose_name_plural = _("decisions on waivers")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.waiver_id} {self.is_approved}"
