from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember


class RecalculationRun(models.Model):
    """One recalculation (追溯重算) of a scheme's settlements whose day of benefit lies in a period, by the law now in force.

    It is about everybody, or about one person whose status was recognised from a day in the past.
    What was asked never changes; how far the computing has come does.
    """

    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    scheme = models.CharField(_("scheme"), max_length=6)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person (empty: everybody)")
    )
    benefit_from = models.DateField(_("benefit days from"))
    benefit_until = models.DateField(_("benefit days until (not included)"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=200)
    reason = models.TextField(_("reason"))
    requested_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested at"))
    computed_up_to = models.BigIntegerField(_("computed up to person"), default=0)
    persons_computed = models.IntegerField(_("persons computed"), default=0)
    is_computed = models.BooleanField(_("computed"), default=False)

    class Meta:
        verbose_name = _("recalculation")
        verbose_name_plural = _("recalculations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(benefit_until=None) | Q(benefit_until__gt=F("benefit_from")),
                name="recalculation_period_is_not_empty",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(document=""), name="recalculation_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.region_id}/{self.scheme}"


class RecalculationDifference(models.Model):
    """A settlement that the law now in force would have made otherwise: both outcomes, in fen. Append only.

    A row with equal amounts stands where a settlement must be made anew only because an earlier one of its visit is.
    `result` holds the whole outcome, so that a correction can be held to what was approved.
    """

    run = models.ForeignKey(
        RecalculationRun, models.PROTECT, related_name="differences", verbose_name=_("recalculation")
    )
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, related_name="recalculations", verbose_name=_("settlement")
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    old_policy = models.CharField(_("policy of the settlement"), max_length=60)
    new_policy = models.CharField(_("policy now in force"), max_length=60)
    fund_before_fen = models.BigIntegerField(_("paid by funds, as settled (fen)"))
    fund_after_fen = models.BigIntegerField(_("paid by funds, recalculated (fen)"))
    account_before_fen = models.BigIntegerField(_("from the account, as settled (fen)"))
    account_after_fen = models.BigIntegerField(_("from the account, recalculated (fen)"))
    cash_before_fen = models.BigIntegerField(_("in cash, as settled (fen)"))
    cash_after_fen = models.BigIntegerField(_("in cash, recalculated (fen)"))
    hospital_before_fen = models.BigIntegerField(_("borne by the institution, as settled (fen)"))
    hospital_after_fen = models.BigIntegerField(_("borne by the institution, recalculated (fen)"))
    result = models.JSONField(_("recalculated outcome"))

    class Meta:
        verbose_name = _("difference of a recalculation")
        verbose_name_plural = _("differences of recalculations")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "settlement"], name="difference_is_listed_once"),
            models.CheckConstraint(
                condition=Q(
                    fund_before_fen=F("fund_after_fen")
                    + F("account_after_fen")
                    + F("cash_after_fen")
                    + F("hospital_after_fen")
                    - F("account_before_fen")
                    - F("cash_before_fen")
                    - F("hospital_before_fen")
                ),
                name="difference_keeps_the_total",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.settlement_id}"

    @property
    def fund_difference_fen(self) -> int:
        """What the funds pay more by the law now in force."""
        return self.fund_after_fen - self.fund_before_fen

    @property
    def cash_difference_fen(self) -> int:
        """What the person pays more in cash, negative when money is to be given back."""
        return self.cash_after_fen - self.cash_before_fen


class RecalculationDecision(models.Model):
    """An officer's decision on a recalculation (审批): another one than who asked for it. Append only."""

    run = models.OneToOneField(
        RecalculationRun, models.PROTECT, related_name="decision", verbose_name=_("recalculation")
    )
    is_approved = models.BooleanField(_("approved"))
    note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a recalculation")
        verbose_name_plural = _("decisions on recalculations")

    def __str__(self) -> str:
        return f"{self.run_id} {self.is_approved}"


class RecalculationCorrection(models.Model):
    """What an approved difference became: the reversal of the settlement and the new one. Append only, once each."""

    difference = models.OneToOneField(
        RecalculationDifference, models.PROTECT, related_name="correction", verbose_name=_("difference")
    )
    reversal = models.OneToOneField(Settlement, models.PROTECT, related_name="+", verbose_name=_("reversal"))
    settlement = models.OneToOneField(Settlement, models.PROTECT, related_name="+", verbose_name=_("new settlement"))
    corrected_at = models.DateTimeField(_("corrected at"))

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")

    def __str__(self) -> str:
        return f"{self.difference_id} {self.settlement_id}"


class SetAsidePerson(models.Model):
    """A person whom a recalculation leaves as they are, and why; a new run may take them up. Append only."""

    class Reason(models.TextChoices):
        """Why the settlements were not corrected."""

        CHANGED = "changed", _("settled, reversed or recalculated otherwise since the list was made")
        BY_HAND = "by_hand", _("reimbursed by hand: to be corrected through the reimbursement")
        NOT_SETTLEABLE = "not_settleable", _("the law now in force cannot settle one of the visits")

    run = models.ForeignKey(RecalculationRun, models.PROTECT, related_name="set_aside", verbose_name=_("recalculation"))
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    reason = models.CharField(_("reason"), max_length=14, choices=Reason.choices)
    detail = models.TextField(_("detail"), blank=True)
    noted_at = models.DateTimeField(_("noted at"))

    class Meta:
        verbose_name = _("person set aside")
        verbose_name_plural = _("persons set aside")
        constraints = [
            models.UniqueConstraint(fields=["run", "person"], name="person_is_set_aside_once"),
            models.CheckConstraint(
                condition=Q(reason__in=["changed", "by_hand", "not_settleable"]), name="set_aside_reason_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.person_id} {self.reason}"
