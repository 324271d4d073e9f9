"""Two parties in one application at the same moment, with real threads and committed data: each step is taken once, and it is known who was first."""

import itertools

import pytest
from django.utils import timezone

from yibao.core.errors import YibaoError
from yibao.domains.agreements.models import (
    Agreement,
    AgreementCase,
    AgreementSignature,
    CaseEvent,
    ShortcomingNotice,
)
from yibao.domains.agreements.operations import ApplicationStandsError, SecondShortcomingNoticeError
from yibao.domains.agreements.queries import designation_on
from yibao.domains.agreements.signing import signatures_stand
from yibao.domains.agreements.states import AgreementStepError
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import sign_agreement as signing

from .agreement_houses import House, all_met, state_of
from .small_town import REGION
from .test_races import at_once

_serials = itertools.count(20_001)


@pytest.fixture
def house(shared_town):
    return House(REGION, code=f"H110101{next(_serials)}")


def now():
    return timezone.now()


def tried(task):
    """The task as one that gives its error instead of raising it."""

    def run():
        try:
            return task()
        except YibaoError as error:
            return type(error)

    return run


def raced(*tasks):
    """What came of tasks that were let loose at the same moment: a result, or the type of the refusal."""
    return at_once([tried(task) for task in tasks])


def refusals(results):
    return [each for each in results if isinstance(each, type)]


def steps_of(case):
    return list(CaseEvent.objects.filter(case=case).order_by("id").values_list("step", flat=True))


def offered(house):
    """A designation whose text is offered, and its key."""
    case = house.submitted("designation", at=now())
    deciding.review(case.pk, all_met(case), house.decide(now()))
    deciding.assess(case.pk, is_passed=True, act=house.decide(now()))
    deciding.negotiate(case.pk, house.decide(now()))
    signing.key_for_institution(public_key="", act=house.act(now()))
    wish = signing.OfferedText(number="", valid_from=timezone.localdate())
    signing.offer_text(case.pk, wish, house.decide(now(), officer=1))
    return case


def institution_signs(house, case):
    return lambda: signing.sign_for_institution(case.pk, signature="", act=house.act(now()))


def agency_signs(house, case, officer=1):
    return lambda: signing.sign_for_agency(case.pk, house.decide(now(), officer=officer))


def test_both_parties_sign_at_once(house):
    case = offered(house)
    results = raced(institution_signs(house, case), agency_signs(house, case))
    assert isinstance(results[0], Agreement)  # nothing stands in the institution's way
    if refusals(results):  # the agency looked before the institution had signed
        assert (refusals(results), state_of(case)) == ([AgreementStepError], "signed")
        agency_signs(house, case)()
    assert state_of(case) == "in_force"
    assert steps_of(case)[-2:] == ["sign_institution", "sign_agency"]
    agreement = Agreement.objects.get(case=case)
    assert sorted(agreement.signatures.values_list("party", flat=True)) == ["agency", "institution"]
    assert signatures_stand(agreement)
    assert designation_on(house.institution.pk, timezone.localdate()) == agreement


def test_two_officers_sign_at_once_and_one_signature_stands(house):
    case = offered(house)
    institution_signs(house, case)()
    results = raced(agency_signs(house, case, 1), agency_signs(house, case, 2), agency_signs(house, case, 1))
    assert refusals(results) == [AgreementStepError] * 2
    assert AgreementSignature.objects.filter(agreement__case=case, party="agency").count() == 1
    assert steps_of(case).count("sign_agency") == 1


def test_it_is_signed_or_withdrawn(house):
    case = offered(house)
    institution_signs(house, case)()
    withdrawn = lambda: applying.withdraw(case.pk, house.act(now()))  # noqa: E731  # one of two tasks
    results = raced(agency_signs(house, case), withdrawn)
    assert refusals(results) == [AgreementStepError]
    is_signed = state_of(case) == "in_force"
    assert is_signed == isinstance(results[0], Agreement)
    assert state_of(case) in {"in_force", "withdrawn"}
    assert AgreementSignature.objects.filter(agreement__case=case).count() == (2 if is_signed else 1)
    assert (designation_on(house.institution.pk, timezone.localdate()) is not None) == is_signed
    assert len({"sign_agency", "withdraw"} & set(steps_of(case))) == 1


def test_the_institution_signs_and_withdraws_at_once(house):
    case = offered(house)
    results = raced(institution_signs(house, case), lambda: applying.withdraw(case.pk, house.act(now())))
    assert state_of(case) == "withdrawn"  # before the other signature it may go, whichever came first
    assert refusals(results) in ([], [AgreementStepError])
    signed = AgreementSignature.objects.filter(agreement__case=case).count()
    assert (signed, len(refusals(results))) in {(1, 0), (0, 1)}
    with pytest.raises(AgreementStepError):
        agency_signs(house, case)()
    assert designation_on(house.institution.pk, timezone.localdate()) is None


def test_two_officers_decide_on_the_materials_at_once(house):
    case = house.submitted("designation", at=now())
    met, wanting = all_met(case), all_met(case)
    key = next(iter(wanting))
    wanting[key] = deciding.Verdict(is_met=False, note="缺少材料")
    results = raced(
        lambda: deciding.review(case.pk, met, house.decide(now())),
        lambda: deciding.review(case.pk, wanting, house.decide(now(), officer=1)),
    )
    assert len(refusals(results)) == 1
    assert refusals(results)[0] in {AgreementStepError, SecondShortcomingNoticeError}
    decided = [step for step in steps_of(case) if step in {"complete", "notify"}]
    assert (len(decided), state_of(case)) == (1, {"complete": "complete", "notify": "wanting"}[decided[0]])
    assert ShortcomingNotice.objects.filter(case=case).count() == decided.count("notify")


def test_one_officer_passes_the_assessment_while_another_refuses(house):
    case = house.submitted("designation", at=now())
    deciding.review(case.pk, all_met(case), house.decide(now()))
    refusal = house.decide(now(), officer=1, article="第六条", note="不符合条件")
    results = raced(
        lambda: deciding.assess(case.pk, is_passed=True, act=house.decide(now())),
        lambda: deciding.refuse(case.pk, refusal),
    )
    steps = steps_of(case)
    assert state_of(case) == "refused"
    if refusals(results):  # refused first: the assessment came too late
        assert refusals(results) == [AgreementStepError]
        assert "assess" not in steps
    else:  # assessed first, and an assessed application may still be refused
        assert steps[-2:] == ["assess", "refuse"]


def test_two_applications_of_one_kind_at_once_and_one_stands(house):
    results = raced(*[lambda: house.opened("designation", at=now())] * 4)
    assert refusals(results) == [ApplicationStandsError] * 3
    assert AgreementCase.objects.filter(institution=house.institution, kind="designation").count() == 1
