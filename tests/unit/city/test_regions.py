"""The city in each region: its people are whom the region's law knows, at home in its divisions."""

from datetime import date

import pytest

from yibao import policies
from yibao.city.insurance_records import paid_by_law
from yibao.city.make import make_city
from yibao.city.people import SCHEME_CODES
from yibao.city.providers import access_of
from yibao.city.region import UnknownCityRegionError, region_named, regions
from yibao.policies.library import schemes

AS_OF = date(2026, 11, 21)
STATED = [region for region in regions() if (region.code, "310") in schemes()]


@pytest.mark.parametrize("region", STATED, ids=lambda region: region.key)
def test_every_group_and_level_is_known_to_the_law(region):
    city = make_city(seed=3, people=600, as_of=AS_OF, region=region.key)
    for scheme in ("310", "390"):
        known = policies.load(region.code, scheme, AS_OF).index
        groups = {
            group
            for group, of in zip(city.insurance.status_group, city.population.scheme, strict=True)
            if SCHEME_CODES[of] == scheme
        }
        assert len(groups) >= 2
        assert groups <= set(known["status"])
        assert {provider.level for provider in city.providers} <= set(known["level"])
    assert {provider.district for provider in city.providers} <= set(region.districts)


@pytest.mark.parametrize("region", regions(), ids=lambda region: region.key)
def test_contributions_follow_the_regions_law_and_go_somewhere_to_the_last_fen(region):
    city = make_city(seed=3, people=400, as_of=AS_OF, region=region.code)
    places = {place: place for place in range(400) if city.population.scheme[place]}
    paid = [one.row for one in paid_by_law(city, places)]
    assert len(paid) > 400
    for row in paid:
        assert row.employer_fen + row.person_fen + row.subsidy_fen == row.to_pool_fen + row.to_account_fen > 0


def test_a_region_goes_by_code_key_or_name():
    assert {region_named(name).code for name in ("120000", "tianjin", "Tianjin", "天津", "天津市")} == {"120000"}
    assert access_of(2, region_named("tianjin")).prefix == "/ebus/tj"
    with pytest.raises(UnknownCityRegionError) as refused:
        region_named("atlantis")
    assert "shanghai 上海" in refused.value.facts["known"]
