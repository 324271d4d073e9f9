"""Investigation requests (协查): asked by the place of enrolment, answered by the place of care, and what it concedes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.staff.models import StaffMember


class Inquiry(models.Model):
    """A request to look into the cost of a claim (费用协查). Append only.

    One that disputes a line of a statement names it; that line is held out of the payment.
    """

    class Reason(models.TextChoices):
        """What is doubted."""

        AMOUNT = "amount", _("the amount")
        SCOPE = "scope", _("catalogue or scope")
        CARE = "care", _("that the care was given")
        IDENTITY = "identity", _("the person's identity")
        LIABILITY = "liability", _("that somebody else is liable")
        OTHER = "other", _("something else")

    claim = models.ForeignKey(
        "interregional.RegionClaim", models.PROTECT, related_name="inquiries", verbose_name=_("claim")
    )
    item = models.OneToOneField(
        "interregional.ClearingItem", models.PROTECT, null=True, related_name="dispute", verbose_name=_("disputed line")
    )
    reason = models.CharField(_("reason"), max_length=9, choices=Reason.choices)
    question = models.TextField(_("question"))
    due_on = models.DateField(_("answer due on"), null=True)
    asked_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("investigation request")
        verbose_name_plural = _("investigation requests")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(question=""), name="inquiry_says_what_is_asked")]

    def __str__(self) -> str:
        return f"{self.pk}"


class InquiryAnswer(models.Model):
    """What the place of care found (协查反馈), and what it concedes of the claim by fund. Append only.

    It stands when another officer of the place of care approves it; one that is not approved is answered anew.
    """

    class Finding(models.TextChoices):
        """What is right of the cost."""

        RIGHT = "right", _("the cost is right")
        PARTLY = "partly", _("a part of it is wrong")
        WRONG = "wrong", _("all of it is wrong")

    inquiry = models.ForeignKey(
        Inquiry, models.PROTECT, related_name="answers", verbose_name=_("investigation request")
    )
    finding = models.CharField(_("finding"), max_length=6, choices=Finding.choices)
    explanation = models.TextField(_("explanation"))
    conceded_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    conceded_amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("conceded amounts (fen)"))
    answered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("answered by"))
    answered_at = models.DateTimeField(_("answered at"))

    class Meta:
        verbose_name = _("answer to an investigation request")
        verbose_name_plural = _("answers to investigation requests")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(explanation=""), name="answer_explains_itself")]

    def __str__(self) -> str:
        return f"{self.inquiry_id} {self.finding}"


class Evidence(models.Model):
    """A document that an answer rests on: what it is, its number, and the digest of the file that was shown. Append only.

    yibao keeps no picture of a document; whoever holds the file can prove by the digest that it is the one.
    """

    class Kind(models.TextChoices):
        """What it is."""

        RECORD = "record", _("medical record")
        FEE_LIST = "fee_list", _("list of fees")
        INVOICE = "invoice", _("receipt or invoice")
        STATEMENT = "statement", _("statement of the institution")
        OTHER = "other", _("other document")

    answer = models.ForeignKey(InquiryAnswer, models.PROTECT, related_name="evidence", verbose_name=_("answer"))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    number = models.CharField(_("number"), max_length=100)
    digest = models.CharField(_("digest (SM3)"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("pieces of evidence")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(number=""), name="evidence_has_a_number"),
            models.CheckConstraint(
                condition=Q(digest="") | Q(digest__regex=r"^[0-9a-f]{64}$"), name="evidence_digest_is_sm3"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.number}"


class InquiryApproval(models.Model):
    """Another officer's decision on an answer (复核). Append only, once; with it a concession becomes a correction."""

    answer = models.OneToOneField(InquiryAnswer, models.PROTECT, related_name="approval", verbose_name=_("answer"))
    is_approved = models.BooleanField(_("approved"))
    note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("approval of an answer")
        verbose_name_plural = _("approvals of answers")

    def __str__(self) -> str:
        return f"{self.answer_id} {self.is_approved}"


class ClaimCorrection(models.Model):
    """What an approved answer takes off a claim (更正): negative fen by fund, cleared like a claim. Append only.

    The claim itself stays as it was; all corrections of a claim never take off more than it says. When the institution reverses
    the settlement, whole as it was made, a correction that `takes_back` the earlier one stands beside it, with the sign turned.
    """

    answer = models.OneToOneField(
        InquiryAnswer, models.PROTECT, null=True, related_name="correction", verbose_name=_("answer")
    )
    takes_back = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="taken_back", verbose_name=_("takes back")
    )
    claim = models.ForeignKey(
        "interregional.RegionClaim", models.PROTECT, related_name="corrections", verbose_name=_("claim")
    )
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    fund_amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("amounts of the funds (fen)"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("correction of a claim")
        verbose_name_plural = _("corrections of claims")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__isnull=False, takes_back=None, amount_fen__lt=0)
                | Q(answer=None, takes_back__isnull=False, amount_fen__gt=0),
                name="correction_takes_off_or_takes_back",
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.amount_fen}"
