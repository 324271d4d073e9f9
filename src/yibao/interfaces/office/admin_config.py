from django.contrib.admin.apps import AdminConfig


class OfficeAdminConfig(AdminConfig):
    """Django's admin under the office's own site: roles decide who enters, and looks into persons are noted."""

    default_site = "yibao.interfaces.office.admin_site.OfficeAdminSite"
