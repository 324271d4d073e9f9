from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division


class HeldPlan(models.Model):
    """A person holds a supplementary plan (惠民保、浙丽保) for a time: one policy of an insurer, mostly of a year.

    `plan` is the plan's code in the region's law. The row stays as it was reported; only its end may be set, once. A person
    holds one plan of a region at a time: the database refuses a second.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="held_plans", verbose_name=_("person"))
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    plan = models.CharField(_("plan"), max_length=60)
    policy_number = models.CharField(_("policy number"), max_length=60)
    premium_fen = models.BigIntegerField(_("premium (fen)"), default=0)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    reported_by = models.CharField(_("entered by"), max_length=150)
    reported_at = models.DateTimeField(_("entered at"))
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("reason of the end"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("supplementary plan held")
        verbose_name_plural = _("supplementary plans held")
        ordering = ["-id"]
        indexes = [models.Index(fields=["region", "-id"], name="held_plans_of_region")]
        constraints = [
            models.UniqueConstraint(fields=["region", "policy_number"], name="policy_number_is_used_once"),
            models.CheckConstraint(condition=~Q(plan="") & ~Q(policy_number=""), name="held_plan_is_named"),
            models.CheckConstraint(condition=Q(premium_fen__gte=0), name="premium_is_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")) | Q(ended_at__isnull=False, valid_until=F("valid_from")),
                name="held_plan_period_is_half_open",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="", end_reason="")
                | Q(ended_at__isnull=False) & ~Q(ended_by="") & ~Q(end_reason=""),
                name="held_plan_end_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.plan} {self.valid_from}"
