"""The record that a person's account may pay for a relative (个人账户家庭共济); it belongs to `models`, which takes it in."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.people.models import Person


class AccountSharing(models.Model):
    """An owner lets a relative's care be paid from the owner's personal account, for a time.

    Periods of one owner and one beneficiary never overlap. The row stays as it was authorised; only its end may be set,
    once. Who pays first is decided by `authorised_at`: the oldest authorisation (our default).
    """

    class Relation(models.TextChoices):
        """What the beneficiary is to the owner: near relatives (近亲属) by article 1045 of the Civil Code."""

        SPOUSE = "spouse", _("spouse")
        PARENT = "parent", _("parent")
        CHILD = "child", _("child")
        SIBLING = "sibling", _("brother or sister")
        GRANDPARENT = "grandparent", _("grandparent")
        GRANDCHILD = "grandchild", _("grandchild")

    owner = models.ForeignKey(Person, models.PROTECT, related_name="shared_to", verbose_name=_("account owner"))
    beneficiary = models.ForeignKey(
        Person, models.PROTECT, related_name="shared_from", verbose_name=_("relative who is paid for")
    )
    relation = models.CharField(_("relation to the owner"), max_length=12, choices=Relation.choices)
    document = models.CharField(_("proof of relation and consent"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    authorised_by = models.CharField(_("entered by"), max_length=150)
    authorised_at = models.DateTimeField(_("authorised at"))
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("sharing of an account")
        verbose_name_plural = _("sharing of accounts")
        constraints = [
            models.CheckConstraint(condition=~Q(owner=F("beneficiary")), name="sharing_is_with_another"),
            models.CheckConstraint(condition=~Q(document=""), name="sharing_has_a_document"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="sharing_period_is_half_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | Q(ended_at__isnull=False, valid_until__isnull=False),
                name="sharing_ended_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} → {self.beneficiary_id} {self.valid_from}"
