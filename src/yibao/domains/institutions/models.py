from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.reference.models import Division


class Institution(models.Model):
    """A designated hospital, clinic or pharmacy (定点医药机构), by its national code of twelve characters."""

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
    designated_from = models.DateField(_("designated from"))
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
            models.CheckConstraint(condition=Q(beds__gte=0), name="institution_beds_are_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Department(models.Model):
    """A department (科室) of an institution."""

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="departments", verbose_name=_("institution")
    )
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints = [models.UniqueConstraint(fields=["institution", "code"], name="department_code_is_unique")]

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
