"""Roles: what the database demands of an appointment, what each role opens, what nobody may change."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, connection, transaction

from yibao.domains.institutions.models import Institution
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Change, Division
from yibao.domains.staff.models import PersonalRecordRead, StaffMember
from yibao.domains.staff.operations import (
    ForeignInstitutionError,
    InstitutionOfRoleError,
    NoInstitutionError,
    appoint,
    found_demo_staff,
    record_read,
    record_reads,
)
from yibao.domains.staff.permissions import ADMIN_ACTIONS, PERSONAL_MODELS
from yibao.domains.staff.queries import Scope, find_member, latest_readings, scope_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ROLES = ("system", "agency", "institution", "auditor", "analyst")


@pytest.fixture
def region():
    Division.objects.create(code="990100", name="测试区", pooling_region="990000")
    Division.objects.create(code="980000", name="测试他区", pooling_region="980000")
    return Division.objects.create(code="990000", name="测试统筹区", pooling_region="990000")


@pytest.fixture
def hospital(region):
    return Institution.objects.create(
        code="H99010000001", name="测试医院", kind="hospital", level="tertiary", division_id="990100", beds=300,
        designated_from="2019-01-01",
    )  # fmt: skip


@pytest.fixture
def person(region):
    return Person.objects.create(
        number="P1", name="测试人", document_type="99", document_number="X1", sex="1", birth_date="1980-01-01",
        division_id="990100",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def new_user(name="someone"):
    return User.objects.create_user(name)


def new_member(role, region, hospital, name="someone"):
    house = hospital if role == "institution" else None
    return appoint(user=new_user(name), role=role, region=region, institution=house)


class TestAppointing:
    def test_institution_staff_need_an_institution(self, region):
        with pytest.raises(InstitutionOfRoleError):
            appoint(user=new_user(), role="institution", region=region)
        assert not StaffMember.objects.exists()

    @pytest.mark.parametrize("role", ["system", "agency", "auditor"])
    def test_other_roles_have_none(self, region, hospital, role):
        with pytest.raises(InstitutionOfRoleError):
            appoint(user=new_user(), role=role, region=region, institution=hospital)
        assert not StaffMember.objects.exists()

    def test_the_institution_is_of_the_region(self, hospital):
        with pytest.raises(ForeignInstitutionError):
            appoint(
                user=new_user(), role="institution", region=Division.objects.get(code="980000"), institution=hospital
            )
        assert not StaffMember.objects.exists()

    @pytest.mark.parametrize(("role", "has_house"), [("institution", False), ("agency", True), ("king", False)])
    def test_the_database_refuses_too(self, region, hospital, role, has_house):
        with pytest.raises(IntegrityError), transaction.atomic():
            StaffMember.objects.create(
                user=new_user(), role=role, region=region, institution=hospital if has_house else None
            )

    def test_gives_exactly_the_permissions_of_the_role(self, region, hospital):
        user = new_member("agency", region, hospital).user
        appoint(user=user, role="system", region=region)
        user = User.objects.get(pk=user.pk)
        wanted = {
            f"{model.split('.')[0]}.{action}_{model.split('.')[1]}"
            for model, actions in ADMIN_ACTIONS["system"].items()
            for action in actions
        }
        assert user.get_all_permissions() == wanted
        assert (user.is_staff, user.is_superuser) == (True, False)

    @pytest.mark.parametrize("role", ["institution", "auditor", "analyst"])
    def test_roles_without_registers_do_not_enter_the_admin(self, region, hospital, role):
        user = User.objects.get(pk=new_member(role, region, hospital).user_id)
        assert user.get_all_permissions() == set()
        assert not user.is_staff

    def test_stands_in_the_history_of_changes(self, region, hospital):
        member = new_member("auditor", region, hospital)
        change = Change.objects.get(table="staff_staffmember", record=str(member.pk))
        assert (change.action, change.after["role"]) == ("insert", "auditor")


class TestPermissions:
    def test_every_register_is_decided_for_someone(self):
        listed = {model for actions in ADMIN_ACTIONS.values() for model in actions}
        registered = {model._meta.label_lower for model in admin.site._registry}
        # Auditors see readings on the settlement's page, and cases of responsibility in office on a page of their own.
        own_pages = {"staff.personalrecordread", "staff.dutycase", "staff.dutydecision"}
        assert registered - listed == own_pages

    def test_every_listed_model_is_registered(self):
        listed = {model for actions in ADMIN_ACTIONS.values() for model in actions}
        assert listed - {model._meta.label_lower for model in admin.site._registry} == set()

    def test_the_system_role_sees_nothing_personal(self):
        assert ADMIN_ACTIONS["system"].keys() & PERSONAL_MODELS == set()

    def test_every_model_that_leads_to_a_person_is_personal(self):
        direct = {
            model._meta.label_lower
            for model in apps.get_models()
            if any(field.related_model is Person for field in model._meta.fields)
        }
        assert direct - PERSONAL_MODELS == set()

    def test_only_settings_dictionaries_and_keys_are_deleted(self):
        deletable = {m for actions in ADMIN_ACTIONS.values() for m, allowed in actions.items() if "delete" in allowed}
        assert deletable == {"reference.dictionaryentry", "reference.setting", "message_store.credential"}


class TestScopes:
    def test_nothing_opens_by_default(self):
        scope = Scope(region="990000")
        assert (scope.sees_records, scope.sees_names, scope.sees_funds, scope.sees_readings) == (False,) * 4

    @pytest.mark.parametrize(
        ("role", "opens"),
        [
            ("system", (False, False, True, False)),
            ("agency", (True, True, True, False)),
            ("institution", (True, False, False, False)),
            ("auditor", (True, True, True, True)),
        ],
    )
    def test_follow_from_the_role(self, region, hospital, role, opens):
        scope = scope_of(new_member(role, region, hospital))
        assert (scope.sees_records, scope.sees_names, scope.sees_funds, scope.sees_readings) == opens
        assert scope.region == "990000"
        assert scope.institution_id == (hospital.pk if role == "institution" else None)


class TestFindingAMember:
    def test_a_stranger_is_none(self):
        assert find_member(AnonymousUser()) is None

    def test_a_user_without_a_role_is_none(self):
        assert find_member(new_user()) is None

    def test_a_locked_account_is_none(self, region, hospital):
        user = new_member("auditor", region, hospital).user
        user.is_active = False
        assert find_member(user) is None

    def test_a_member_is_found(self, region, hospital):
        member = new_member("auditor", region, hospital)
        assert find_member(member.user) == member


class TestReadings:
    @pytest.fixture
    def reading(self, region, hospital, person):
        reader = new_member("agency", region, hospital)
        return record_read(reader=reader, person_id=person.pk, page="/x", purpose="settlement", at=NOW)

    @pytest.mark.parametrize(
        "statement", ["UPDATE staff_personalrecordread SET page = '/y'", "DELETE FROM staff_personalrecordread"]
    )
    def test_are_never_changed(self, reading, statement):
        with pytest.raises(IntegrityError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert PersonalRecordRead.objects.get().page == "/x"

    @pytest.mark.parametrize(("page", "purpose"), [("", "settlement"), ("/x", "")])
    def test_name_page_and_purpose(self, region, hospital, person, page, purpose):
        reader = new_member("agency", region, hospital)
        with pytest.raises(IntegrityError), transaction.atomic():
            record_read(reader=reader, person_id=person.pk, page=page, purpose=purpose, at=NOW)

    def test_of_several_persons_are_a_row_each(self, region, hospital, person):
        reader = new_member("agency", region, hospital)
        record_reads(reader=reader, person_ids=[person.pk, person.pk], page="/x", purpose="export", at=NOW)
        assert [r.person_id for r in PersonalRecordRead.objects.all()] == [person.pk]

    def test_are_shown_to_auditors_only(self, reading, region, hospital, person):
        shown = {
            role: list(
                latest_readings(scope_of(new_member(role, region, hospital, role)), person_id=person.pk, limit=9)
            )
            for role in ROLES
        }
        assert shown == {"system": [], "agency": [], "institution": [], "auditor": [reading], "analyst": []}


class TestDemoStaff:
    def test_there_must_be_a_hospital(self):
        with pytest.raises(NoInstitutionError):
            found_demo_staff(at=NOW)
        assert not User.objects.exists()

    def test_an_account_of_each_role_signs_in_with_passwords_nobody_could_know(self, hospital):
        accounts = found_demo_staff(at=NOW)
        assert [(name, role) for name, _, role in accounts] == [(role, role) for role in ROLES]
        assert all(User.objects.get(username=name).check_password(password) for name, password, _ in accounts)
        assert len({password for _, password, _ in accounts}) == 5
        assert all(len(password) >= 16 for _, password, _ in accounts)
        assert StaffMember.objects.get(role="institution").institution == hospital

    def test_a_second_founding_gives_new_passwords_to_the_same_accounts(self, hospital):
        before = found_demo_staff(at=NOW)
        after = found_demo_staff(at=NOW)
        assert User.objects.count() == 5
        assert {p for _, p, _ in before} & {p for _, p, _ in after} == set()
        assert all(User.objects.get(username=name).check_password(password) for name, password, _ in after)
