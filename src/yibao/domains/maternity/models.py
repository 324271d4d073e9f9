from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.claims.models import Application
from yibao.domains.enrolment.models import Employer, Enrolment
from yibao.domains.staff.models import StaffMember


class MaternityClaim(models.Model):
    """What a maternity application (生育待遇申领) says: the event, the wages, the costs that were borne.

    One event is claimed for once; the database refuses a second live claim of the same person for the same day.
    """

    class Event(models.TextChoices):
        """What happened."""

        BIRTH = "birth", _("birth")
        MISCARRIAGE = "miscarriage", _("miscarriage or termination")

    application = models.OneToOneField(
        Application, models.PROTECT, primary_key=True, related_name="maternity_claim", verbose_name=_("application")
    )
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, verbose_name=_("enrolment"))
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, verbose_name=_("employer"))
    event = models.CharField(_("event"), max_length=12, choices=Event.choices)
    happened_on = models.DateField(_("day of the event"))
    is_difficult = models.BooleanField(_("difficult birth or caesarean"), default=False)
    children = models.SmallIntegerField(_("children born"), default=1)
    pregnancy_weeks = models.SmallIntegerField(_("completed weeks of pregnancy"))
    average_wage_fen = models.BigIntegerField(_("employer's average monthly wage of last year (fen)"))
    own_wage_fen = models.BigIntegerField(_("own monthly wage (fen)"))
    prenatal_cost_fen = models.BigIntegerField(_("cost of prenatal checks (fen)"), default=0)
    care_cost_fen = models.BigIntegerField(_("cost of the delivery or operation (fen)"), default=0)
    care_key = models.CharField(_("kind of delivery or operation"), max_length=40, blank=True)
    is_live = models.BooleanField(_("stands"), default=True)

    class Meta:
        verbose_name = _("maternity claim")
        verbose_name_plural = _("maternity claims")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "happened_on"], condition=Q(is_live=True), name="maternity_event_is_claimed_once"
            ),
            models.CheckConstraint(
                condition=Q(event="birth", children__gte=1) | Q(event="miscarriage", children=0, is_difficult=False),
                name="only_a_birth_brings_children",
            ),
            models.CheckConstraint(
                condition=Q(
                    average_wage_fen__gte=0, own_wage_fen__gte=0, prenatal_cost_fen__gte=0, care_cost_fen__gte=0
                ),
                name="maternity_amounts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(pregnancy_weeks__gte=1, pregnancy_weeks__lte=45), name="pregnancy_lasts_weeks"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}"


class MaternityCalculation(models.Model):
    """What the law makes of a claim: days, allowance, costs, sum, with the clause of each step. Append only."""

    claim = models.ForeignKey(
        MaternityClaim, models.PROTECT, related_name="calculations", verbose_name=_("maternity claim")
    )
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("made by"))
    checks = models.JSONField(_("checks"))
    days = models.SmallIntegerField(_("days of the allowance"))
    allowance_fen = models.BigIntegerField(_("allowance (fen)"))
    employer_tops_up_fen = models.BigIntegerField(_("paid on top by the employer (fen)"))
    prenatal_fen = models.BigIntegerField(_("prenatal checks reimbursed (fen)"))
    care_fen = models.BigIntegerField(_("delivery or operation reimbursed (fen)"))
    total_fen = models.BigIntegerField(_("total (fen)"))
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    fund_amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("amounts of the funds (fen)"))
    law = models.CharField(_("law"), max_length=60)
    trace = models.JSONField(_("trace"))

    class Meta:
        verbose_name = _("maternity calculation")
        verbose_name_plural = _("maternity calculations")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_fen=F("allowance_fen") + F("prenatal_fen") + F("care_fen")),
                name="maternity_parts_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.made_at:%Y-%m-%d}"
