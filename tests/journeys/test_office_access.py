"""The counter opens the public pages to persons, and does by hand for those without a phone what the pages do for others."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from yibao.domains.personal_access.models import Account, ActivationCode, Channel, Proxy
from yibao.domains.personal_access.queries import proxies_held
from yibao.domains.staff.models import PersonalRecordRead

from .office_records import found_staff
from .office_records import sign_in as sign_in_staff
from .personal_access import SECRET, child, known_person
from .personal_access import sign_in as sign_in_person
from .small_town import new_person

CODE = re.compile(r'<code id="code">([A-Z0-9-]+)</code>')


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def officer(client, standing_town):
    found_staff()
    sign_in_staff(client, "agency")
    return client


@pytest.fixture
def elder(officer):
    return new_person(status="retired", born=timezone.localdate().replace(year=1944, day=1))


def address(person, rest=""):
    return f"/access/{person.number}{rest}"


def rights(agent, **changes):
    return {
        "name": agent.name, "number": agent.document_number, "relation": "女儿", "basis": "consent", "purposes": ["view"],
        "document": "窗口签字的授权书", "until": (timezone.localdate() + timedelta(days=30)).isoformat(),
    } | changes  # fmt: skip


class TestActivationCodes:
    def test_the_slip_opens_the_account(self, officer, elder):
        slip = officer.post(address(elder, "/code"), {"evidence": "身份证原件"}).content.decode()
        (code,) = CODE.findall(slip)
        typed = {
            "number": elder.document_number, "name": elder.name, "code": code, "password": SECRET, "again": SECRET,
        }  # fmt: skip
        assert Client().post("/portal/activate", typed).status_code == 302
        assert Account.objects.get(person=elder).closed_at is None
        told = officer.get(address(elder)).content.decode()
        assert code not in told
        assert "已使用" in told
        assert PersonalRecordRead.objects.filter(person=elder, purpose="access").count() == 1

    def test_through_an_authorised_channel_only(self, officer, elder):
        Channel.objects.create(
            code="old", name_zh="旧渠道", name_en="old", document="已到期", valid_from=timezone.localdate() - timedelta(9),
            valid_until=timezone.localdate(),
        )  # fmt: skip
        assert officer.post(address(elder, "/code"), {"channel": "old", "evidence": "人脸"}).status_code == 400
        assert officer.post(address(elder, "/code"), {"evidence": ""}).status_code == 400
        assert not ActivationCode.objects.exists()

    def test_closing_the_account(self, officer):
        person = known_person()
        assert officer.post(address(person, "/close")).status_code == 302
        assert Account.objects.get().closed_at is not None
        answer = Client().post("/portal/sign-in", {"number": person.document_number, "password": SECRET})
        assert answer.status_code == 400


class TestFamilyAtTheCounter:
    @pytest.mark.requirement("ELD-01", "ELD-08")
    def test_an_elder_without_a_phone_is_served_too(self, officer, elder, hospital):
        daughter = known_person("王女儿")
        assert officer.post(address(elder, "/let"), rights(daughter)).status_code == 302
        proxy = Proxy.objects.get()
        assert (proxy.given_by, proxy.basis, proxy.document) == ("agency", "consent", "窗口签字的授权书")
        hers = Client()
        sign_in_person(hers, daughter)
        assert hers.post(f"/portal/my/family/{proxy.pk}/act").status_code == 302
        assert elder.name in hers.get("/portal/my/").content.decode()
        card = {"mdtrt_cert_type": "02", "mdtrt_cert_no": elder.document_number}
        assert hospital.expect("1101", {"data": card})["baseinfo"]["psn_no"] == elder.number
        assert officer.post(address(elder, f"/{proxy.pk}/end")).status_code == 302
        assert "您正在代" not in hers.get("/portal/my/").content.decode()

    def test_a_guardian_acts_for_a_child_until_it_is_of_age(self, officer):
        mother, son = known_person("陈母亲"), child()
        of_age = son.birth_date.replace(year=son.birth_date.year + 18)
        asked = rights(mother, basis="guardian", document="户口簿", until=of_age.isoformat())
        assert officer.post(address(son, "/let"), asked).status_code == 302
        assert proxies_held(agent_id=mother.pk, on=of_age - timedelta(days=1)) == [Proxy.objects.get()]
        assert proxies_held(agent_id=mother.pk, on=of_age) == []

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"basis": "guardian"}, "须由本人授权"),
            ({"until": "2099-01-01"}, "授权期限不符"),
            ({"until": "2020-01-01"}, "授权期限不符"),
            ({"name": "别人"}, "没有找到"),
        ],
    )
    def test_refused_nothing_is_given(self, officer, elder, changes, said):
        answer = officer.post(address(elder, "/let"), rights(known_person("王女儿"), **changes))
        assert answer.status_code == 409
        assert said in answer.content.decode()
        assert not Proxy.objects.exists()

    def test_a_child_does_not_consent(self, officer):
        answer = officer.post(address(child(), "/let"), rights(known_person("王女儿")))
        assert "监护人" in answer.content.decode()
        assert not Proxy.objects.exists()


class TestRoles:
    @pytest.mark.parametrize(
        ("name", "sees"), [("auditor", 200), ("institution", 403), ("system", 403), ("elsewhere", 404)]
    )
    def test_only_the_agency_of_the_region_acts(self, officer, elder, name, sees):
        client = Client()
        sign_in_staff(client, name)
        assert client.get(address(elder)).status_code == sees
        for rest, given in (("/code", {"evidence": "x"}), ("/let", {}), ("/close", {})):
            assert client.post(address(elder, rest), given).status_code in {403, 404}
        assert not ActivationCode.objects.exists()
