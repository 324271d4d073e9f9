from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yibao.domains.agreements.conduct import AssessmentSheet
from yibao.domains.institutions.models import Institution
from yibao.domains.reference.models import Division
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import StaffMember

CLEARING_TYPES: Final = {"outpatient": "11", "inpatient": "21", "pharmacy": "41"}
"""清算类别 (clr_type) by kind of care."""


class RegionPractice(models.Model):
    """What a region does where the texts of the interface leave a choice (地区对账口径): a row here, or the defaults.

    The defaults are ours: no text that was found says it.
    """

    class Reversals(models.TextChoices):
        """How reversals enter the number of settlements of a total (3201); the sums are the same within a month."""

        COUNTED = "counted", _("each reversal is a settlement more")
        NETTED = "netted", _("each reversal takes a settlement off")
        LEFT_OUT = "left_out", _("a reversal and what it reversed are both left out")

    class Codes(models.TextChoices):
        """Which codes say the result of a total (stmt_rslt)."""

        SHORT = "short", _("0 equal, 1 different")
        LONG = "long", _("000000 equal, 000101 to 000103 different")

    region = models.OneToOneField(Division, models.PROTECT, related_name="+", verbose_name=_("pooling region"))
    reversals = models.CharField(_("reversals"), max_length=8, choices=Reversals.choices, default=Reversals.COUNTED)
    result_codes = models.CharField(_("codes of results"), max_length=5, choices=Codes.choices, default=Codes.SHORT)
    shows_undone = models.BooleanField(_("what 2601 undid is shown and counted"), default=False)
    refuses_unknown_undo = models.BooleanField(_("2601 on an unknown message is refused"), default=False)
    needs_reconciled_month = models.BooleanField(_("only a reconciled month can be cleared"), default=True)
    closes_cleared_months = models.BooleanField(_("settlements of a cleared month stay"), default=True)
    reason = models.TextField(_("reason"))
    trust = models.CharField(_("trust"), max_length=20, default="our_default")

    class Meta:
        verbose_name = _("practice of a region")
        verbose_name_plural = _("practices of regions")
        constraints = [
            models.CheckConstraint(
                condition=Q(reversals__in=["counted", "netted", "left_out"]), name="practice_of_reversals_is_known"
            ),
            models.CheckConstraint(condition=Q(result_codes__in=["short", "long"]), name="practice_of_codes_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="practice_says_why"),
        ]

    def __str__(self) -> str:
        return self.region_id


class ReconciliationRun(models.Model):
    """One reconciliation (对账): who asked for which days, what was claimed, what stands here. Append only.

    Totals (对总账, 3201) compare sums only; details (对明细账, 3202, 3211, a file at the office or the command line)
    compare row by row. Empty scheme or clearing type: all. Amounts in fen, with reversals taken off.
    """

    class Grain(models.TextChoices):
        """What was compared."""

        TOTALS = "totals", _("totals")
        DETAILS = "details", _("details")

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    grain = models.CharField(_("compared"), max_length=7, choices=Grain.choices)
    source = models.CharField(_("by"), max_length=7)
    agency = models.CharField(_("settlement agency (setl_optins)"), max_length=6)
    scheme = models.CharField(_("scheme"), max_length=6, blank=True)
    clearing_type = models.CharField(_("clearing type"), max_length=6, blank=True)
    refunds = models.CharField(_("normal or refund rows only"), max_length=6, blank=True)
    reversals = models.CharField(_("reversals"), max_length=8, choices=RegionPractice.Reversals.choices)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day (included)"))
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    member = models.ForeignKey(
        StaffMember, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("member of staff")
    )
    msgid = models.CharField(_("message number"), max_length=30, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    claimed_count = models.BigIntegerField(_("claimed settlements"))
    claimed_total_fen = models.BigIntegerField(_("claimed total (fen)"))
    claimed_fund_fen = models.BigIntegerField(_("claimed from funds (fen)"))
    claimed_account_fen = models.BigIntegerField(_("claimed from accounts (fen)"), null=True, blank=True)
    claimed_cash_fen = models.BigIntegerField(_("claimed in cash (fen)"), null=True, blank=True)
    found_count = models.BigIntegerField(_("settlements here"))
    found_total_fen = models.BigIntegerField(_("total here (fen)"))
    found_fund_fen = models.BigIntegerField(_("from funds here (fen)"))
    found_account_fen = models.BigIntegerField(_("from accounts here (fen)"))
    found_cash_fen = models.BigIntegerField(_("in cash here (fen)"))
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_digest = models.BinaryField(_("digest of the file"), null=True)
    file_rows = models.BigIntegerField(_("rows of the file"), null=True, blank=True)
    difference_count = models.BigIntegerField(_("differences"), default=0)
    is_equal = models.BooleanField(_("equal"))
    answer_number = models.CharField(_("file of the answer"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-id"]
        indexes = [models.Index(fields=["institution", "first_day"], name="run_of_institution_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="run_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(grain="totals", file_rows=None) | Q(grain="details", file_rows__isnull=False),
                name="run_of_details_has_a_file",
            ),
            models.CheckConstraint(
                condition=Q(is_equal=False) | Q(difference_count=0), name="equal_run_has_no_difference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class ReconciliationDifference(models.Model):
    """One row that is not the same there and here (对账差异): its cause and what mends it. Append only.

    `situation` names the sentence that says what to do (mending.yaml), `mended_by` the transaction (2601, 2207, 2208, 5203 …).
    """

    class Cause(models.TextChoices):
        """Why it differs."""

        ONLY_HERE = "only_here", _("only at the agency")
        ONLY_THERE = "only_there", _("only at the institution")
        AMOUNTS = "amounts", _("amounts differ")
        VISIT = "visit", _("another visit")
        REVERSED = "reversed", _("reversed at the agency")
        REPEATED = "repeated", _("repeated in the file")
        ELSEWHERE = "elsewhere", _("settled on another day or of another kind")
        SUMS = "sums", _("totals sent are not those of the file")

    run = models.ForeignKey(
        ReconciliationRun, models.PROTECT, related_name="differences", db_index=False, verbose_name=_("reconciliation")
    )
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    situation = models.CharField(_("situation"), max_length=24)
    mended_by = models.CharField(_("mended by"), max_length=6, blank=True)
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, db_constraint=False,
        verbose_name=_("settlement here"),
    )  # fmt: skip
    line = models.BigIntegerField(_("line of the file"), null=True, blank=True)
    setl_id = models.CharField(_("settlement number"), max_length=30)
    visit_number = models.CharField(_("visit number"), max_length=30, blank=True)
    person_number = models.CharField(_("person number"), max_length=30, blank=True)
    msgid = models.CharField(_("message number"), max_length=30, blank=True)
    infno = models.CharField(_("transaction"), max_length=6, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    is_refund = models.BooleanField(_("refund"))
    claimed_total_fen = models.BigIntegerField(_("total there (fen)"), null=True, blank=True)
    claimed_fund_fen = models.BigIntegerField(_("from funds there (fen)"), null=True, blank=True)
    claimed_account_fen = models.BigIntegerField(_("from the account there (fen)"), null=True, blank=True)
    found_total_fen = models.BigIntegerField(_("total here (fen)"), null=True, blank=True)
    found_fund_fen = models.BigIntegerField(_("from funds here (fen)"), null=True, blank=True)
    found_account_fen = models.BigIntegerField(_("from the account here (fen)"), null=True, blank=True)

    class Meta:
        verbose_name = _("difference of a reconciliation")
        verbose_name_plural = _("differences of reconciliations")
        ordering = ["id"]
        indexes = [models.Index(fields=["run", "id"], name="difference_of_run")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.cause} {self.setl_id}"


class ClearingApplication(models.Model):
    """An institution asks for a month to be cleared (清算申请, 3203): what it claims, and what became of it.

    What was asked stays; only its state advances: withdrawn by 3204, accepted or returned by the agency.
    """

    class State(models.TextChoices):
        """From asking to the agency's word."""

        APPLIED = "applied", _("applied for")
        WITHDRAWN = "withdrawn", _("withdrawn")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("sent back to the institution")

    institution = models.ForeignKey(Institution, models.PROTECT, db_index=False, verbose_name=_("institution"))
    month = models.DateField(_("month (first day)"))
    clearing_type = models.CharField(_("clearing type"), max_length=6)
    clearing_way = models.CharField(_("clearing method"), max_length=6, blank=True)
    visits = models.BigIntegerField(_("person-times"))
    total_fen = models.BigIntegerField(_("total (fen)"))
    fund_fen = models.BigIntegerField(_("applied from funds (fen)"))
    account_fen = models.BigIntegerField(_("from accounts (fen)"))
    cash_fen = models.BigIntegerField(_("in cash (fen)"))
    msgid = models.CharField(_("message number"), max_length=30)
    operator = models.CharField(_("operator"), max_length=30, blank=True)
    applied_at = models.DateTimeField(_("applied at"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.APPLIED)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("application for clearing")
        verbose_name_plural = _("applications for clearing")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "month", "clearing_type"],
                condition=Q(state__in=["applied", "accepted"]),
                name="month_is_applied_for_once",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="clearing_month_is_its_first_day"),
            models.CheckConstraint(
                condition=Q(state="applied", ended_at=None) | (~Q(state="applied") & Q(ended_at__isnull=False)),
                name="clearing_ends_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["applied", "withdrawn", "accepted", "returned"]), name="clearing_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.month:%Y-%m} {self.clearing_type}"


class QualityDeposit(models.Model):
    """What is withheld of the funds' money of an accepted month (预留质量保证金), fund by fund in fen. Append only.

    Everyday care and internet services are assessed apart, so each has a deposit of its own. `bases_fen` is what the funds
    paid, less what was deducted for violations; of each fund the part is `percent` of it, rounded half up to the fen.
    """

    application = models.ForeignKey(
        ClearingApplication, models.PROTECT, related_name="deposits", verbose_name=_("application for clearing")
    )
    scope = models.CharField(_("what is assessed"), max_length=10, choices=AssessmentSheet.Scope.choices)
    percent = models.SmallIntegerField(_("share withheld (%)"))
    clause = models.CharField(_("clause"), max_length=100)
    fund_codes = ArrayField(models.CharField(max_length=6), verbose_name=_("funds"))
    bases_fen = ArrayField(models.BigIntegerField(), verbose_name=_("paid by funds (fen)"))
    amounts_fen = ArrayField(models.BigIntegerField(), verbose_name=_("withheld (fen)"))
    withheld_by = models.CharField(_("withheld by"), max_length=150)
    withheld_at = models.DateTimeField(_("withheld at"))

    class Meta:
        verbose_name = _("quality deposit")
        verbose_name_plural = _("quality deposits")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "scope"], name="deposit_is_withheld_once"),
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=100), name="deposit_is_a_share"),
            models.CheckConstraint(condition=Q(scope__in=["everyday", "internet"]), name="deposit_scope_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.scope}"

    @property
    def base_fen(self) -> int:
        """What the funds paid, all together."""
        return sum(self.bases_fen)

    @property
    def withheld_fen(self) -> int:
        """What is withheld of all funds together."""
        return sum(self.amounts_fen)


class DepositEnd(models.Model):
    """What became of a deposit: returned and forfeited by the assessment, or undone with its month. Append only, once.

    `returned_fen` and `forfeited_fen` are in the order of the deposit's funds and add up to what was withheld.
    """

    class Cause(models.TextChoices):
        """Why it ended."""

        ASSESSED = "assessed", _("by the year's assessment")
        UNDONE = "undone", _("the month was sent back")

    deposit = models.OneToOneField(
        QualityDeposit, models.PROTECT, related_name="end", verbose_name=_("quality deposit")
    )  # fmt: skip
    cause = models.CharField(_("cause"), max_length=8, choices=Cause.choices)
    sheet = models.ForeignKey(
        AssessmentSheet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assessment sheet")
    )
    returned_fen = ArrayField(models.BigIntegerField(), verbose_name=_("returned (fen)"))
    forfeited_fen = ArrayField(models.BigIntegerField(), verbose_name=_("forfeited (fen)"))
    ended_by = models.CharField(_("ended by"), max_length=150)
    ended_at = models.DateTimeField(_("ended at"))

    class Meta:
        verbose_name = _("end of a quality deposit")
        verbose_name_plural = _("ends of quality deposits")
        ordering = ["-deposit_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cause="assessed", sheet__isnull=False) | Q(cause="undone", sheet=None),
                name="deposit_ends_by_a_sheet",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deposit_id} {self.cause}"

    @property
    def all_returned_fen(self) -> int:
        """What is returned of all funds together."""
        return sum(self.returned_fen)

    @property
    def all_forfeited_fen(self) -> int:
        """What is forfeited of all funds together."""
        return sum(self.forfeited_fen)
