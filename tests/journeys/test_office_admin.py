"""The registers: who enters, what each role may do there, and that every look into a person is noted."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yibao.domains.enrolment.models import AccountEntry, Contribution
from yibao.domains.institutions.models import Institution
from yibao.domains.ledger.models import Entry, Journal, Seal
from yibao.domains.messages.keys import Material, material_of
from yibao.domains.messages.models import AccessPoint, Credential, Message
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Change
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import PersonalRecordRead, StaffMember
from yibao.domains.staff.permissions import ADMIN_ACTIONS
from yibao.domains.visits.models import FeeLine, Visit

from .office_records import REGION, found_staff, new_user, play_visits, sign_in

APPEND_ONLY = [
    Settlement,
    Journal,
    Entry,
    Seal,
    AccountEntry,
    Contribution,
    Message,
    Change,
    PersonalRecordRead,
    Visit,
    FeeLine,
]

JOINS_MAX = 8
"""So many joins PostgreSQL still weighs against each other in every order (join_collapse_limit)."""


@pytest.fixture
def staff(town):
    return found_staff()


@pytest.fixture
def played(staff):
    return play_visits()


def register(model):
    """Where a register's list is shown."""
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def registers():
    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


class TestEntering:
    @pytest.mark.parametrize(
        ("name", "status"), [("system", 200), ("agency", 200), ("institution", 403), ("auditor", 403), ("nobody", 403)]
    )
    def test_is_for_roles_with_work_there(self, client, staff, name, status):
        sign_in(client, name)
        assert client.get("/admin/", follow=True).status_code == status

    def test_strangers_sign_in_on_the_offices_page(self, client, staff):
        assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/sign-in")

    def test_a_superuser_without_a_role_stays_out(self, client, staff):
        user = new_user("root")
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
        sign_in(client, "root")
        assert client.get("/admin/", follow=True).status_code == 403


