"""How often an address may ask: counted by address within a minute, never more addresses than fit."""

from django.test import RequestFactory

from yibao.interfaces.server.rate_limit import AddressLimit, address_of


class TestCounting:
    def test_waits_until_the_first_question_is_a_window_old(self):
        limit = AddressLimit(most=2, window_seconds=60)
        assert [limit.wait_seconds("a", at=at) for at in (0.0, 10.0, 20.0)] == [0, 0, 40]
        assert limit.wait_seconds("a", at=59.5) == 1
        assert limit.wait_seconds("a", at=60.0) == 0
        assert limit.wait_seconds("a", at=61.0) == 9

    def test_addresses_do_not_share(self):
        limit = AddressLimit(most=1)
        assert [limit.wait_seconds(address, at=0.0) for address in ("a", "b", "a")] == [0, 0, 60]

    def test_the_address_that_was_silent_longest_is_forgotten(self):
        limit = AddressLimit(most=1, addresses_max=2)
        for address in ("a", "b", "c"):
            limit.wait_seconds(address, at=0.0)
        assert limit.wait_seconds("a", at=1.0) == 0
        assert limit.wait_seconds("c", at=1.0) == 59

    def test_forgets_when_told(self):
        limit = AddressLimit(most=1)
        limit.wait_seconds("a", at=0.0)
        limit.forget()
        assert limit.wait_seconds("a", at=0.0) == 0


class TestAddress:
    def test_is_the_connections_own_without_a_proxy(self, settings):
        settings.IS_BEHIND_PROXY = False
        request = RequestFactory().post("/", headers={"X-Forwarded-For": "1.2.3.4"}, REMOTE_ADDR="9.9.9.9")
        assert address_of(request) == "9.9.9.9"

    def test_is_what_the_proxy_added_last(self, settings):
        settings.IS_BEHIND_PROXY = True
        request = RequestFactory().post("/", headers={"X-Forwarded-For": "6.6.6.6, 1.2.3.4"}, REMOTE_ADDR="9.9.9.9")
        assert address_of(request) == "1.2.3.4"
