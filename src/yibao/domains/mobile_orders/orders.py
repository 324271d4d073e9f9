"""Orders and what happened to them; who authorised their payment."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.mobile_orders.states import State, Step
from yibao.domains.people.models import Person
from yibao.domains.settlement.models import Settlement
from yibao.domains.visits.models import Visit


class Order(models.Model):
    """A bill that an insured person pays from afar (移动支付订单): the fee details of a visit's charge batch, tried at once.

    Only `state` and `settlement` ever change, by the trigger that an event sets off. The four parts of the trial add up to
    the total; delivery stands beside them, for no fund and no account pays it.
    """

    number = models.CharField(_("payment order number"), max_length=40, unique=True)
    token = models.CharField(_("order token"), max_length=64, unique=True)
    institution = models.ForeignKey(Institution, models.PROTECT, verbose_name=_("institution"))
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="mobile_orders", verbose_name=_("visit"))
    opened_visit = models.BooleanField(_("the upload registered the visit"))
    batch_number = models.CharField(_("charge batch"), max_length=30)
    number_at_institution = models.CharField(_("order number at the institution"), max_length=40)
    digest = models.BinaryField(_("digest of the upload"))
    scheme = models.CharField(_("scheme"), max_length=6)
    medical_type = models.CharField(_("medical category"), max_length=6)
    fee_type = models.CharField(_("kind of cost"), max_length=6)
    uses_account = models.BooleanField(_("uses the account"))
    division = models.CharField(_("division of enrolment"), max_length=6)
    rx_trace_code = models.CharField(_("prescription (rxTraceCode)"), max_length=64, blank=True)
    total_fen = models.BigIntegerField(_("total (fen)"))
    trial_fund_fen = models.BigIntegerField(_("funds would pay (fen)"))
    trial_account_fen = models.BigIntegerField(_("accounts would pay (fen)"))
    trial_cash_fen = models.BigIntegerField(_("cash would be (fen)"))
    trial_hospital_fen = models.BigIntegerField(_("hospital would bear (fen)"))
    delivery_fen = models.BigIntegerField(_("delivery (fen)"), default=0)
    placed_by = models.CharField(_("placed by"), max_length=30, blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    state = models.CharField(_("state"), max_length=14, choices=State.choices, default=State.PLACED)
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, null=True, related_name="mobile_orders", verbose_name=_("settlement")
    )

    class Meta:
        verbose_name = _("mobile payment order")
        verbose_name_plural = _("mobile payment orders")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "number_at_institution"],
                condition=~Q(state="revoked"),
                name="institution_orders_once",
            ),
            models.UniqueConstraint(
                fields=["visit", "batch_number"],
                condition=Q(state__in=["placed", "settling", "paid", "failed"]),
                name="batch_stands_in_one_order",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_fen=F("trial_fund_fen")
                    + F("trial_account_fen")
                    + F("trial_cash_fen")
                    + F("trial_hospital_fen")
                ),
                name="order_trial_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    trial_fund_fen__gte=0,
                    trial_account_fen__gte=0,
                    trial_cash_fen__gte=0,
                    trial_hospital_fen__gte=0,
                    delivery_fen__gte=0,
                ),
                name="order_is_not_negative",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="order_state_is_known"),
            models.CheckConstraint(
                condition=Q(settlement__isnull=False) | Q(state__in=["placed", "revoked"]), name="order_paid_is_settled"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="orders_of_a_person"),
            models.Index(fields=["rx_trace_code"], condition=~Q(rx_trace_code=""), name="orders_of_a_prescription"),
            models.Index(fields=["id"], condition=Q(state__in=["settling", "cash_owed"]), name="orders_undecided"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class OrderEvent(models.Model):
    """A step of an order's life (订单事件). Append only; writing it moves the order, and no other way does.

    `settlement` is the settlement that the step made, or the reversing row where it took one back.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="events", verbose_name=_("order"))
    step = models.CharField(_("step"), max_length=16, choices=Step.choices)
    state = models.CharField(_("state afterwards"), max_length=14, choices=State.choices)
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, null=True, related_name="+", verbose_name=_("settlement or reversal")
    )
    infno = models.CharField(_("transaction"), max_length=6, blank=True)
    msgid = models.CharField(_("message number"), max_length=30, blank=True)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    business_serial = models.CharField(_("serial of the institution"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    happened_at = models.DateTimeField(_("happened at"))

    class Meta:
        verbose_name = _("event of an order")
        verbose_name_plural = _("events of orders")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "business_serial"],
                condition=Q(step__in=["refund_all", "refund_insurance", "refund_cash"]),
                name="refund_serial_is_used_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.step}"


class Authorisation(models.Model):
    """A person's word that somebody may act for them, shown as a code (授权码): of 6101 (ecToken), or for a payment.

    The code itself is not kept, its digest is. It lasts minutes, and pays one order. Append only.
    """

    class Kind(models.TextChoices):
        """What was given."""

        CREDENTIAL = "credential", _("credential shown (ecToken)")
        PAYMENT = "payment", _("payment authorised (payAuthNo)")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    code_digest = models.CharField(_("digest of the code (SHA-256)"), max_length=64, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, verbose_name=_("only at this institution"))
    given_through = models.CharField(_("given through"), max_length=20)
    given_at = models.DateTimeField(_("authorised at"))
    valid_until = models.DateTimeField(_("valid until"))

    class Meta:
        verbose_name = _("authorisation of a payment")
        verbose_name_plural = _("authorisations of payments")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("given_at")), name="authorisation_period_is_half_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class AuthorisedOrder(models.Model):
    """Which one order an authorisation was used for. Append only."""

    authorisation = models.OneToOneField(
        Authorisation, models.PROTECT, primary_key=True, related_name="use", verbose_name=_("authorisation")
    )
    order = models.ForeignKey(Order, models.PROTECT, related_name="authorisations", verbose_name=_("order"))
    used_at = models.DateTimeField(_("used at"))

    class Meta:
        verbose_name = _("use of an authorisation")
        verbose_name_plural = _("uses of authorisations")

    def __str__(self) -> str:
        return f"{self.authorisation_id}"
