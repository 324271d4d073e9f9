from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.enrolment.models import (
    AccountEntry,
    Contribution,
    Employer,
    Enrolment,
    PersonalAccount,
    SpecialStatus,
)
from yibao.domains.reference.admin import AppendOnlyAdmin, RecordAdmin


@admin.register(Employer)
class EmployerAdmin(RecordAdmin):
    """Employers (参保单位)."""

    region_field = "division__pooling_region"
    list_display = ["code", "name", "division"]
    list_select_related = ["division"]
    search_fields = ["=code", "name"]
    autocomplete_fields = ["division"]


@admin.register(Enrolment)
class EnrolmentAdmin(RecordAdmin):
    """Who is insured under what and when (参保关系)."""

    region_field = "region__pooling_region"
    person_field = "person_id"
    list_display = ["person", "scheme", "state", "status_group", "region", "employer", "valid_from", "valid_until"]
    list_filter = ["scheme", "state", "status_group", "is_civil_servant"]
    list_select_related = ["person", "region", "employer"]
    search_fields = ["=person__number", "=employer__code"]
    autocomplete_fields = ["person", "region", "division", "employer"]


@admin.register(SpecialStatus)
class SpecialStatusAdmin(RecordAdmin):
    """Special statuses (低保对象, 特困人员 …)."""

    region_field = "person__division__pooling_region"
    person_field = "person_id"
    list_display = ["person", "kind", "document", "valid_from", "valid_until"]
    list_filter = ["kind"]
    list_select_related = ["person"]
    search_fields = ["=person__number", "document"]
    autocomplete_fields = ["person"]


@admin.register(Contribution)
class ContributionAdmin(AppendOnlyAdmin):
    """Contributions (缴费)."""

    region_field = "enrolment__region__pooling_region"
    person_field = "enrolment__person_id"
    list_display = ["enrolment", "period_start", "period_end", "base", "to_pool", "to_account", "paid_on"]
    list_select_related = ["enrolment"]
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
    list_select_related = ["person"]
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
