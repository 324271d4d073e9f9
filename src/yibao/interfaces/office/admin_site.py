"""The admin site of yibao: for members with a role that has work there; every look into a person is noted."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yibao.domains.staff.operations import record_read
from yibao.interfaces.office.access import forbidden, member_of

PURPOSE = "admin"


class OfficeAdminSite(AdminSite):
    """The registers of all domains, as far as the role's permissions reach."""

    site_header = _("yibao registers")
    site_title = _("yibao registers")
    index_title = _("Registers")

    def has_permission(self, request: HttpRequest) -> bool:
        """Only active members of staff enter: a user without a role has no work here, not even a superuser."""
        return super().has_permission(request) and member_of(request) is not None

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002  # Django's own signature
        """Sign in on the office's own page; who is signed in already may not enter."""
        if request.user.is_authenticated and not self.has_permission(request):
            return forbidden(request)
        if self.has_permission(request):
            return redirect("admin:index")
        return redirect("office:sign_in")

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:  # type: ignore[override]  # noqa: FBT001, FBT002  # Django's own signature
        """Wrap a view of the admin, and note a look into a person when its page was shown."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def watched(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = guarded(request, *args, **kwargs)
            if response.status_code == HTTPStatus.OK:
                self._note_read(request)
            return response

        return watched

    def _note_read(self, request: HttpRequest) -> None:
        match = request.resolver_match
        if match is None or not (match.url_name or "").endswith("_change"):
            return
        record_admin = self._admin_of(match.url_name or "")
        member = member_of(request)
        # Registers are yibao.domains.reference.admin.RecordAdmin, which cannot be imported before this site exists.
        person_field = getattr(record_admin, "person_field", None)
        if record_admin is None or person_field is None or member is None:
            return
        found = record_admin.model._default_manager.filter(pk=match.kwargs["object_id"])  # noqa: SLF001  # Django's public name
        person_id = found.values_list(person_field, flat=True).first()
        if person_id is not None:
            record_read(reader=member, person_id=person_id, page=request.path, purpose=PURPOSE, at=timezone.now())

    def _admin_of(self, url_name: str) -> "ModelAdmin[Any] | None":
        for model, record_admin in self._registry.items():
            if url_name == f"{model._meta.app_label}_{model._meta.model_name}_change":  # noqa: SLF001  # Django's public name
                return record_admin
        return None
