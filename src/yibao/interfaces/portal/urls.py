from django.urls import path

from yibao.interfaces.portal import display, estimator, home

app_name = "portal"
urlpatterns = [
    path("", home.show, name="home"),
    path("display", display.switch, name="display"),
    path("estimate/<str:region>/<str:scheme>", estimator.show, name="estimate"),
]
