"""How registers look in the admin: read-only where money stands on them, with the history of every record one click away."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yibao.core.identity import mask
from yibao.domains.reference.models import Change, DictionaryEntry, Division, Setting

if TYPE_CHECKING:  # Django's own classes take no type argument when the program runs
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


class RecordAdmin(ModelAdmin):
    """A register: its history is what the database itself has written down.

    `region_field` is the look-up to a pooling region's code: rows of other regions do not exist for the member, and a
    user without a region sees none. `person_field` is the look-up to the person whose record a page shows; the site
    notes who opened it. A list joins the fields that are its columns; `list_select_related` is for a column whose text
    reaches further, as a member's does to the user.
    """

    region_field: ClassVar[str | None] = None
    person_field: ClassVar[str | None] = None
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Narrow the register to the member's own region."""
        queryset = super().get_queryset(request)
        if self.region_field is None:
            return queryset
        member = getattr(request.user, "staff_member", None)
        return queryset.filter(**{self.region_field: member.region_id}) if member else queryset.none()

    def get_list_select_related(self, request: HttpRequest) -> bool | list[str] | tuple[str, ...]:
        """Join what the columns name, and nothing that lies beyond it.

        Django joins everything that hangs together with a row, two dozen tables for some, which a server that knows
        nothing yet of its tables' sizes may put together row by row, for hours.
        """
        columns = self.get_list_display(request)
        return super().get_list_select_related(request) or tuple(
            field.name for field in self.opts.fields if field.is_relation and field.name in columns
        )

    def history_view(
        self,
        request: HttpRequest,  # noqa: ARG002  # Django's own signature
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002  # as above
    ) -> HttpResponse:
        """Show the record's changes as the database wrote them, not only what was changed in the admin."""
        table = self.model._meta.db_table  # noqa: SLF001  # Django's public name
        changes = reverse("admin:reference_change_changelist")
        return redirect(f"{changes}?{urlencode({'table__exact': table, 'record__exact': object_id})}")


def _refuse(*_args: object, **_named: object) -> bool:
    """What happened stays as it was written, whoever asks: rows come from operations only, nothing is deleted."""
    return False


class AppendOnlyAdmin(RecordAdmin):
    """A register that the office never writes: nothing is added, changed or deleted here."""

    actions = None
    has_add_permission = has_change_permission = has_delete_permission = _refuse


class AppendOnlyInline(TabularInline):
    """Rows of an append-only register on the page of what they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True
    has_add_permission = has_change_permission = has_delete_permission = _refuse


def masked(field: str, label: Any) -> Callable[[Any], str]:
    """A column of a register that shows an identity number with its middle hidden.

    `field` may lead over dots; `label` is a text, perhaps one to be translated.
    """

    @admin.display(description=label)
    def column(record: Any) -> str:
        value = record
        for name in field.split("."):
            value = getattr(value, name)
        return mask(str(value))

    return column


def pretty_json(value: object) -> SafeString:
    """JSON laid out for reading, escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return format_html('<pre style="white-space:pre-wrap;margin:0">{}</pre>', text)


@admin.register(Division)
class DivisionAdmin(RecordAdmin):
    """Divisions (行政区划) and their pooling regions."""

    list_display = ["code", "name", "pooling_region"]
    list_filter = ["pooling_region"]
    search_fields = ["=code", "name"]


@admin.register(DictionaryEntry)
class DictionaryEntryAdmin(RecordAdmin):
    """National dictionaries (字典)."""

    list_display = ["table", "code", "name_zh", "name_en", "confidence"]
    list_filter = ["confidence", "table"]
    search_fields = ["=code", "name_zh", "name_en", "table"]


@admin.register(Setting)
class SettingAdmin(RecordAdmin):
    """Choices that no law makes, each with its reason."""

    list_display = ["key", "value", "reason", "trust"]
    list_filter = ["trust"]
    search_fields = ["key", "reason"]


@admin.register(Change)
class ChangeAdmin(AppendOnlyAdmin):
    """The history of changed records: a member reads the history of those registers only that the role opens."""

    list_display = ["changed_at", "action", "table", "record", "actor"]
    list_filter = ["action", "table"]
    search_fields = ["=record", "=actor"]
    date_hierarchy = "changed_at"
    fields = readonly_fields = ("changed_at", "action", "table", "record", "actor", "before_pretty", "after_pretty")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out the history of tables whose register the member may not open."""
        return super().get_queryset(request).filter(table__in=_open_tables(request))

    @admin.display(description=_("before"))
    def before_pretty(self, change: Change) -> SafeString:
        """The record before the change."""
        return pretty_json(change.before)

    @admin.display(description=_("after"))
    def after_pretty(self, change: Change) -> SafeString:
        """The record after the change."""
        return pretty_json(change.after)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The link from a record's page narrows by table and record."""
        return lookup in {"table__exact", "record__exact"} or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]  # the stubs want a request


def _open_tables(request: HttpRequest) -> list[str]:
    """Tables of the models that the member has permission to view."""
    options = [model._meta for model in apps.get_models()]  # noqa: SLF001  # Django's public name
    return [meta.db_table for meta in options if request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")]
