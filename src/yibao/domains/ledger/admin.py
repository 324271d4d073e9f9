from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.core.money import format_yuan
from yibao.domains.ledger.models import Account, Book, Entry, Fund, Journal, Seal
from yibao.domains.reference.admin import AppendOnlyAdmin, AppendOnlyInline, RecordAdmin


@admin.register(Book)
class BookAdmin(RecordAdmin):
    """Books of account (账套)."""

    list_display = ["code", "name_zh", "name_en"]
    search_fields = ["=code", "name_zh", "name_en"]


@admin.register(Fund)
class FundAdmin(RecordAdmin):
    """Funds and the books in which they stand (基金)."""

    list_display = ["code", "name_zh", "name_en", "book"]
    list_filter = ["book"]
    search_fields = ["=code", "name_zh", "name_en"]


@admin.register(Account)
class AccountAdmin(RecordAdmin):
    """The chart of accounts (会计科目)."""

    list_display = ["book", "code", "name_zh", "name_en", "nature"]
    list_filter = ["book", "nature"]
    search_fields = ["=code", "name_zh", "name_en"]


class EntryInline(AppendOnlyInline):
    """Entries on the page of their journal."""

    model = Entry
    fields = readonly_fields = ("line", "account", "fund", "institution", "debit_fen", "credit_fen")
    raw_id_fields = ["account", "fund", "institution"]


@admin.register(Journal)
class JournalAdmin(AppendOnlyAdmin):
    """Journals (记账凭证): balanced, chained, never changed; each region sees its own."""

    region_field = "region_id"
    list_display = ["pk", "entered_at", "book", "cause", "cause_id", "counterparty_id"]
    list_filter = ["book", "cause"]
    search_fields = ["=id", "=cause_id"]
    ordering = ["-id"]
    fields = ["entered_at", "region_id", "counterparty_id", "book", "cause", "cause_id", "digest_hex"]
    inlines = [EntryInline]

    @admin.display(description=_("digest"))
    def digest_hex(self, journal: Journal) -> str:
        """The digest in hexadecimal digits."""
        return bytes(journal.digest).hex()


@admin.register(Entry)
class EntryAdmin(AppendOnlyAdmin):
    """Entries (分录)."""

    region_field = "journal__region_id"
    person_field = "person_id"
    list_display = ["journal", "line", "account", "fund", "institution", "debit", "credit"]
    list_filter = ["fund"]
    search_fields = ["=journal__id", "=journal__cause_id"]
    ordering = ["-id"]

    @admin.display(description=_("debit (yuan)"))
    def debit(self, entry: Entry) -> str:
        """The debit in yuan."""
        return format_yuan(entry.debit_fen)

    @admin.display(description=_("credit (yuan)"))
    def credit(self, entry: Entry) -> str:
        """The credit in yuan."""
        return format_yuan(entry.credit_fen)


@admin.register(Seal)
class SealAdmin(AppendOnlyAdmin):
    """Links of the chain (哈希链)."""

    list_display = ["pk", "sealed_at", "journals", "digest_hex"]
    date_hierarchy = "sealed_at"
    ordering = ["-id"]
    fields = readonly_fields = ("sealed_at", "journals", "previous_hex", "digest_hex")

    @admin.display(description=_("journals"))
    def journals(self, seal: Seal) -> str:
        """How many journals the link seals, and from which to which."""
        return f"{len(seal.journal_ids)}: {min(seal.journal_ids)}–{max(seal.journal_ids)}"

    @admin.display(description=_("digest"))
    def digest_hex(self, seal: Seal) -> str:
        """The digest in hexadecimal digits."""
        return bytes(seal.digest).hex()

    @admin.display(description=_("digest of the link before"))
    def previous_hex(self, seal: Seal) -> str:
        """The digest of the link before in hexadecimal digits."""
        return bytes(seal.previous_digest).hex()
