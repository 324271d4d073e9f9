from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember


class SimulationRequest(models.Model):
    """What an analyst asked for (模拟申请): two laws, whose visits, what counts as catastrophic. Append only.

    `base` and `reform` name laws of a day, as in 110000/310@2026-11-01. `files` holds the whole text of the reform's files by
    name when it is a draft, so that a later release does not change what was asked; it is empty for a law that ships.
    `changes` are the numbers that were typed, for whoever reads the result. No record of a person stands here.
    """

    class Source(models.TextChoices):
        """Whose visits are settled under both laws."""

        CITY = "city", _("a made city")
        WAREHOUSE = "warehouse", _("what stands of the region's settlements")

    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    title = models.CharField(_("title"), max_length=80)
    base = models.CharField(_("base"), max_length=40)
    reform = models.CharField(_("reform"), max_length=40)
    files = models.JSONField(_("files of the draft"), default=dict, blank=True)
    changes = models.JSONField(_("changed numbers"), default=list, blank=True)
    source = models.CharField(_("visits"), max_length=9, choices=Source.choices)
    first_year = models.SmallIntegerField(_("first year"))
    last_year = models.SmallIntegerField(_("last year"))
    seed = models.IntegerField(_("seed of the city"), null=True, blank=True)
    visits = models.IntegerField(_("visits of the city"), null=True, blank=True)
    income_fen = models.BigIntegerField(_("stated income of a year (fen)"))
    catastrophic_share_ppm = models.IntegerField(_("catastrophic share of it (ppm)"))
    requested_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested at"))

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="simulation_has_a_title"),
            models.CheckConstraint(condition=Q(last_year__gte=F("first_year")), name="simulation_years_in_order"),
            models.CheckConstraint(
                condition=Q(source="city", seed__isnull=False, visits__gt=0)
                | Q(source="warehouse", seed__isnull=True, visits__isnull=True),
                name="simulation_says_whose_visits",
            ),
            models.CheckConstraint(
                condition=Q(income_fen__gt=0, catastrophic_share_ppm__gt=0), name="simulation_limits_are_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.title}"


class SimulationRun(models.Model):
    """How far a simulation has come. It only goes forward: waiting, running (again, after a crash), then done or failed for good.

    One row for each request; of a region at most one runs at a time, which the database holds to.
    """

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    request = models.OneToOneField(SimulationRequest, models.PROTECT, related_name="run", verbose_name=_("simulation"))
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.SmallIntegerField(_("attempts"), default=0)
    visits_done = models.BigIntegerField(_("visits done"), default=0)
    visits_total = models.BigIntegerField(_("visits to be done"), default=0)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    failure = models.JSONField(_("reason"), null=True, blank=True)

    class Meta:
        verbose_name = _("run of a simulation")
        verbose_name_plural = _("runs of simulations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]), name="simulation_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["region"], condition=Q(state="running"), name="one_simulation_runs_in_a_region"
            ),
            models.CheckConstraint(
                condition=Q(state="failed", failure__isnull=False) | (~Q(state="failed") & Q(failure__isnull=True)),
                name="simulation_failure_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed"], ended_at__isnull=False)
                | (~Q(state__in=["done", "failed"]) & Q(ended_at__isnull=True)),
                name="simulation_end_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"


class SimulationResult(models.Model):
    """What came out: sums by layer, fund, group and institution, nothing of a single person. Append only, once for each request."""

    request = models.OneToOneField(
        SimulationRequest, models.PROTECT, related_name="result", verbose_name=_("simulation")
    )
    content = models.JSONField(_("tables"))
    kept_at = models.DateTimeField(_("kept at"))

    class Meta:
        verbose_name = _("result of a simulation")
        verbose_name_plural = _("results of simulations")

    def __str__(self) -> str:
        return str(self.request_id)
