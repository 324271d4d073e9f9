from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Division


class Book(models.Model):
    """A book of account (账套): one scheme's fund, kept apart from every other."""

    code = models.CharField(_("code"), max_length=20, primary_key=True)
    name_zh = models.CharField(_("Chinese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)

    class Meta:
        verbose_name = _("book")
        verbose_name_plural = _("books")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class Fund(models.Model):
    """A fund that can pay (基金支付类型), and the book in which its payments stand."""

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    book = models.ForeignKey(Book, models.PROTECT, verbose_name=_("book"))
    name_zh = models.CharField(_("Chinese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class Account(models.Model):
    """An account of the chart (会计科目) in a book, by the social-insurance fund accounting system."""

    class Nature(models.TextChoices):
        """Its class in the balance sheet or the statement of income and expense."""

        ASSET = "asset", _("asset")
        LIABILITY = "liability", _("liability")
        NET = "net", _("net assets")
        INCOME = "income", _("income")
        EXPENSE = "expense", _("expense")

    book = models.ForeignKey(Book, models.PROTECT, verbose_name=_("book"))
    code = models.CharField(_("code"), max_length=10)
    name_zh = models.CharField(_("Chinese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)
    nature = models.CharField(_("nature"), max_length=10, choices=Nature.choices)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["book", "code"]
        constraints = [models.UniqueConstraint(fields=["book", "code"], name="account_code_is_unique_in_its_book")]

    def __str__(self) -> str:
        return f"{self.book_id} {self.code} {self.name_zh}"


class Journal(models.Model):
    """One balanced transaction (记账凭证) in one book of one region, with cause and SM3 digest of all it says. Append only.

    Its lines stand in it as arrays of one length, so that it is written whole by one row and no line can be added
    later; `Entry` shows them one by one. The database refuses a journal that does not balance or leaves its book.
    `counterparty` is the other region of what two regions owe each other (往来对方); each of the two has a journal of its own.
    """

    class Cause(models.TextChoices):
        """What made it; `cause_id` is that record's number."""

        SETTLEMENT = "settlement", _("settlement")
        CONTRIBUTION = "contribution", _("contribution")
        RECEIPT = "receipt", _("receipt of contributions")
        CREDIT = "credit", _("credit out of the pooled fund")
        TRANSFER = "transfer", _("transfer between regions")
        OPENING = "opening", _("opening balance")
        PAYMENT = "payment", _("payment to a person")
        PAYMENT_RETURN = "pay_return", _("payment returned by the bank")
        MATERNITY = "maternity", _("maternity benefit")
        MATERNITY_REVERSAL = "mat_reversal", _("maternity benefit taken back")
        PREPAYMENT = "prepayment", _("prepayment to an institution")
        PREPAYMENT_CLEARING = "prepay_clear", _("clearing of a prepayment")
        DEDUCTION = "deduction", _("deduction for a verified violation")
        DEPOSIT = "deposit", _("quality deposit withheld from an institution")
        DEPOSIT_END = "deposit_end", _("quality deposit returned or forfeited")
        REGION_CLEARING = "region_clear", _("clearing between regions")
        REGION_CORRECTION = "region_fix", _("correction of a claim between regions")
        REGION_PREPAID = "region_fund", _("prepaid fund between regions")

    # Its balance trigger finds the book without locking the row that all journals share (migration 0005).
    book = models.ForeignKey(Book, models.PROTECT, db_index=False, db_constraint=False, verbose_name=_("book"))
    # Whose fund it is; none on journals from before regions were kept apart. No constraint for the same reason.
    region = models.ForeignKey(
        Division, models.PROTECT, null=True, db_index=False, db_constraint=False, related_name="+",
        verbose_name=_("pooling region"),
    )  # fmt: skip
    counterparty = models.ForeignKey(
        Division, models.PROTECT, null=True, db_index=False, db_constraint=False, related_name="+",
        verbose_name=_("the other region"),
    )  # fmt: skip
    cause = models.CharField(_("cause"), max_length=12, choices=Cause.choices)
    cause_id = models.BigIntegerField(_("cause number"))
    entered_at = models.DateTimeField(_("entered at"))
    account_codes = ArrayField(models.CharField(max_length=10), verbose_name=_("accounts"))
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    institution_ids = ArrayField(models.BigIntegerField(null=True), verbose_name=_("institutions"))
    person_ids = ArrayField(models.BigIntegerField(null=True), verbose_name=_("persons"))
    debits_fen = ArrayField(models.BigIntegerField(), verbose_name=_("debits (fen)"))
    credits_fen = ArrayField(models.BigIntegerField(), verbose_name=_("credits (fen)"))
    digest = models.BinaryField(_("digest"))

    class Meta:
        verbose_name = _("journal")
        verbose_name_plural = _("journals")
        indexes = [BrinIndex(fields=["entered_at"], name="journal_in_time", pages_per_range=16)]
        constraints = [
            models.UniqueConstraint(
                fields=["cause", "cause_id", "book", "region"], name="journal_once_per_cause_and_book"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Entry(models.Model):
    """One line of a journal: a debit or a credit in fen (negative in red, 红字), by fund and counterparty. A view."""

    journal = models.ForeignKey(Journal, models.DO_NOTHING, related_name="entries", verbose_name=_("journal"))
    line = models.SmallIntegerField(_("line"))
    account = models.ForeignKey(Account, models.DO_NOTHING, verbose_name=_("account"))
    fund = models.ForeignKey(Fund, models.DO_NOTHING, verbose_name=_("fund"))
    institution = models.ForeignKey(Institution, models.DO_NOTHING, null=True, verbose_name=_("institution"))
    person = models.ForeignKey(Person, models.DO_NOTHING, null=True, verbose_name=_("person"))
    debit_fen = models.BigIntegerField(_("debit (fen)"))
    credit_fen = models.BigIntegerField(_("credit (fen)"))

    class Meta:
        managed = False
        db_table = "ledger_entry"
        verbose_name = _("entry")
        verbose_name_plural = _("entries")

    def __str__(self) -> str:
        return f"{self.journal_id}.{self.line}"


class Seal(models.Model):
    """A link of the chain: the journals it seals, and SM3 over the link before and their digests. Append only."""

    journal_ids = ArrayField(models.BigIntegerField(), verbose_name=_("journals"))
    previous_digest = models.BinaryField(_("digest of the link before"))
    digest = models.BinaryField(_("digest"))
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["previous_digest"], name="seal_chain_never_forks"),
            models.CheckConstraint(condition=~Q(journal_ids=[]), name="seal_is_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
