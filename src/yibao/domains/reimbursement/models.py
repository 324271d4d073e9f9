from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.claims.models import Application
from yibao.domains.institutions.models import Institution
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember
from yibao.domains.visits.models import PLACES, Visit


class Reimbursement(models.Model):
    """What an application for reimbursement by hand (零星报销) is about: why, which care, where, when.

    `settlement` is the row that the approval wrote, like the one a hospital's message writes; it counts on the same
    accumulators and can be reversed.
    """

    class Reason(models.TextChoices):
        """Why the bill was not settled at the counter."""

        EMERGENCY = "emergency", _("emergency, not on file")
        ELSEWHERE = "elsewhere", _("care elsewhere without direct settlement")
        SYSTEM_FAILURE = "system_failure", _("failure of a system")
        BEFORE_CARD = "before_card", _("before the card was issued")
        OTHER = "other", _("another special circumstance")

    application = models.OneToOneField(
        Application, models.PROTECT, primary_key=True, related_name="reimbursement", verbose_name=_("application")
    )
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    scheme = models.CharField(_("scheme"), max_length=6)
    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    care = models.CharField(_("care"), max_length=12, choices=Visit.Care.choices)
    place = models.CharField(_("place"), max_length=10)
    began_on = models.DateField(_("began on"))
    ended_on = models.DateField(_("ended on"))
    settlement = models.OneToOneField(
        Settlement, models.PROTECT, null=True, related_name="reimbursement", verbose_name=_("settlement")
    )

    class Meta:
        verbose_name = _("reimbursement by hand")
        verbose_name_plural = _("reimbursements by hand")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__gte=F("began_on")), name="reimbursed_care_ends_after_it_began"
            ),
            models.CheckConstraint(condition=Q(place__in=PLACES), name="reimbursed_place_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}"


class BillLine(models.Model):
    """One line of the paper bill as an officer typed it; a wrong one is withdrawn, a refused one names its article.

    No code: the line stands in no catalogue and is paid by the person in full.
    """

    reimbursement = models.ForeignKey(
        Reimbursement, models.PROTECT, related_name="lines", verbose_name=_("reimbursement by hand")
    )
    item_code = models.CharField(_("item code"), max_length=50, blank=True)
    item_name = models.CharField(_("item"), max_length=200)
    quantity_e4 = models.BigIntegerField(_("quantity (ten-thousandths)"))
    price_e6 = models.BigIntegerField(_("price (millionths of a yuan)"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    occurred_on = models.DateField(_("occurred on"))
    refused_article = models.CharField(_("refused by article"), max_length=200, blank=True)
    entered_at = models.DateTimeField(_("entered at"))
    entered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("entered by"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)

    class Meta:
        verbose_name = _("bill line")
        verbose_name_plural = _("bill lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity_e4__gt=0, price_e6__gte=0, amount_fen__gt=0), name="bill_line_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reimbursement_id} {self.item_name}"


class Calculation(models.Model):
    """What the law makes of the bill as it stood, with checks and trace. Append only; the approval must repeat it."""

    reimbursement = models.ForeignKey(
        Reimbursement, models.PROTECT, related_name="calculations", verbose_name=_("reimbursement by hand")
    )
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("made by"))
    bill_digest = models.CharField(_("digest of the bill"), max_length=64)
    checks = models.JSONField(_("checks"))
    total_fen = models.BigIntegerField(_("total (fen)"))
    full_self_pay_fen = models.BigIntegerField(_("fully self-paid (fen)"))
    over_ceiling_fen = models.BigIntegerField(_("over ceiling (fen)"))
    self_pay_first_fen = models.BigIntegerField(_("self-pay-first (fen)"))
    in_scope_fen = models.BigIntegerField(_("in scope (fen)"))
    deductible_fen = models.BigIntegerField(_("deductible (fen)"))
    fund_fen = models.BigIntegerField(_("paid by funds (fen)"))
    person_fen = models.BigIntegerField(_("paid by person (fen)"))
    hospital_fen = models.BigIntegerField(_("borne by hospital (fen)"))
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    fund_amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("amounts of the funds (fen)"))
    accumulator_changes = models.JSONField(_("changes of accumulators"))
    policy = models.CharField(_("policy"), max_length=60)
    trace = models.JSONField(_("trace"))

    class Meta:
        verbose_name = _("calculation")
        verbose_name_plural = _("calculations")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_fen=F("fund_fen") + F("person_fen") + F("hospital_fen")),
                name="calculation_payers_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reimbursement_id} {self.made_at:%Y-%m-%d}"
