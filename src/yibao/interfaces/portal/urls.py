from django.urls import path, re_path

from yibao.interfaces.portal import (
    agreements,
    display,
    estimator,
    home,
    internet_care,
    my_family,
    my_home,
    my_insurance,
    my_readers,
    my_visits,
    my_voucher,
    sign_in,
)

app_name = "portal"
urlpatterns = [
    path("", home.show, name="home"),
    path("display", display.switch, name="display"),
    path("estimate/<str:region>/<str:scheme>", estimator.show, name="estimate"),
    path("agreements", agreements.show_regions, name="agreement_regions"),
    path("agreements/<slug:region>", agreements.show, name="agreements"),
    re_path(
        r"^agreements/(?P<region>[0-9]{6})/(?P<what>institutions|breaches|assessments)\.csv$",
        agreements.download,
        name="agreements_file",
    ),
    path("internet", internet_care.show_regions, name="internet_regions"),
    path("internet/<slug:region>", internet_care.show, name="internet_care"),
    re_path(
        r"^internet/(?P<region>[0-9]{6})/(?P<what>items|violations)\.csv$",
        internet_care.download,
        name="internet_care_file",
    ),
    path("sign-in", sign_in.show, name="sign_in"),
    path("activate", sign_in.activate, name="activate"),
    path("sign-out", sign_in.leave, name="sign_out"),
    path("my/", my_home.show, name="my"),
    path("my/voucher", my_voucher.show, name="voucher"),
    path("my/voucher/code", my_voucher.show_part, name="voucher_code"),
    path("my/insurance", my_insurance.show, name="insurance"),
    path("my/visits", my_visits.show, name="visits"),
    path("my/visits/<int:settlement_id>", my_visits.show_one, name="visit"),
    path("my/family", my_family.show, name="family"),
    path("my/family/new", my_family.give, name="family_new"),
    path("my/family/<int:proxy_id>/end", my_family.end, name="family_end"),
    path("my/family/<int:proxy_id>/act", my_family.act, name="family_act"),
    path("my/family/stop", my_family.stop, name="family_stop"),
    path("my/readers", my_readers.show, name="readers"),
]
