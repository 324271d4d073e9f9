"""The steps of an agreement's case, by the last part of their address."""

from collections.abc import Callable
from typing import Any, Final

from django.utils import timezone

from yibao.domains.agreements.models import AgreementCase, Party
from yibao.domains.agreements.operations import CaseAct
from yibao.interfaces.office.access import StaffRequest
from yibao.interfaces.office.agreement_forms import (
    AgreedPriceForm,
    AgreementAssessForm,
    AgreementMaterialForm,
    AgreementSignatureForm,
    LeaveForm,
    OfferForm,
    ReasonForm,
    ResumeForm,
    ReviewForm,
    SuspendForm,
    TerminateForm,
)
from yibao.interfaces.office.claim_pages import filled
from yibao.workflows import apply_for_agreement as applying
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import keep_agreement as keeping
from yibao.workflows import sign_agreement as signing

Doing = Callable[[AgreementCase, StaffRequest], object]


def act_of(request: StaffRequest, *, article: str = "", note: str = "") -> CaseAct:
    """Who acts now, with the words of the form."""
    return CaseAct(member=request.staff_member, at=timezone.now(), article=article, note=note)


def _reasoned(request: StaffRequest) -> CaseAct:
    """Who acts now, with the article and the reason that were typed."""
    said = filled(ReasonForm(request.POST))
    return act_of(request, article=said["article"], note=said["note"])


def _material(case: AgreementCase, request: StaffRequest) -> object:
    said = filled(AgreementMaterialForm(request.POST, request.FILES))
    file = said["file"]
    return applying.bring_material(
        case.pk, key=said["key"], name=file.name, content=file.read(), act=act_of(request)
    )  # fmt: skip


def _review(case: AgreementCase, request: StaffRequest) -> object:
    form = ReviewForm(request.POST, conditions=applying.law_of_case(case).procedure.conditions)
    filled(form)
    return deciding.review(case.pk, form.verdicts(), _reasoned(request))


def _assess(case: AgreementCase, request: StaffRequest) -> object:
    said = filled(AgreementAssessForm(request.POST))
    act = act_of(request, article=said["article"], note=said["note"])
    return deciding.assess(case.pk, is_passed=said["result"] == "passed", act=act)


def _offer(case: AgreementCase, request: StaffRequest) -> object:
    said: dict[str, Any] = filled(OfferForm(request.POST))
    return signing.offer_text(case.pk, signing.OfferedText(**said), act_of(request))


def _sign(case: AgreementCase, request: StaffRequest) -> object:
    if request.staff_member.role == "agency":
        return signing.sign_for_agency(case.pk, act_of(request))
    said = filled(AgreementSignatureForm(request.POST))
    return signing.sign_for_institution(case.pk, signature=said["signature"], act=act_of(request))


def _suspend(case: AgreementCase, request: StaffRequest) -> object:
    said = filled(SuspendForm(request.POST))
    act = act_of(request, article=said["article"], note=said["note"])
    return keeping.suspend(case.pk, begins_on=said["begins_on"], asked_by=Party(said["asked_by"]), act=act)


def _resume(case: AgreementCase, request: StaffRequest) -> object:
    return keeping.resume(case.pk, on=filled(ResumeForm(request.POST))["resumes_on"], act=act_of(request))


def _leave(case: AgreementCase, request: StaffRequest) -> object:
    said = filled(LeaveForm(request.POST))
    return keeping.leave(case.pk, on=said["leaves_on"], is_public=said["is_public"], act=act_of(request))


def _terminate(case: AgreementCase, request: StaffRequest) -> object:
    said = filled(TerminateForm(request.POST))
    act = act_of(request, article=said["article"], note=said["note"])
    return keeping.terminate(case.pk, on=said["ends_on"], act=act)


def _price(case: AgreementCase, request: StaffRequest) -> object:
    form = AgreedPriceForm(request.POST)
    filled(form)
    return keeping.agree_on_price(case.pk, form.wish(), act_of(request))


STEPS: Final[dict[str, Doing]] = {
    "material": _material,
    "submit": lambda case, request: applying.submit(case.pk, act_of(request)),
    "supplement": lambda case, request: applying.supplement(case.pk, act_of(request)),
    "ask-test": lambda case, request: applying.ask_for_test(case.pk, act_of(request)),
    "withdraw": lambda case, request: applying.withdraw(case.pk, act_of(request)),
    "review": _review,
    "assess": _assess,
    "negotiate": lambda case, request: deciding.negotiate(case.pk, _reasoned(request)),
    "test": lambda case, request: deciding.conclude_test(case.pk, _reasoned(request)),
    "refuse": lambda case, request: deciding.refuse(case.pk, _reasoned(request)),
    "lapse": lambda case, request: deciding.lapse(case.pk, _reasoned(request)),
    "offer": _offer,
    "sign": _sign,
    "suspend": _suspend,
    "resume": _resume,
    "leave": _leave,
    "terminate": _terminate,
    "price": _price,
}
"""What each step does with a case within the member's sight."""
