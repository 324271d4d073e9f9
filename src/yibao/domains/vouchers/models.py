from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Voucher


class CodeKey(models.Model):
    """A secret that codes are made with, sealed under the master key; its number stands in every code."""

    id = models.SmallAutoField(primary_key=True)
    sealed = models.BinaryField(_("sealed secret"))
    made_at = models.DateTimeField(_("made at"))
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("key of voucher codes")
        verbose_name_plural = _("keys of voucher codes")
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(retired_at__gte=F("made_at")), name="code_key_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Redemption(models.Model):
    """A code was shown and taken: whose voucher, by which institution, in which message. Append only, once for each code."""

    voucher = models.ForeignKey(
        Voucher, models.PROTECT, related_name="redemptions", db_index=False, verbose_name=_("voucher")
    )
    serial = models.BigIntegerField(_("serial of the code"))
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="+", db_index=False, verbose_name=_("institution")
    )
    infno = models.CharField(_("transaction"), max_length=6)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    redeemed_at = models.DateTimeField(_("taken at"))

    class Meta:
        verbose_name = _("voucher shown")
        verbose_name_plural = _("vouchers shown")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["voucher", "serial"], name="voucher_code_is_taken_once"),
            models.CheckConstraint(condition=Q(serial__gte=0) & ~Q(infno=""), name="redemption_names_its_message"),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.institution_id}"
