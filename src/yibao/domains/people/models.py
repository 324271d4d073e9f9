from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.reference.models import Division


class Household(models.Model):
    """People who live together (户): the family that may share an account."""

    division = models.ForeignKey(Division, models.PROTECT, verbose_name=_("division"))

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")

    def __str__(self) -> str:
        return f"{self.pk}"


class Person(models.Model):
    """A person known to the region, insured or not, by the number that never changes (人员编号)."""

    number = models.CharField(_("person number"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=50)
    document_type = models.CharField(_("document type"), max_length=6)
    document_number = models.CharField(_("document number"), max_length=50)
    sex = models.CharField(_("sex"), max_length=6)
    ethnicity = models.CharField(_("ethnicity"), max_length=3, blank=True)
    birth_date = models.DateField(_("date of birth"))
    death_date = models.DateField(_("date of death"), null=True, blank=True)
    division = models.ForeignKey(Division, models.PROTECT, verbose_name=_("division of residence"))
    household = models.ForeignKey(Household, models.PROTECT, null=True, blank=True, verbose_name=_("household"))
    phone = models.CharField(_("telephone"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = [
            models.UniqueConstraint(fields=["document_type", "document_number"], name="person_document_is_unique"),
            models.CheckConstraint(condition=~Q(number=""), name="person_has_number"),
            models.CheckConstraint(condition=~Q(document_number=""), name="person_has_document"),
            models.CheckConstraint(
                condition=Q(death_date=None) | Q(death_date__gte=F("birth_date")), name="person_dies_after_birth"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Voucher(models.Model):
    """What a person shows to be known (就诊凭证): e-credential token, identity number, social-security card."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="vouchers", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=3)
    number = models.CharField(_("number"), max_length=50)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="voucher_number_is_unique"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="voucher_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.person_id}"
