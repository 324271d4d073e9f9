from collections import Counter

from yibao.city.goods import LEVELS
from yibao.city.illness import diagnoses
from yibao.city.make import City


def test_the_catalogue_has_substance(city: City) -> None:
    kinds = Counter(good.kind for good in city.goods)
    assert kinds["drug"] >= 400
    assert kinds["service"] >= 200
    assert kinds["consumable"] >= 60
    assert len(diagnoses()) >= 150
    assert {good.item_class for good in city.goods} == {"01", "02", "03"}


def test_codes_have_the_national_lengths_and_are_unique(city: City) -> None:
    lengths = {"drug": 23, "service": 15, "consumable": 20, "decoction_piece": 10}
    assert all(len(good.code) == lengths[good.kind] for good in city.goods)
    assert len({good.code for good in city.goods}) == len(city.goods)
    assert len({found.code for found in diagnoses()}) == len(diagnoses())


def test_classes_agree_with_the_share_paid_first(city: City) -> None:
    for good in city.goods:
        expected = {"01": good.self_pay_first_ppm == 0, "03": good.self_pay_first_ppm == 1_000_000}
        assert expected.get(good.item_class, 0 < good.self_pay_first_ppm < 1_000_000), good


def test_some_goods_cost_more_than_their_ceiling_and_services_never(city: City) -> None:
    dear = [g for g in city.goods if (c := g.ceiling_at("tertiary")) is not None and g.price_at("tertiary") > c]
    assert {good.kind for good in dear} == {"drug", "consumable"}
    for good in city.goods:
        for level in LEVELS[:-1]:
            ceiling = good.ceiling_at(level)
            if good.kind == "service" and ceiling is not None:
                assert good.price_at(level) == ceiling


def test_lower_levels_charge_less_for_services(city: City) -> None:
    fee = next(good for good in city.goods if good.name == "住院诊察费")
    assert [fee.price_at(level) for level in LEVELS[:-1]] == [6000, 6000, 5400, 4920, 4560]


def test_practitioners_and_institutions_have_national_codes(city: City) -> None:
    for provider in city.providers:
        assert len(provider.code) == 12
        assert provider.code[0] == ("P" if provider.level == "pharmacy" else "H")
        assert all(len(who.code) == 13 for who in provider.practitioners)
    codes = [who.code for provider in city.providers for who in provider.practitioners]
    assert len(set(codes)) == len(codes)
