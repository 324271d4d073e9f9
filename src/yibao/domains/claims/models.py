from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.claims.states import State, Step
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division
from yibao.domains.staff.models import StaffMember


class Application(models.Model):
    """What an insured person, or someone for them, asks the agency for (申请): the part that all kinds share.

    The clock runs from `clock_from` for `clock_days` working days, to `due_on`; it stands still (none) while the applicant
    is waited for. A day in a year whose calendar is not known yet cannot be computed: then `due_on` alone is none. Four
    eyes are a check of the table: who checked does not decide.
    """

    class Kind(models.TextChoices):
        """What is asked for."""

        BY_HAND = "by_hand", _("reimbursement by hand")
        MATERNITY = "maternity", _("maternity")

    class Relation(models.TextChoices):
        """Who applies."""

        SELF = "self", _("the insured person")
        FAMILY = "family", _("a relative")
        EMPLOYER = "employer", _("the employer")
        PROXY = "proxy", _("another proxy")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("person"))
    region = models.ForeignKey(Division, models.PROTECT, verbose_name=_("pooling region"))
    relation = models.CharField(_("applicant"), max_length=10, choices=Relation.choices)
    applicant_name = models.CharField(_("name of the applicant"), max_length=100)
    applicant_document = models.CharField(_("document number of the applicant"), max_length=50, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    bank_name = models.CharField(_("bank"), max_length=100)
    account_holder = models.CharField(_("account holder"), max_length=100)
    account_number = models.CharField(_("bank account"), max_length=34)
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED)
    clock_from = models.DateField(_("clock runs from"), null=True)
    clock_days = models.SmallIntegerField(_("working days to decide"), default=30)
    due_on = models.DateField(_("to be decided by"), null=True)
    checked_by = models.ForeignKey(
        StaffMember, models.PROTECT, null=True, related_name="+", verbose_name=_("checked by")
    )
    decided_by = models.ForeignKey(
        StaffMember, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        indexes = [models.Index(fields=["region", "kind", "state", "due_on"])]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="application_state_is_known"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("checked_by")), name="checker_is_not_decider"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "closed", "refused", "reversed"])
                | Q(checked_by__isnull=False, decided_by__isnull=False),
                name="decision_has_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state="wanting") | Q(due_on=None, clock_from=None),
                name="no_clock_runs_while_documents_are_wanting",
            ),
            models.CheckConstraint(
                condition=Q(account_number__regex=r"^[0-9]{8,34}$"), name="bank_account_is_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Event(models.Model):
    """One step in an application's life: what, when, by whom, with which words. Append only."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="events", verbose_name=_("application"))
    step = models.CharField(_("step"), max_length=20, choices=Step.choices)
    state_after = models.CharField(_("state afterwards"), max_length=10, choices=State.choices)
    at = models.DateTimeField(_("at"))
    member = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("staff member"))
    article = models.CharField(_("article"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("event of an application")
        verbose_name_plural = _("events of applications")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(step__in=["refuse", "reverse"]) | ~Q(article=""), name="refusal_names_its_article"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.step}"


class Document(models.Model):
    """A document that was handed in; of an invoice (收费票据) number and amount too, and a digest where a file was read.

    An invoice counts once, whatever it is brought for: the database refuses the second live row of a number or digest.
    yibao keeps no picture of a document.
    """

    class Kind(models.TextChoices):
        """What it proves. The first four are the ones of 社会保险经办条例 art. 20."""

        INVOICE = "invoice", _("receipt or invoice")
        FEE_LIST = "fee_list", _("list of fees")
        DIAGNOSIS = "diagnosis", _("diagnosis certificate")
        RECORD = "record", _("medical record")
        BIRTH = "birth", _("birth certificate")
        OTHER = "other", _("other document")

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="documents", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    number = models.CharField(_("number"), max_length=60, blank=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"), null=True)
    digest = models.CharField(_("digest (SM3)"), max_length=64, blank=True)
    received_at = models.DateTimeField(_("received at"))
    received_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("received by"))
    is_live = models.BooleanField(_("counts"), default=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=Q(kind="invoice", is_live=True), name="invoice_counts_once"
            ),
            models.UniqueConstraint(
                fields=["digest"],
                condition=Q(kind="invoice", is_live=True) & ~Q(digest=""),
                name="invoice_file_counts_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind="invoice") | (~Q(number="") & Q(amount_fen__gt=0)),
                name="invoice_has_number_and_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Notice(models.Model):
    """The one notice that names all that is missing (一次性告知); the database allows no second. Append only."""

    application = models.OneToOneField(Application, models.PROTECT, verbose_name=_("application"))
    missing = ArrayField(models.CharField(max_length=10), verbose_name=_("missing documents"))
    note = models.TextField(_("note"), blank=True)
    given_at = models.DateTimeField(_("given at"))
    given_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("given by"))

    class Meta:
        verbose_name = _("notice of missing documents")
        verbose_name_plural = _("notices of missing documents")
        constraints = [models.CheckConstraint(condition=~Q(missing=[]), name="notice_names_what_is_missing")]

    def __str__(self) -> str:
        return f"{self.application_id}"


class PaymentOrder(models.Model):
    """An order to pay a person's bank account (拨付); one stands at a time, one that the bank returned stands no more."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="payments", verbose_name=_("application"))
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    fund_amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("amounts of the funds (fen)"))
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    bank_name = models.CharField(_("bank"), max_length=100)
    account_holder = models.CharField(_("account holder"), max_length=100)
    account_number = models.CharField(_("bank account"), max_length=34)
    ordered_at = models.DateTimeField(_("ordered at"))
    ordered_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("ordered by"))
    returned_at = models.DateTimeField(_("returned at"), null=True)
    return_reason = models.CharField(_("reason of the return"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("payment order")
        verbose_name_plural = _("payment orders")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(returned_at=None), name="application_is_paid_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_moves_money"),
            models.CheckConstraint(
                condition=Q(returned_at=None, return_reason="") | (Q(returned_at__isnull=False) & ~Q(return_reason="")),
                name="return_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
