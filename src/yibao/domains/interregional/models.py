from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.interregional.inquiries import ClaimCorrection, Evidence, Inquiry, InquiryAnswer, InquiryApproval
from yibao.domains.interregional.prepaid import PrepaidDecision, PrepaidOrder
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember

__all__ = [
    "ClaimCorrection",
    "ClearingItem",
    "ClearingStatement",
    "ClearingStep",
    "Evidence",
    "Inquiry",
    "InquiryAnswer",
    "InquiryApproval",
    "PrepaidDecision",
    "PrepaidOrder",
    "RegionClaim",
]


class RegionClaim(models.Model):
    """What a settlement in another region makes one region owe the other (异地就医应收应付): fen by fund. Append only.

    The place of care (就医地) owes the institution and has the claim; the place of enrolment (参保地) bears the benefit and
    owes it. A reversal has a claim of its own, with the sign turned. 310200 stands for personal accounts.
    """

    settlement = models.OneToOneField(
        Settlement, models.PROTECT, primary_key=True, related_name="region_claim", verbose_name=_("settlement")
    )
    # Their existence and that they are the settlement's is looked at when the transaction ends (migration 0002).
    care_region = models.ForeignKey(
        Division, models.PROTECT, db_index=False, db_constraint=False, related_name="+", verbose_name=_("place of care")
    )
    enrolment_region = models.ForeignKey(
        Division, models.PROTECT, db_index=False, db_constraint=False, related_name="+",
        verbose_name=_("place of enrolment"),
    )  # fmt: skip
    scheme = models.CharField(_("scheme"), max_length=6)
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    fund_amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("amounts of the funds (fen)"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("claim between regions")
        verbose_name_plural = _("claims between regions")
        ordering = ["-settlement_id"]
        indexes = [models.Index(fields=["care_region", "enrolment_region", "made_at"], name="claims_of_a_pair")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(care_region=F("enrolment_region")), name="claim_is_between_two_regions"
            ),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="claim_moves_money"),
        ]

    def __str__(self) -> str:
        return f"{self.settlement_id}"


class ClearingStatement(models.Model):
    """The claims of a month that one region sends another (清算单): drawn up by the place of care. Append only.

    `amount_fen` is the sum of its lines as drawn; what is disputed is held out of what is confirmed and paid.
    """

    care_region = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("place of care"))
    enrolment_region = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("place of enrolment")
    )
    month = models.DateField(_("month"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    lines = models.IntegerField(_("lines"))
    drawn_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("drawn up by"))
    drawn_at = models.DateTimeField(_("drawn up at"))

    class Meta:
        verbose_name = _("clearing statement")
        verbose_name_plural = _("clearing statements")
        ordering = ["-month", "care_region", "enrolment_region"]
        constraints = [
            models.UniqueConstraint(fields=["care_region", "enrolment_region", "month"], name="month_is_cleared_once"),
            models.CheckConstraint(
                condition=~Q(care_region=F("enrolment_region")), name="statement_is_between_two_regions"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="statement_month_is_its_first_day"),
            models.CheckConstraint(condition=Q(lines__gt=0), name="statement_has_lines"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class ClearingItem(models.Model):
    """One line of a statement: a claim, or a correction of one. It changes only once, when it is held for a dispute.

    A claim stands in one statement at a time; one that was held comes back in a later statement.
    """

    statement = models.ForeignKey(
        ClearingStatement, models.PROTECT, related_name="items", verbose_name=_("clearing statement")
    )
    claim = models.ForeignKey(
        RegionClaim, models.PROTECT, null=True, related_name="items", db_index=False, verbose_name=_("claim")
    )
    correction = models.ForeignKey(
        ClaimCorrection, models.PROTECT, null=True, related_name="items", db_index=False, verbose_name=_("correction")
    )
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    is_held = models.BooleanField(_("held for a dispute"), default=False)

    class Meta:
        verbose_name = _("line of a clearing statement")
        verbose_name_plural = _("lines of clearing statements")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(claim__isnull=False, correction=None) | Q(claim=None, correction__isnull=False),
                name="item_is_a_claim_or_a_correction",
            ),
            models.CheckConstraint(condition=Q(is_held=False) | Q(claim__isnull=False), name="claims_alone_are_held"),
            models.UniqueConstraint(fields=["claim"], condition=Q(is_held=False), name="claim_is_cleared_once"),
            models.UniqueConstraint(fields=["correction"], name="correction_is_cleared_once"),
            models.UniqueConstraint(fields=["statement", "claim"], name="claim_stands_once_in_a_statement"),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.pk}"


class ClearingStep(models.Model):
    """What happened to a statement: issued, confirmed, paid, received, each by another officer of the right region. Append only.

    `amount_fen` is what the step is about: all lines when issued, those not held afterwards. The money's receipt is confirmed by
    the region that it went to (到账确认), with the document of its bank; it moves nothing in the ledgers. `due_on` is the day
    by which the next step is due, in working days of the law of the step's day; none where the calendar is not known yet.
    """

    class Kind(models.TextChoices):
        """The steps in their order."""

        ISSUED = "issued", _("issued")
        CONFIRMED = "confirmed", _("confirmed")
        PAID = "paid", _("paid")
        RECEIVED = "received", _("received")

    statement = models.ForeignKey(
        ClearingStatement, models.PROTECT, related_name="steps", verbose_name=_("clearing statement")
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    document = models.CharField(_("document"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    due_on = models.DateField(_("next step due on"), null=True)
    taken_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("taken by"))
    taken_at = models.DateTimeField(_("taken at"))

    class Meta:
        verbose_name = _("step of a clearing statement")
        verbose_name_plural = _("steps of clearing statements")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind"], name="clearing_step_is_taken_once"),
            models.CheckConstraint(condition=~Q(kind="paid") | ~Q(document=""), name="payment_has_a_document"),
            models.CheckConstraint(condition=~Q(kind="received") | ~Q(document=""), name="receipt_has_a_document"),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.kind}"
