from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from yibao.domains.files.models import Content, File
from yibao.domains.reference.admin import AppendOnlyAdmin


@admin.register(File)
class FileAdmin(AppendOnlyAdmin):
    """Files (文件) by number; the office does not see what is in them."""

    region_field = "owner__division__pooling_region"
    list_display = ["number", "name", "owner", "kept_at", "expires_at"]
    search_fields = ["=number", "name", "=owner__code"]
    date_hierarchy = "kept_at"
    exclude = ["content"]


@admin.register(Content)
class ContentAdmin(AppendOnlyAdmin):
    """Contents of files by digest (文件内容), without their bytes."""

    list_display = ["hexadecimal", "size_bytes"]
    fields = ["hexadecimal", "size_bytes"]
    readonly_fields = ["hexadecimal"]

    @admin.display(description=_("SM3 digest"))
    def hexadecimal(self, content: Content) -> str:
        """The digest as it is written."""
        return bytes(content.digest).hex()
