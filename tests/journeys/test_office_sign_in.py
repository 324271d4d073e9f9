"""Sign in, sign out, and the language of the pages."""

import pytest
from django.contrib.auth.models import User

from .office_records import PASSWORD, found_staff


@pytest.fixture
def staff(town):
    return found_staff()


def sign_in(client, name, password=PASSWORD, **more):
    return client.post("/sign-in", {"username": name, "password": password, **more})


@pytest.mark.usefixtures("staff")
class TestSigningIn:
    def test_leads_home(self, client):
        answer = sign_in(client, "auditor")
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert "审计人员" in client.get("/").content.decode()

    def test_leads_back_to_the_page_that_was_asked_for(self, client):
        assert sign_in(client, "auditor", next="/settlements?scheme=310")["Location"] == "/settlements?scheme=310"

    def test_never_leads_to_another_site(self, client):
        assert sign_in(client, "auditor", next="https://example.org/")["Location"] == "/"

    @pytest.mark.parametrize(
        ("name", "password"), [("auditor", "wrong"), ("never-made", PASSWORD), ("locked", PASSWORD)]
    )
    def test_refuses_alike_whatever_was_wrong(self, client, name, password):
        User.objects.create_user("locked", password=PASSWORD, is_active=False)
        page = sign_in(client, name, password).content.decode()
        assert "用户名或密码不正确" in page
        assert "_auth_user_id" not in client.session

    def test_who_is_signed_in_goes_on(self, client):
        sign_in(client, "auditor")
        assert client.get("/sign-in")["Location"] == "/"

    def test_a_forged_form_is_refused(self):
        from django.test import Client

        assert sign_in(Client(enforce_csrf_checks=True), "auditor").status_code == 403


@pytest.mark.usefixtures("staff")
class TestSigningOut:
    def test_ends_the_session(self, client):
        client.force_login(User.objects.get(username="auditor"))
        assert client.post("/sign-out")["Location"] == "/sign-in"
        assert client.get("/").status_code == 302

    def test_takes_a_post(self, client):
        client.force_login(User.objects.get(username="auditor"))
        assert client.get("/sign-out").status_code == 405
        assert client.get("/").status_code == 200


@pytest.mark.usefixtures("staff")
class TestLanguage:
    def test_is_chinese_when_nothing_is_said(self, client):
        page = client.get("/sign-in").content.decode()
        assert '<html lang="zh-hans">' in page
        assert "登录" in page

    def test_follows_the_switch_and_is_kept(self, client):
        answer = client.post("/language", {"language": "en", "next": "/sign-in"})
        assert answer["Location"] == "/sign-in"
        page = client.get("/sign-in").content.decode()
        assert '<html lang="en">' in page
        assert "Sign in" in page
        assert "登录" not in page

    def test_english_pages_hold_no_chinese_of_ours(self, client):
        client.post("/language", {"language": "en"})
        client.force_login(User.objects.get(username="system"))
        page = client.get("/").content.decode().replace("简体中文", "").replace("北京市", "")
        assert not [sign for sign in page if "\u4e00" <= sign <= "\u9fff"]
