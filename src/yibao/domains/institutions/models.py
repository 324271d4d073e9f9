from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.reference.models import Division


class Institution(models.Model):
    """A hospital, clinic or pharmacy (医药机构), by its national code of twelve characters; designated (定点) from a day on.

    One that was never designated has no such day: it stands in the register because it applies (docs/agreements.md).
    `is_public` says who owns it (公立); where nobody said so, nothing hangs on it.
    """

    class Kind(models.TextChoices):
        """What it is; the first letter of its code follows from it."""

        HOSPITAL = "hospital", _("hospital")
        COMMUNITY = "community", _("community health centre")
        CLINIC = "clinic", _("clinic")
        PHARMACY = "pharmacy", _("pharmacy")

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    level = models.CharField(_("level"), max_length=20)
    division = models.ForeignKey(Division, models.PROTECT, verbose_name=_("division"))
    beds = models.IntegerField(_("beds"), default=0)
    credit_code = models.CharField(_("unified social credit code"), max_length=18, blank=True, db_default="")
    is_public = models.BooleanField(_("public institution"), null=True, blank=True)
    designated_from = models.DateField(_("designated from"), null=True, blank=True)
    designated_until = models.DateField(_("designated until"), null=True, blank=True)

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[HP]\d{11}$"), name="institution_code_has_national_form"),
            models.CheckConstraint(
                condition=Q(designated_until=None) | Q(designated_until__gt=F("designated_from")),
                name="institution_period_is_half_open",
            ),
            models.CheckConstraint(
                condition=Q(designated_until=None) | Q(designated_from__isnull=False),
                name="only_designated_institutions_end",
            ),
            models.CheckConstraint(condition=Q(beds__gte=0), name="institution_beds_are_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Department(models.Model):
    """A department (科室) of an institution, as the institution describes it (3401 to 3403); what it was stands in the history.

    One that the institution never described has no beginning; one that it withdrew has an end.
    """

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="departments", verbose_name=_("institution")
    )
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=100)
    specialty = models.CharField(_("specialty"), max_length=6, blank=True, db_default="")
    began_at = models.DateTimeField(_("began at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    introduction = models.CharField(_("introduction"), max_length=500, blank=True, db_default="")
    head_name = models.CharField(_("name of the head"), max_length=50, blank=True, db_default="")
    head_phone = models.CharField(_("telephone of the head"), max_length=50, blank=True, db_default="")
    service_scope = models.CharField(_("scope of services"), max_length=500, blank=True, db_default="")
    established_on = models.DateField(_("established on"), null=True, blank=True)
    approved_beds = models.IntegerField(_("approved beds"), null=True, blank=True)
    recognised_beds = models.IntegerField(_("beds recognised by the insurance"), null=True, blank=True)
    physicians = models.IntegerField(_("physicians"), null=True, blank=True)
    pharmacists = models.IntegerField(_("pharmacists"), null=True, blank=True)
    nurses = models.IntegerField(_("nurses"), null=True, blank=True)
    technicians = models.IntegerField(_("technicians"), null=True, blank=True)
    memo = models.CharField(_("remark"), max_length=500, blank=True, db_default="")

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints = [
            models.UniqueConstraint(fields=["institution", "code"], name="department_code_is_unique"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(began_at=None) | Q(ended_at__gte=F("began_at")),
                name="department_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=~(
                    Q(approved_beds__lt=0)
                    | Q(recognised_beds__lt=0)
                    | Q(physicians__lt=0)
                    | Q(pharmacists__lt=0)
                    | Q(nurses__lt=0)
                    | Q(technicians__lt=0)
                ),
                name="department_counts_are_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Practitioner(models.Model):
    """A physician or pharmacist (医保医师、医保药师) with a national code, at one institution for a time."""

    class Kind(models.TextChoices):
        """The first letter of the national code."""

        PHYSICIAN = "D", _("physician")
        PHARMACIST = "Y", _("pharmacist")
        NURSE = "N", _("nurse")

    code = models.CharField(_("code"), max_length=13, unique=True)
    name = models.CharField(_("name"), max_length=50)
    kind = models.CharField(_("kind"), max_length=1, choices=Kind.choices)
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="practitioners", verbose_name=_("institution")
    )
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, verbose_name=_("department"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("practitioner")
        verbose_name_plural = _("practitioners")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[DYN]\d{12}$"), name="practitioner_code_has_form"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DualChannel(models.Model):
    """A pharmacy may dispense negotiated drugs at the fund's cost for a time (双通道定点零售药店); periods never overlap."""

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="dual_channels", verbose_name=_("institution")
    )
    document = models.CharField(_("document"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("pharmacy of the two channels")
        verbose_name_plural = _("pharmacies of the two channels")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="dual_channel_period_is_half_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.valid_from}"
