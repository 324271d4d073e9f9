from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("yibao.interfaces.api.urls")),
    path("sandbox/", include("yibao.interfaces.console.urls")),
    path("portal/", include("yibao.interfaces.portal.urls")),
    path("", include("yibao.interfaces.office.urls")),
]
