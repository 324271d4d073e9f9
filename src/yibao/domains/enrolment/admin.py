from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.enrolment.models import (
    AccountEntry,
    AccountSharing,
    Assessment,
    Contribution,
    DoubleDecision,
    Employer,
    Enrolment,
    LateFee,
    LateFeePayment,
    LateFeeWaiver,
    LateFeeWaiverDecision,
    OutsideEnrolment,
    PersonalAccount,
    Receipt,
    SpecialStatus,
    Transfer,
    TransferStep,
    WageDeclaration,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline, RecordAdmin


@admin.register(Employer)
class EmployerAdmin(RecordAdmin):
    """Employers (参保单位)."""

    region_field = "division__pooling_region"
    list_display = ["code", "name", "division"]
    search_fields = ["=code", "name"]
    autocomplete_fields = ["division"]


@admin.register(Enrolment)
class EnrolmentAdmin(RecordAdmin):
    """Who is insured under what and when (参保关系)."""

    region_field = "region__pooling_region"
    person_field = "person_id"
    list_display = ["person", "scheme", "state", "status_group", "region", "employer", "valid_from", "valid_until",
                    "covered_from"]  # fmt: skip
    list_filter = ["scheme", "state", "status_group", "is_civil_servant"]
    search_fields = ["=person__number", "=employer__code"]
    autocomplete_fields = ["person", "region", "division", "employer"]


@admin.register(SpecialStatus)
class SpecialStatusAdmin(RecordAdmin):
    """Special statuses (低保对象, 特困人员 …)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "kind", "document", "valid_from", "valid_until"]
    list_filter = ["kind"]
    search_fields = ["=person__number", "document"]
    autocomplete_fields = ["person"]


@admin.register(Contribution)
class ContributionAdmin(AppendOnlyAdmin):
    """Contributions (缴费)."""

    region_field = "enrolment__region__pooling_region"
    person_field = "enrolment__person_id"
    list_display = ["enrolment", "period_start", "period_end", "base", "to_pool", "to_account", "paid_on"]
    search_fields = ["=enrolment__person__number"]

    @admin.display(description=_("base (yuan)"))
    def base(self, contribution: Contribution) -> str:
        """The base in yuan."""
        return format_yuan(contribution.base_fen)

    @admin.display(description=_("to pooled fund (yuan)"))
    def to_pool(self, contribution: Contribution) -> str:
        """The part for the pooled fund in yuan."""
        return format_yuan(contribution.to_pool_fen)

    @admin.display(description=_("to account (yuan)"))
    def to_account(self, contribution: Contribution) -> str:
        """The part for the personal account in yuan."""
        return format_yuan(contribution.to_account_fen)


@admin.register(PersonalAccount)
class PersonalAccountAdmin(AppendOnlyAdmin):
    """Personal accounts (个人账户): a balance changes by an entry only."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "balance"]
    search_fields = ["=person__number"]

    @admin.display(description=_("balance (yuan)"), ordering="balance_fen")
    def balance(self, account: PersonalAccount) -> str:
        """The balance in yuan."""
        return format_yuan(account.balance_fen)


@admin.register(AccountEntry)
class AccountEntryAdmin(AppendOnlyAdmin):
    """Movements of personal accounts (个人账户收支)."""

    region_field = "account__person__division__pooling_region"
    person_field = "account__person_id"
    list_display = ["entered_at", "account", "amount", "balance_after", "cause", "cause_id"]
    list_filter = ["cause"]
    search_fields = ["=account__person__number", "=cause_id"]
    ordering = ["-id"]

    @admin.display(description=_("amount (yuan)"))
    def amount(self, entry: AccountEntry) -> str:
        """The movement in yuan."""
        return format_yuan(entry.amount_fen)

    @admin.display(description=_("balance after (yuan)"))
    def balance_after(self, entry: AccountEntry) -> str:
        """The balance after it in yuan."""
        return format_yuan(entry.balance_after_fen)


@admin.register(WageDeclaration)
class WageDeclarationAdmin(RecordAdmin):
    """Declared wages (缴费工资申报)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "employer", "wage", "valid_from", "valid_until"]
    search_fields = ["=person__number", "=employer__code"]
    autocomplete_fields = ["person", "employer"]

    @admin.display(description=_("monthly wage (yuan)"))
    def wage(self, declaration: WageDeclaration) -> str:
        """The wage in yuan."""
        return format_yuan(declaration.wage_fen)


@admin.register(Assessment)
class AssessmentAdmin(AppendOnlyAdmin):
    """Assessments of contributions (应缴核定) with their steps."""

    region_field = "enrolment__region__pooling_region"
    person_field = "person_id"
    list_display = ["person", "scheme", "period_start", "category", "kind", "base", "due", "law"]
    list_filter = ["scheme", "kind", "is_repair", "category"]
    search_fields = ["=person__number"]
    date_hierarchy = "period_start"

    @admin.display(description=_("base (yuan)"))
    def base(self, assessment: Assessment) -> str:
        """The base in yuan."""
        return format_yuan(assessment.base_fen)

    @admin.display(description=_("owed (yuan)"))
    def due(self, assessment: Assessment) -> str:
        """All that is owed in yuan."""
        return format_yuan(assessment.employer_fen + assessment.person_fen)


@admin.register(LateFee)
class LateFeeAdmin(AppendOnlyAdmin):
    """Late fees of employers (滞纳金)."""

    list_display = ["employer", "scheme", "period_start", "days", "amount", "paid_on"]
    search_fields = ["=employer__code"]
    region_field = "receipt__region_id"

    @admin.display(description=_("amount (yuan)"))
    def amount(self, fee: LateFee) -> str:
        """The amount in yuan."""
        return format_yuan(fee.fee_fen)


@admin.register(LateFeePayment)
class LateFeePaymentAdmin(AppendOnlyAdmin):
    """Which receipts paid which late fees."""

    list_display = ["late_fee", "receipt", "attempt"]
    region_field = "receipt__region_id"


@admin.register(Receipt)
class ReceiptAdmin(AppendOnlyAdmin):
    """Receipts of contributions (缴费到账)."""

    list_display = ["number", "employer", "amount", "paid_on", "entered_at"]
    search_fields = ["=number", "=employer__code"]
    region_field = "region_id"
    person_field = "person_id"

    @admin.display(description=_("amount (yuan)"))
    def amount(self, receipt: Receipt) -> str:
        """The amount in yuan."""
        return format_yuan(receipt.amount_fen)


class TransferStepInline(AppendOnlyInline):
    """The steps of a transfer on its page."""

    model = TransferStep


@admin.register(Transfer)
class TransferAdmin(AppendOnlyAdmin):
    """Transfers between regions (关系转移接续)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "scheme", "from_region", "to_region", "applied_on", "out_due_on", "in_due_on"]
    list_filter = ["scheme", "from_region", "to_region"]
    search_fields = ["=person__number"]
    inlines = [TransferStepInline]


