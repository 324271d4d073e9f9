"""Electronic bills, words to the patient, and notices to the institution: what is told of an order."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.mobile_orders.orders import Order
from yibao.domains.people.models import Person
from yibao.domains.settlement.models import Settlement

_PARTS = F("fund_fen") + F("account_fen") + F("shared_fen") + F("cash_fen") + F("hospital_fen")


class ElectronicBill(models.Model):
    """An electronic bill (医疗电子票据) of a paid order, or the red-letter one (红票) that takes it back. Append only.

    Who paid what adds up to the medical cost; delivery stands beside it and is cash alone. `lines` add up to the medical cost
    too (migration 0002). Known to whoever has code, number and verification code.
    """

    class Kind(models.TextChoices):
        """Whether it says what was paid, or takes that back."""

        BLUE = "blue", _("bill")
        RED = "red", _("red-letter bill")

    order = models.ForeignKey(Order, models.PROTECT, related_name="bills", verbose_name=_("order"))
    settlement = models.OneToOneField(
        Settlement, models.PROTECT, related_name="electronic_bill", verbose_name=_("settlement")
    )
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversal", verbose_name=_("takes back")
    )
    code = models.CharField(_("bill code"), max_length=8)
    number = models.CharField(_("bill number"), max_length=10)
    check_code = models.CharField(_("verification code"), max_length=6)
    institution_code = models.CharField(_("institution code"), max_length=12)
    institution_name = models.CharField(_("institution"), max_length=200)
    payer_name = models.CharField(_("payer"), max_length=50)
    total_fen = models.BigIntegerField(_("medical cost (fen)"))
    fund_fen = models.BigIntegerField(_("funds (fen)"))
    account_fen = models.BigIntegerField(_("own account (fen)"))
    shared_fen = models.BigIntegerField(_("relatives' accounts (fen)"))
    cash_fen = models.BigIntegerField(_("cash (fen)"))
    hospital_fen = models.BigIntegerField(_("hospital (fen)"))
    delivery_fen = models.BigIntegerField(_("delivery, in cash (fen)"))
    lines = models.JSONField(_("fee lines on the bill"))
    issued_at = models.DateTimeField(_("issued at"))

    class Meta:
        verbose_name = _("electronic bill")
        verbose_name_plural = _("electronic bills")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="bill_number_is_used_once"),
            models.CheckConstraint(condition=Q(total_fen=_PARTS), name="bill_payers_add_up"),
            models.CheckConstraint(
                condition=Q(
                    kind="blue", reverses=None, fund_fen__gte=0, account_fen__gte=0, shared_fen__gte=0, cash_fen__gte=0,
                    hospital_fen__gte=0, delivery_fen__gte=0,
                )
                | Q(
                    kind="red", reverses__isnull=False, fund_fen__lte=0, account_fen__lte=0, shared_fen__lte=0,
                    cash_fen__lte=0, hospital_fen__lte=0, delivery_fen__lte=0,
                ),
                name="bill_has_one_sign",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^\d{8}$", number__regex=r"^\d{10}$", check_code__regex=r"^[0-9a-z]{6}$"),
                name="bill_numbers_have_their_form",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.number}"


class PatientMessage(models.Model):
    """What the patient is told of an order, in words of both languages (患者消息). Append only."""

    class Kind(models.TextChoices):
        """What it is about."""

        PAID = "paid", _("paid in full")
        FAILED = "failed", _("not paid")
        REFUNDING = "refunding", _("refund begun")
        INSURANCE = "insurance", _("insurance part given back")
        PART = "part", _("part of the cash given back")
        REFUNDED = "refunded", _("refunded")
        LATE = "late", _("cash came late and is going back")
        RETURNED = "returned", _("cash that came late went back")

    order = models.ForeignKey(Order, models.PROTECT, related_name="patient_messages", verbose_name=_("order"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    text_zh = models.TextField(_("words in Chinese"))
    text_en = models.TextField(_("words in English"))
    told_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("message to a patient")
        verbose_name_plural = _("messages to patients")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"


class Notice(models.Model):
    """A notice that waits to be told to the institution (6302 医保结算结果通知): what stands in it never changes.

    Only the count of tries and the moment of delivery do.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="notices", verbose_name=_("order"))
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    infno = models.CharField(_("transaction"), max_length=6, default="6302")
    content = models.JSONField(_("content"))
    made_at = models.DateTimeField(_("written at"))
    tries = models.SmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try at"))
    last_failure = models.CharField(_("last failure"), max_length=200, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        verbose_name = _("notice to an institution")
        verbose_name_plural = _("notices to institutions")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(tries__gte=0), name="notice_tries_are_counted")]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(delivered_at=None), name="notices_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.infno}"


class NoticeAddress(models.Model):
    """Where an institution wants its notices posted (通知地址); without one they wait to be fetched."""

    institution = models.OneToOneField(Institution, models.PROTECT, related_name="+", verbose_name=_("institution"))
    url = models.URLField(_("address"), max_length=300)
    is_open = models.BooleanField(_("open"), default=True)

    class Meta:
        verbose_name = _("address for notices")
        verbose_name_plural = _("addresses for notices")

    def __str__(self) -> str:
        return f"{self.institution_id}"
