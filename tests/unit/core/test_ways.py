"""Ways of state machines."""

from yibao.core.ways import Way, way


def test_a_way_has_sources_in_no_order_and_a_target():
    assert way("a", "b", to="c") == way("b", "a", to="c") == Way(frozenset({"a", "b"}), "c")


def test_a_way_without_sources_begins_the_life():
    assert way(to="a").sources == frozenset()
