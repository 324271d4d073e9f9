from datetime import date

import pytest

from yibao.domains.institutions import operations
from yibao.domains.institutions.models import Department, Institution, Practitioner
from yibao.domains.reference.models import Change, Division

START = date(2020, 1, 1)
END = date(2026, 1, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _division() -> None:
    Division.objects.create(code="110105", name="朝阳区", pooling_region="110000")


def designate(code: str = "H11010590001") -> Institution:
    return operations.designate(
        code=code,
        name="某医院",
        kind="hospital",
        level="tertiary",
        division="110105",
        beds=10,
        designated_from=START,
        actor="clerk",
    )


def test_an_institution_is_designated_once() -> None:
    designate()
    with pytest.raises(operations.InstitutionKnownError):
        designate()
    assert Institution.objects.count() == 1


def test_a_designation_ends_on_a_day_and_only_once() -> None:
    designate()
    operations.end_designation(code="H11010590001", on=END, actor="clerk")
    assert Institution.objects.get().designated_until == END
    with pytest.raises(operations.NotDesignatedError):
        operations.end_designation(code="H11010590001", on=date(2026, 6, 1), actor="clerk")
    assert Change.objects.filter(table="institutions_institution", action="update").count() == 1


@pytest.mark.parametrize("on", [START, date(2019, 1, 1)])
def test_what_has_not_begun_does_not_end(on: date) -> None:
    designate()
    with pytest.raises(operations.NotDesignatedError):
        operations.end_designation(code="H11010590001", on=on, actor="clerk")
    assert Institution.objects.get().designated_until is None


def test_institutions_are_founded_with_departments_and_staff() -> None:
    (number,) = operations.found_institutions(
        rows=[operations.InstitutionRow("H11010590001", "某医院", "hospital", "tertiary", "110105", 10, START)]
    )
    (department,) = operations.found_departments(rows=[operations.DepartmentRow(number, "A03", "内科")])
    operations.found_practitioners(
        rows=[operations.PractitionerRow("D110105900001", "王一", "D", number, department, START)]
    )
    assert Department.objects.get().institution_id == number
    assert Practitioner.objects.get().department_id == department