class TestRegisters:
    @pytest.mark.parametrize("role", ["system", "agency"])
    def test_open_and_search_as_the_table_of_permissions_says(self, client, played, subtests, role):
        sign_in(client, role)
        for model in registers():
            with subtests.test(model._meta.label_lower):
                allowed = ADMIN_ACTIONS[role].get(model._meta.label_lower, ())
                answer = client.get(register(model), {"q": "1"} if admin.site._registry[model].search_fields else {})
                assert answer.status_code == (200 if allowed else 403)
                assert client.get(register(model) + "add/").status_code == (200 if "add" in allowed else 403)

    def test_lists_join_few_tables(self, client, played):
        """A server without figures of its tables joined two dozen row by row, for hours."""
        sign_in(client, "agency")
        for model in registers():
            with CaptureQueriesContext(connection) as asked:
                client.get(register(model))
            most = max(asked.captured_queries, key=lambda query: query["sql"].count(" JOIN "))
            assert most["sql"].count(" JOIN ") <= JOINS_MAX, most["sql"]

    def test_each_row_opens_in_english_and_chinese(self, client, played, subtests):
        sign_in(client, "agency")
        for language in ("en", "zh-hans"):
            client.post("/language", {"language": language})
            for model in registers():
                row = model._default_manager.order_by("-pk").first()
                if row is None or model._meta.label_lower not in ADMIN_ACTIONS["agency"] or model is Change:
                    continue
                with subtests.test(f"{language} {model._meta.label_lower}"):
                    assert client.get(f"{register(model)}{row.pk}/change/").status_code == 200

    def test_append_only_ones_take_no_change_from_anyone(self, client, played, subtests):
        sign_in(client, "agency")
        for model in APPEND_ONLY:
            row = model._default_manager.order_by("pk").first()
            if row is None:
                continue
            with subtests.test(model._meta.label_lower):
                before = model._default_manager.filter(pk=row.pk).values().get()
                assert client.post(f"{register(model)}{row.pk}/change/", {}).status_code == 403
                assert client.post(f"{register(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
                assert client.post(f"{register(model)}add/", {}).status_code == 403
                assert model._default_manager.filter(pk=row.pk).values().get() == before

    def test_show_no_other_region(self, client, played):
        link = f"{register(Person)}{played.person.pk}/change/"
        sign_in(client, "agency")
        assert link in client.get(register(Person)).content.decode()
        sign_in(client, "elsewhere")
        assert link not in client.get(register(Person)).content.decode()
        assert client.get(f"{register(Person)}{played.person.pk}/change/").status_code == 302
        assert not PersonalRecordRead.objects.exists()

    def test_lists_mask_identity_numbers(self, client, played):
        sign_in(client, "agency")
        page = client.get(register(Person)).content.decode()
        assert played.person.document_number not in page
        assert "***********" in page


class TestReading:
    def test_a_person_is_noted(self, client, played):
        sign_in(client, "agency")
        client.get(f"{register(Person)}{played.person.pk}/change/")
        noted = PersonalRecordRead.objects.get()
        assert (noted.person_id, noted.purpose) == (played.person.pk, "admin")

    def test_a_settlement_is_noted_under_its_person(self, client, played):
        sign_in(client, "agency")
        client.get(f"{register(Settlement)}{played.plain.pk}/change/")
        assert PersonalRecordRead.objects.get().person_id == played.person.pk

    def test_a_hospital_is_not_about_a_person(self, client, played):
        sign_in(client, "agency")
        client.get(f"{register(Institution)}{played.plain.institution_id}/change/")
        assert not PersonalRecordRead.objects.exists()


class TestHistory:
    def test_leads_to_what_the_database_wrote_with_who_did_it(self, client, played):
        sign_in(client, "agency")
        house = played.plain.institution
        form = {
            "code": house.code, "name": "改名医院", "kind": house.kind, "level": house.level, "division": "110101",
            "beds": "7", "designated_from": "2019-01-01", "designated_until": "",
        }  # fmt: skip
        assert client.post(f"{register(Institution)}{house.pk}/change/", form).status_code == 302
        listed = client.get(f"{register(Institution)}{house.pk}/history/", follow=True)
        newest = listed.context["cl"].result_list[0]
        assert (newest.action, newest.actor, newest.after["name"]) == ("update", "agency", "改名医院")
        assert "改名医院" in client.get(f"{register(Change)}{newest.pk}/change/").content.decode()

    def test_of_persons_is_closed_to_the_system_role(self, client, played):
        change = Change.objects.filter(table="people_person").first()
        sign_in(client, "system")
        assert client.get(f"{register(Change)}{change.pk}/change/").status_code == 302
        assert set(client.get(register(Change)).context["cl"].queryset.values_list("table", flat=True)) & {
            "people_person", "people_voucher", "enrolment_enrolment",
        } == set()  # fmt: skip


class TestAccounts:
    def test_the_system_role_appoints_and_permissions_follow(self, client, staff):
        user = new_user("fresh")
        sign_in(client, "system")
        form = {"user": user.pk, "role": "agency", "region": REGION, "institution": ""}
        assert client.post(register(StaffMember) + "add/", form).status_code == 302
        user = User.objects.get(pk=user.pk)
        assert user.staff_member.role == "agency"
        assert user.has_perm("people.view_person")

    def test_an_appointment_that_does_not_fit_is_said(self, client, staff):
        user = new_user("fresh")
        sign_in(client, "system")
        form = {"user": user.pk, "role": "institution", "region": REGION, "institution": ""}
        answer = client.post(register(StaffMember) + "add/", form)
        assert "机构人员须指定所属机构" in answer.content.decode()
        assert not StaffMember.objects.filter(user=user).exists()

    def test_nobody_makes_a_superuser(self, client, staff):
        user = User.objects.get(username="nobody")
        sign_in(client, "system")
        form = {"username": "nobody", "is_active": "on", "is_superuser": "on", "is_staff": "on", "groups": "1"}
        client.post(f"{register(User)}{user.pk}/change/", form)
        user = User.objects.get(pk=user.pk)
        assert (user.is_superuser, user.is_staff, user.groups.count()) == (False, False, 0)


class TestSecrets:
    def test_are_never_shown(self, client, played):
        sign_in(client, "system")
        credential = Credential.objects.exclude(sealed=b"").first()
        secret = material_of(credential).secret
        pages = (register(Credential), f"{register(Credential)}{credential.pk}/change/")
        shown = [client.get(page).content.decode() for page in pages]
        assert all(secret not in page and bytes(credential.sealed).hex() not in page for page in shown)
        assert all("secret" in page for page in shown)  # the name of the part

    def test_a_new_key_is_sealed(self, client, played):
        sign_in(client, "system")
        old = Credential.objects.exclude(sealed=b"").first()
        form = {
            "access_point": old.access_point_id, "institution": old.institution_id, "access_key": old.access_key,
            "secret": "new-secret", "public_key": "", "valid_from_0": "2026-01-01", "valid_from_1": "00:00:00",
        }  # fmt: skip
        assert client.post(f"{register(Credential)}add/", form).status_code == 302
        new = Credential.objects.latest("pk")
        assert (new.pk != old.pk, material_of(new)) == (True, Material("new-secret"))
        assert b"new-secret" not in bytes(new.sealed)
        assert material_of(old).secret != "new-secret"

    def test_what_is_no_key_is_refused(self, client, played):
        sign_in(client, "system")
        old, count = Credential.objects.exclude(sealed=b"").first(), Credential.objects.count()
        form = {
            "access_point": old.access_point_id, "institution": old.institution_id, "access_key": "k",
            "public_key": "04ff", "sm4_key": "short",
        }  # fmt: skip
        answer = client.post(f"{register(Credential)}add/", form)
        assert answer.status_code == 200
        assert set(answer.context["adminform"].form.errors) == {"public_key", "sm4_key"}
        assert Credential.objects.count() == count

    def test_a_key_that_stands_can_only_be_ended(self, client, played):
        sign_in(client, "system")
        old = Credential.objects.exclude(sealed=b"").first()
        page = f"{register(Credential)}{old.pk}/change/"
        form = {"secret": "typed", "access_key": "other", "valid_until_0": "2030-01-01", "valid_until_1": "00:00:00"}
        assert client.post(page, form).status_code == 302
        new = Credential.objects.get(pk=old.pk)
        assert (new.access_key, bytes(new.sealed)) == (old.access_key, bytes(old.sealed))
        assert new.valid_until.isoformat() == "2029-12-31T16:00:00+00:00"

    def test_access_points_have_none(self, client, played):
        sign_in(client, "system")
        point = AccessPoint.objects.get(scheme="csb")
        assert "secret-H" not in client.get(f"{register(AccessPoint)}{point.pk}/change/").content.decode()