@admin.register(TransferStep)
class TransferStepAdmin(AppendOnlyAdmin):
    """Steps of transfers, one by one."""

    region_field = "transfer__person__division__pooling_region"
    person_field = "transfer__person_id"
    list_display = ["transfer", "side", "months", "balance", "done_on", "done_by"]
    list_filter = ["side"]
    search_fields = ["=transfer__person__number"]

    @admin.display(description=_("account balance moved (yuan)"))
    def balance(self, step: TransferStep) -> str:
        """The balance in yuan."""
        return format_yuan(step.balance_fen)


@admin.register(OutsideEnrolment)
class OutsideEnrolmentAdmin(AppendOnlyAdmin):
    """Enrolments that other regions report (外地参保信息)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "scheme", "region", "months", "valid_from", "valid_until", "reported_at"]
    search_fields = ["=person__number", "=region"]


@admin.register(DoubleDecision)
class DoubleDecisionAdmin(AppendOnlyAdmin):
    """Decisions on double enrolment (重复参保处理)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "kept", "ended", "asked_elsewhere", "clause", "ended_on", "decided_by"]
    search_fields = ["=person__number"]


@admin.register(AccountSharing)
class AccountSharingAdmin(AppendOnlyAdmin):
    """Accounts that pay for relatives (个人账户家庭共济); authorised and ended on the person's page in the office."""

    region_field = "owner__division__pooling_region"
    person_field = "owner_id"
    list_display = ["owner", "beneficiary", "relation", "valid_from", "valid_until", "authorised_by", "authorised_at"]
    list_filter = ["relation"]
    search_fields = ["=owner__number", "=beneficiary__number"]


@admin.register(LateFeeWaiver)
class LateFeeWaiverAdmin(AppendOnlyAdmin):
    """Waivers of late fees (滞纳金减免), proposed and decided on the office's own page."""

    list_display = ["late_fee", "attempt", "document", "article", "proposed_by", "proposed_at"]
    region_field = "late_fee__receipt__region_id"


@admin.register(LateFeeWaiverDecision)
class LateFeeWaiverDecisionAdmin(AppendOnlyAdmin):
    """Who decided on a waiver."""

    list_display = ["waiver", "is_approved", "decided_by", "decided_at"]
    list_filter = ["is_approved"]
    region_field = "waiver__late_fee__receipt__region_id"
