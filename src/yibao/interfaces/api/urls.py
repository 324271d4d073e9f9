from django.urls import path

from yibao.interfaces.api.service import api

urlpatterns = [path("v1/", api.urls)]
