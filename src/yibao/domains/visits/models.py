from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.enrolment.models import Enrolment
from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person

PLACES = ("local", "filed", "referred", "emergency", "temporary", "unfiled")
"""Where care counts as given: in the region of insurance, or elsewhere on which filing; what a law tells apart is less."""


class Visit(models.Model):
    """A registration at an outpatient clinic or pharmacy, or an admission; its number is the mdtrt_id (就诊 ID)."""

    class Care(models.TextChoices):
        """The kind of care that the benefit policy distinguishes."""

        OUTPATIENT = "outpatient", _("outpatient")
        INPATIENT = "inpatient", _("inpatient")
        PHARMACY = "pharmacy", _("pharmacy")

    class State(models.TextChoices):
        """From registration to the end of care."""

        OPEN = "open", _("open")
        DISCHARGED = "discharged", _("discharged")
        CANCELLED = "cancelled", _("cancelled")

    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, db_index=False, verbose_name=_("enrolment"))
    care = models.CharField(_("care"), max_length=12, choices=Care.choices)
    medical_type = models.CharField(_("medical category"), max_length=6)
    number_at_institution = models.CharField(_("number at the institution"), max_length=30)
    voucher_kind = models.CharField(_("voucher kind"), max_length=3)
    place = models.CharField(_("place"), max_length=10)
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    department_code = models.CharField(_("department code"), max_length=30, blank=True)
    department_name = models.CharField(_("department"), max_length=100, blank=True)
    physician_code = models.CharField(_("physician code"), max_length=30, blank=True)
    physician_name = models.CharField(_("physician"), max_length=50, blank=True)
    details = models.JSONField(_("further details"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "number_at_institution"],
                condition=~Q(state="cancelled"),
                name="visit_number_is_used_once",
            ),
            models.CheckConstraint(condition=Q(place__in=PLACES), name="visit_place_is_known"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")), name="visit_ends_after_it_began"
            ),
            models.CheckConstraint(
                condition=~Q(state="discharged") | Q(ended_at__isnull=False), name="discharge_has_a_time"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(care="inpatient", state="open"), name="person_lies_in_one_bed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.care}"


class Diagnosis(models.Model):
    """A diagnosis of a visit, at admission or at the end of it; replaced as a set, the old set stays."""

    class Stage(models.TextChoices):
        """出入院诊断类别: 1 on admission (and outpatient), 2 on discharge."""

        ADMISSION = "1", _("admission")
        DISCHARGE = "2", _("discharge")

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="diagnoses", verbose_name=_("visit"))
    stage = models.CharField(_("stage"), max_length=1, choices=Stage.choices)
    kind = models.CharField(_("kind"), max_length=3)
    is_main = models.BooleanField(_("main diagnosis"))
    rank = models.IntegerField(_("rank"))
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=300)
    department = models.CharField(_("department"), max_length=50, blank=True)
    physician_code = models.CharField(_("physician code"), max_length=30, blank=True)
    physician_name = models.CharField(_("physician"), max_length=50, blank=True)
    diagnosed_at = models.DateTimeField(_("diagnosed at"))
    is_current = models.BooleanField(_("current"), default=True)

    class Meta:
        verbose_name = _("diagnosis")
        verbose_name_plural = _("diagnoses")
        ordering = ["visit", "stage", "rank"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FeeBatch(models.Model):
    """Fee lines that are settled together: a charge batch (收费批次) of a clinic, one upload of a ward."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="batches", db_index=False, verbose_name=_("visit"))
    number = models.CharField(_("batch number"), max_length=30)

    class Meta:
        verbose_name = _("fee batch")
        verbose_name_plural = _("fee batches")
        constraints = [models.UniqueConstraint(fields=["visit", "number"], name="batch_number_is_used_once")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.number}"


class FeeLine(models.Model):
    """One charged item, split by the catalogue of its day into the four parts that add up to its amount."""

    batch = models.ForeignKey(FeeBatch, models.PROTECT, related_name="lines", verbose_name=_("batch"))
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("visit"))
    number = models.CharField(_("line number"), max_length=30)
    item_code = models.CharField(_("item code"), max_length=50)
    item_name = models.CharField(_("item"), max_length=200)
    item_class = models.CharField(_("class"), max_length=2)
    charge_category = models.CharField(_("charge category"), max_length=6)
    quantity_e4 = models.BigIntegerField(_("quantity (ten-thousandths)"))
    price_e6 = models.BigIntegerField(_("price (millionths of a yuan)"))
    ceiling_price_e6 = models.BigIntegerField(_("ceiling price (millionths of a yuan)"), null=True)
    self_pay_first_ppm = models.IntegerField(_("self-pay-first ratio (ppm)"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    full_self_pay_fen = models.BigIntegerField(_("fully self-paid (fen)"))
    over_ceiling_fen = models.BigIntegerField(_("over ceiling (fen)"))
    self_pay_first_fen = models.BigIntegerField(_("self-pay-first (fen)"))
    in_scope_fen = models.BigIntegerField(_("in scope (fen)"))
    mark = models.CharField(_("mark"), max_length=60, null=True)
    department_code = models.CharField(_("department code"), max_length=30, blank=True)
    physician_code = models.CharField(_("physician code"), max_length=30, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)

    class Meta:
        verbose_name = _("fee line")
        verbose_name_plural = _("fee lines")
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "number"], condition=Q(withdrawn_at=None), name="fee_line_number_is_used_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_fen=F("full_self_pay_fen")
                    + F("over_ceiling_fen")
                    + F("self_pay_first_fen")
                    + F("in_scope_fen")
                ),
                name="fee_line_parts_equal_the_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_e4__gt=0,
                    price_e6__gte=0,
                    amount_fen__gte=0,
                    full_self_pay_fen__gte=0,
                    over_ceiling_fen__gte=0,
                    self_pay_first_fen__gte=0,
                    in_scope_fen__gte=0,
                ),
                name="fee_line_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.number}"
