"""Faults of the test payment channel are ordered on a page of the console and by programs, each for what they may see."""

import base64

import pytest

from yibao.domains.mobile_orders.models import ChannelFault

from .mobile_payer import MobilePayer, strike
from .office_records import PASSWORD, found_staff, sign_in
from .records import nothing_changes
from .sandbox_town import open_sandbox
from .small_town import new_person

ADDRESS = "/sandbox/channel-faults"
REST = "/sandbox/api/v1/channel-faults"


@pytest.fixture
def sandbox(standing_town, settings):
    found_staff()
    with open_sandbox(settings) as application:
        yield application


@pytest.fixture
def agency(client, sandbox):
    sign_in(client, "agency")
    return client


def ask(client, method, path=REST, name="agency", **options):
    word = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
    return getattr(client, method)(path, HTTP_AUTHORIZATION=f"Basic {word}", content_type="application/json", **options)


class TestPage:
    def test_a_fault_is_ordered_strikes_and_is_called_off(self, agency):
        wish = {"kind": "decline", "operation": "payment", "times": "2", "institution": "", "seconds": ""}
        assert agency.post(ADDRESS, wish).status_code == 302
        payer = MobilePayer()
        assert payer.pay(payer.place(new_person()))["ordStas"] == "16"
        fault = ChannelFault.objects.get()
        assert (fault.remaining, fault.ordered_by) == (1, "agency")
        shown = agency.get(ADDRESS).content.decode()
        assert "1 / 2" in shown
        assert "先拒绝，后到账" in shown

        assert agency.post(f"{ADDRESS}/{fault.pk}/end").status_code == 302

        fault.refresh_from_db()
        assert fault.ended_by == "agency"
        assert payer.pay(payer.place(new_person()))["ordStas"] == "6"
        assert "没有故障" in agency.get(ADDRESS).content.decode()

    @pytest.mark.parametrize(
        ("wish", "told"),
        [
            ({"kind": "pending", "times": "1"}, "1至120秒"),
            ({"kind": "decline", "times": "1", "seconds": "5"}, "1至120秒"),
            ({"kind": "unknown", "times": "1"}, "未设置故障"),
            ({"kind": "decline", "institution": "H99999999999"}, "未设置故障"),
        ],
    )
    def test_terms_that_make_no_sense_are_told(self, agency, wish, told):
        with nothing_changes():
            response = agency.post(ADDRESS, wish)
        assert response.status_code == 400
        assert told in response.content.decode()

    def test_everybody_orders_for_what_they_see_and_auditors_look_only(self, client, sandbox):
        strike("decline")
        sign_in(client, "institution")
        assert "没有故障" in client.get(ADDRESS).content.decode()  # it is of all institutions, and not theirs to end
        with nothing_changes():
            assert client.post(ADDRESS, {"kind": "decline", "times": "1"}).status_code == 400
            assert client.post(f"{ADDRESS}/{ChannelFault.objects.get().pk}/end").status_code == 302
        assert client.post(ADDRESS, {"kind": "repeat", "times": "1", "institution": "h11010100001"}).status_code == 302
        assert ChannelFault.objects.latest("pk").institution.code == "H11010100001"
        sign_in(client, "auditor")
        with nothing_changes():
            assert client.post(ADDRESS, {"kind": "decline"}).status_code == 403
            assert client.post(f"{ADDRESS}/{ChannelFault.objects.latest('pk').pk}/end").status_code == 403

    def test_outside_of_a_sandbox_there_is_no_page(self, standing_town, client):
        found_staff()
        sign_in(client, "agency")
        assert client.get(ADDRESS).status_code == 404
        assert ask(client, "get").status_code == 401


class TestPrograms:
    def test_a_test_run_orders_a_fault_reads_it_and_calls_it_off(self, client, sandbox):
        made = ask(client, "post", data={"kind": "paid_late", "seconds": 2, "operation": "payment"})
        assert made.status_code == 201
        number = made.json()["id"]
        assert ask(client, "get").json() == [
            {
                "id": number, "kind": "paid_late", "institution": "", "operation": "payment", "seconds": 2, "times": 1,
                "remaining": 1,
            }
        ]  # fmt: skip
        assert ask(client, "delete", f"{REST}/{number}").status_code == 204
        assert ask(client, "get").json() == []

    def test_what_cannot_be_ordered_is_refused(self, client, sandbox):
        own = {"kind": "decline", "institution": "H11010100001"}
        with nothing_changes():
            assert ask(client, "post", data={"kind": "late"}).status_code == 422
            assert ask(client, "post", data={"kind": "decline", "institution": "H99999999999"}).status_code == 404
            assert ask(client, "post", name="institution", data={"kind": "decline"}).status_code == 404
            assert ask(client, "post", name="auditor", data=own).status_code == 403
            assert ask(client, "delete", f"{REST}/999999").status_code == 404
        assert ask(client, "post", name="institution", data=own).status_code == 201
