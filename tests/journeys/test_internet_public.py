"""What everybody may read of care over the internet: price items with guided prices, verified violations, as pages and files."""

import pytest
from django.urls import reverse

from yibao.domains.price_items.models import PublishedItem

from .internet_hospital import FOLLOW_UP, open_internet_hospital
from .small_town import REGION

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.mark.requirement("INT-54")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_items_and_violations_are_public_in_both_languages(client, language):
    open_internet_hospital()
    client.cookies["django_language"] = language
    assert client.get(reverse("portal:internet_regions")).status_code == 200
    text = client.get(reverse("portal:internet_care", args=[REGION])).content.decode()
    assert FOLLOW_UP in text
    assert ("三级医院 20.00" if language == "zh-hans" else "tertiary hospitals 20.00") in text
    for what in ("items", "violations"):
        answer = client.get(reverse("portal:internet_care_file", args=[REGION, what]))
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_a_row_of_the_register_stands_before_the_rulebook_s_own(client):
    open_internet_hospital()
    from yibao.domains.catalogue.models import Item

    PublishedItem.objects.create(
        region_id=REGION, item=Item.objects.get(code=FOLLOW_UP), need="beyond", is_payable=False,
        document="京医保〔2026〕2号", valid_from="2026-01-01",
    )  # fmt: skip
    text = client.get(reverse("portal:internet_care", args=[REGION])).content.decode()
    assert (text.count(FOLLOW_UP), "京医保〔2026〕2号" in text) == (1, True)


def test_a_region_without_a_rulebook_is_not_found(client):
    assert client.get(reverse("portal:internet_care", args=["620900"])).status_code == 404
    assert client.get("/portal/internet/620900/items.csv").status_code == 404
