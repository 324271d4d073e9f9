"""Records of people who move: transfers between regions, enrolments that other regions report, decisions on double ones.

They belong to `models`, which takes them in; they stand here because that file is long enough.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.people.models import Person


class Transfer(models.Model):
    """An application to move an insured relation from one pooling region to another (关系转移接续). Append only: its steps tell its life."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="transfers", verbose_name=_("person"))
    scheme = models.CharField(_("scheme"), max_length=6)
    from_region = models.CharField(_("from region"), max_length=6)
    to_region = models.CharField(_("to region"), max_length=6)
    applied_on = models.DateField(_("applied on"))
    out_due_on = models.DateField(_("transfer out due on"))
    in_due_on = models.DateField(_("transfer in due on"))
    applied_by = models.CharField(_("applied by"), max_length=150)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(condition=~Q(from_region=F("to_region")), name="transfer_changes_region"),
            models.UniqueConstraint(
                fields=["person", "scheme", "from_region", "to_region", "applied_on"], name="transfer_applied_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.from_region} → {self.to_region}"


class TransferStep(models.Model):
    """One side's step of a transfer, done once: out, in, or refused. Append only."""

    class Side(models.TextChoices):
        """Which side did what."""

        OUT = "out", _("transferred out")
        IN = "in", _("transferred in")
        REFUSED = "refused", _("refused")

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="steps", verbose_name=_("transfer"))
    side = models.CharField(_("side"), max_length=10, choices=Side.choices)
    enrolment = models.ForeignKey(
        "enrolment.Enrolment", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("enrolment")
    )
    months = models.IntegerField(_("months recognised"), default=0)
    balance_fen = models.BigIntegerField(_("account balance moved (fen)"), default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    done_on = models.DateField(_("done on"))
    done_at = models.DateTimeField(_("done at"))
    done_by = models.CharField(_("done by"), max_length=150)

    class Meta:
        verbose_name = _("step of a transfer")
        verbose_name_plural = _("steps of transfers")
        constraints = [
            models.UniqueConstraint(fields=["transfer", "side"], name="transfer_step_once"),
            models.CheckConstraint(condition=Q(months__gte=0, balance_fen__gte=0), name="transfer_moves_no_debt"),
        ]

    def __str__(self) -> str:
        return f"{self.transfer_id} {self.side}"


class OutsideEnrolment(models.Model):
    """An enrolment that another region reports for a person known here (外地参保信息), by the national query."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="outside_enrolments", verbose_name=_("person"))
    scheme = models.CharField(_("scheme"), max_length=6)
    region = models.CharField(_("region"), max_length=6)
    has_employer = models.BooleanField(_("insured by an employer"))
    months = models.IntegerField(_("months paid without a break"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported at"))

    class Meta:
        verbose_name = _("enrolment elsewhere")
        verbose_name_plural = _("enrolments elsewhere")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "scheme", "region", "valid_from"], name="outside_enrolment_reported_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="outside_period_is_half_open"
            ),
            models.CheckConstraint(condition=Q(months__gte=0), name="outside_months_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.scheme} {self.region}"


class DoubleDecision(models.Model):
    """What an officer decided about overlapping enrolments of a person (重复参保处理): kept, ended, why. Append only.

    `ended` and `kept` name enrolments here by number; what another region has to end is told in `asked_elsewhere`.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="double_decisions", verbose_name=_("person"))
    kept = models.CharField(_("kept"), max_length=40)
    ended = models.ForeignKey(
        "enrolment.Enrolment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended enrolment"),
    )
    asked_elsewhere = models.CharField(_("region asked to end its own"), max_length=6, blank=True)
    clause = models.CharField(_("clause"), max_length=80, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    ended_on = models.DateField(_("ended on"))
    decided_by = models.CharField(_("decided by"), max_length=150)
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on double enrolment")
        verbose_name_plural = _("decisions on double enrolment")
        constraints = [
            models.UniqueConstraint(fields=["ended"], name="double_enrolment_ended_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="double_decision_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.ended_on}"
