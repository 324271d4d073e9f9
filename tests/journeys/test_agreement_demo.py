"""The demo's applications for agreements: one hospital through the ordinary workflows, once."""

from datetime import date, datetime

from django.utils import timezone

from yibao.city.agreement_cases import found_agreement_cases
from yibao.domains.agreements.models import AgreementCase, ShortcomingNotice
from yibao.domains.agreements.queries import designation_on
from yibao.domains.institutions.models import Institution, Practitioner

from .hospital import BEIJING
from .office_records import THERE, new_member
from .records import nothing_changes
from .small_town import REGION


def test_the_second_hospital_applies_once(town):
    now = datetime.now(BEIJING)
    assert found_agreement_cases(region=REGION, at=now) == 0  # no officers yet
    for name in ("agency", "agency2"):
        new_member(name, "agency")
    house = Institution.objects.get(code=THERE)
    for serial in (1, 2, 3):
        Practitioner.objects.create(
            code=f"D11010200000{serial}", name="测试医师", kind="D", institution=house, valid_from=date(2019, 1, 1)
        )
    assert found_agreement_cases(region=REGION, at=now) == 4
    states = AgreementCase.objects.filter(institution=house).order_by("id").values_list("kind", "state")
    assert list(states) == [
        ("designation", "in_force"), ("internet", "complete"), ("physician", "submitted"), ("physician", "wanting"),
    ]  # fmt: skip
    assert designation_on(house.pk, timezone.localdate()) is not None
    assert [item["key"] for item in ShortcomingNotice.objects.get().items] == ["promise"]
    with nothing_changes():
        assert found_agreement_cases(region=REGION, at=now) == 0
