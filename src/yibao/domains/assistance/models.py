from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Settlement


class WatchListing(models.Model):
    """A person whose own share of in-scope cost crossed a threshold of a benefit year (因病致贫返贫监测名单). Append only.

    A person is listed once per year and threshold; the limit is kept as it held when the person was listed, with the
    clauses it stands on. `counted_fen` is what had been counted when the limit was crossed, settlement by settlement.
    """

    class Signal(models.TextChoices):
        """Colour of the warning (预警)."""

        RED = "red", _("red")
        YELLOW = "yellow", _("yellow")

    person = models.ForeignKey(Person, models.PROTECT, related_name="watch_listings", verbose_name=_("person"))
    region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    benefit_year = models.SmallIntegerField(_("benefit year"))
    threshold = models.CharField(_("threshold"), max_length=60)
    title_zh = models.CharField(_("Chinese title"), max_length=100)
    title_en = models.CharField(_("English title"), max_length=100)
    signal = models.CharField(_("signal"), max_length=6, choices=Signal.choices)
    group = models.CharField(_("group"), max_length=60)
    limit_fen = models.BigIntegerField(_("limit (fen)"))
    clauses = models.JSONField(_("clauses of the limit"))
    counted_fen = models.BigIntegerField(_("counted when crossed (fen)"))
    crossed_on = models.DateField(_("crossed on"))
    listed_at = models.DateTimeField(_("listed at"))

    class Meta:
        verbose_name = _("watch listing")
        verbose_name_plural = _("watch listings")
        indexes = [models.Index(fields=["region", "benefit_year"], name="watch_listing_of_region")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "region", "benefit_year", "threshold"], name="listed_once_per_year_and_threshold"
            ),
            models.CheckConstraint(
                condition=Q(limit_fen__gt=0, counted_fen__gte=F("limit_fen")), name="listing_crossed_its_limit"
            ),
            models.CheckConstraint(condition=Q(signal__in=["red", "yellow"]), name="listing_signal_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class CountedSettlement(models.Model):
    """One settlement on the way to the limit: what it counted, and the sum with all before it. Append only."""

    listing = models.ForeignKey(WatchListing, models.PROTECT, related_name="path", verbose_name=_("watch listing"))
    place = models.SmallIntegerField(_("place"))
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="+", verbose_name=_("settlement"))
    counted_fen = models.BigIntegerField(_("counted (fen)"))
    running_fen = models.BigIntegerField(_("sum so far (fen)"))

    class Meta:
        verbose_name = _("counted settlement")
        verbose_name_plural = _("counted settlements")
        ordering = ["listing", "place"]
        constraints = [
            models.UniqueConstraint(fields=["listing", "place"], name="counted_settlement_has_its_place"),
            models.UniqueConstraint(fields=["listing", "settlement"], name="settlement_counted_once_per_listing"),
            models.CheckConstraint(
                condition=Q(counted_fen__gt=0, running_fen__gte=F("counted_fen")), name="counted_settlement_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.place}"


class WatchDecision(models.Model):
    """What was done with a listing: passed to civil affairs, then recognised or not. Append only, each step once."""

    class Step(models.TextChoices):
        """Steps of a listing; the last two end it."""

        PASSED = "passed", _("passed to civil affairs")
        RECOGNISED = "recognised", _("recognised")
        DECLINED = "declined", _("not recognised")

    listing = models.ForeignKey(WatchListing, models.PROTECT, related_name="decisions", verbose_name=_("watch listing"))
    step = models.CharField(_("step"), max_length=10, choices=Step.choices)
    decided_on = models.DateField(_("decided on"))
    document = models.CharField(_("document"), max_length=200)
    kind = models.CharField(_("recognised status"), max_length=3, blank=True)
    status_from = models.DateField(_("status from"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    decided_by = models.CharField(_("entered by"), max_length=150)
    decided_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("watch decision")
        verbose_name_plural = _("watch decisions")
        ordering = ["listing", "id"]
        constraints = [
            models.UniqueConstraint(fields=["listing"], condition=Q(step="passed"), name="listing_is_passed_once"),
            models.UniqueConstraint(
                fields=["listing"], condition=Q(step__in=["recognised", "declined"]), name="listing_is_decided_once"
            ),
            models.CheckConstraint(
                condition=Q(step="recognised", status_from__isnull=False) & ~Q(kind="")
                | Q(step__in=["passed", "declined"], status_from__isnull=True, kind=""),
                name="recognition_names_status_and_day",
            ),
            models.CheckConstraint(condition=~Q(document="") & ~Q(decided_by=""), name="decision_names_its_document"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.step}"
