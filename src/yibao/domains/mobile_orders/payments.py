"""What was asked of payment channels, and what they said: two tables, so that the asking stands before the answer."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.mobile_orders.orders import Order


class CashPayment(models.Model):
    """Cash that a payment channel (支付渠道) is asked to take or to give back, written before it is asked. Append only.

    `number` is ours and never used twice: a channel that hears it again does nothing new. A refund names the payment, and so does
    a return, by which cash that came late goes back. At most one payment of an order is open or done at a time, at most one
    refund or return of a payment: by trigger (migrations 0002, 0006).
    """

    class Kind(models.TextChoices):
        """Which way the cash moves."""

        PAYMENT = "payment", _("cash payment")
        REFUND = "refund", _("cash refund")
        RETURN = "return", _("return of cash that came late")

    order = models.ForeignKey(Order, models.PROTECT, related_name="cash_payments", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    number = models.CharField(_("number given to the channel"), max_length=40, unique=True)
    channel = models.CharField(_("payment channel"), max_length=20)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    refunds = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="refunded_by", verbose_name=_("gives back")
    )
    business_serial = models.CharField(_("serial of the institution"), max_length=40)
    asked_at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("cash payment")
        verbose_name_plural = _("cash payments")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="cash_payment_moves_money"),
            models.CheckConstraint(
                condition=Q(kind="payment", refunds=None) | Q(kind__in=["refund", "return"], refunds__isnull=False),
                name="cash_refund_names_its_payment",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CashResult(models.Model):
    """The channel's last word on a cash payment (支付结果); it comes once, however often it is told. Append only."""

    class Outcome(models.TextChoices):
        """What became of it."""

        DONE = "done", _("done")
        DECLINED = "declined", _("declined")

    payment = models.OneToOneField(
        CashPayment, models.PROTECT, primary_key=True, related_name="result", verbose_name=_("cash payment")
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    channel = models.CharField(_("payment channel"), max_length=20)
    channel_number = models.CharField(_("number of the channel"), max_length=64)
    done_at = models.DateTimeField(_("done at the channel"), null=True)
    reason = models.CharField(_("reason"), max_length=100, blank=True)
    told_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("result of a cash payment")
        verbose_name_plural = _("results of cash payments")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "channel_number"], condition=~Q(channel_number=""), name="channel_number_counts_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome="declined") | Q(done_at__isnull=False) & ~Q(channel_number=""),
                name="cash_done_has_number_and_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.outcome}"


class LateCash(models.Model):
    """Cash that a channel took after all, though its payment counts as declined (失败后到账). Append only, once for a payment.

    The order stands as it does: the cash goes back by a return (`CashPayment.Kind.RETURN`), and not into the order.
    """

    payment = models.OneToOneField(
        CashPayment, models.PROTECT, primary_key=True, related_name="late", verbose_name=_("cash payment")
    )
    channel_number = models.CharField(_("number of the channel"), max_length=64)
    done_at = models.DateTimeField(_("done at the channel"))
    told_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("cash that came late")
        verbose_name_plural = _("cash that came late")
        constraints = [models.CheckConstraint(condition=~Q(channel_number=""), name="late_cash_has_a_number")]

    def __str__(self) -> str:
        return f"{self.payment_id}"
