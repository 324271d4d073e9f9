from django.conf import settings
from django.http import HttpRequest

from yibao.domains.staff.models import StaffMember


def member(request: HttpRequest) -> dict[str, StaffMember | bool | None]:
    """Give templates the member of staff whom the page's own guard has found, and whether this is a sandbox; no query."""
    return {"member": getattr(request, "staff_member", None), "is_sandbox": settings.SANDBOX}
