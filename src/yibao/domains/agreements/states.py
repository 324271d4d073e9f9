"""The life of an agreement's case: which step leads from where to where. Nothing else in yibao decides this."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from yibao.core.errors import YibaoError
from yibao.core.ways import Way, way


class AgreementStepError(YibaoError):
    """The step does not fit the state of the case (当前状态不能办理)."""

    code: ClassVar[str] = "agreements.wrong_step"


class CaseState(models.TextChoices):
    """Where a case stands, from the draft of the application to the end of the agreement."""

    DRAFT = "draft", _("being prepared")
    SUBMITTED = "submitted", _("submitted")
    WANTING = "wanting", _("shortcomings told")
    SUPPLEMENTED = "supplemented", _("supplemented")
    COMPLETE = "complete", _("materials complete")
    ASSESSED = "assessed", _("assessed")
    NEGOTIATED = "negotiated", _("negotiated")
    TESTING = "testing", _("acceptance test asked for")
    ACCEPTED = "accepted", _("ready to be signed")
    OFFERED = "offered", _("text offered")
    SIGNED = "signed", _("signed by the institution")
    IN_FORCE = "in_force", _("agreement in force")
    SUSPENDED = "suspended", _("agreement suspended")
    RENEWED = "renewed", _("renewed by another agreement")
    EXITED = "exited", _("left")
    TERMINATED = "terminated", _("terminated")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("acceptance test failed")
    LAPSED = "lapsed", _("lapsed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class CaseStep(models.TextChoices):
    """What can happen to a case."""

    OPEN = "open", _("application begun")
    SUBMIT = "submit", _("application submitted")
    NOTIFY = "notify", _("notice of all shortcomings")
    SUPPLEMENT = "supplement", _("materials supplemented")
    COMPLETE = "complete", _("materials found complete")
    ASSESS = "assess", _("assessment passed")
    NEGOTIATE = "negotiate", _("negotiation concluded")
    ASK_TEST = "ask_test", _("acceptance test asked for")
    PASS_TEST = "pass_test", _("acceptance test passed")
    FAIL_TEST = "fail_test", _("acceptance test not passed")
    OFFER = "offer", _("text of the agreement offered")
    SIGN_INSTITUTION = "sign_institution", _("signed by the institution")
    SIGN_AGENCY = "sign_agency", _("signed by the agency")
    REFUSE = "refuse", _("refused")
    LAPSE = "lapse", _("lapsed")
    WITHDRAW = "withdraw", _("withdrawn")
    SUSPEND = "suspend", _("agreement suspended")
    RESUME = "resume", _("agreement resumed")
    EXIT = "exit", _("agreement left")
    TERMINATE = "terminate", _("agreement terminated")
    RENEW = "renew", _("renewed by another agreement")


S = CaseState
BEFORE_SIGNING: Final = frozenset(
    {
        S.DRAFT, S.SUBMITTED, S.WANTING, S.SUPPLEMENTED, S.COMPLETE, S.ASSESSED, S.NEGOTIATED, S.TESTING, S.ACCEPTED,
        S.OFFERED, S.SIGNED,
    }
)  # fmt: skip
"""States of an application that has not led to an agreement yet; one such case stands for each institution and kind."""


WAYS: Final[Mapping[CaseStep, Way[CaseState]]] = MappingProxyType(
    {
        CaseStep.OPEN: way(to=S.DRAFT),
        CaseStep.SUBMIT: way(S.DRAFT, to=S.SUBMITTED),
        CaseStep.NOTIFY: way(S.SUBMITTED, to=S.WANTING),
        CaseStep.SUPPLEMENT: way(S.WANTING, to=S.SUPPLEMENTED),
        CaseStep.COMPLETE: way(S.SUBMITTED, S.SUPPLEMENTED, to=S.COMPLETE),
        CaseStep.ASSESS: way(S.COMPLETE, to=S.ASSESSED),
        CaseStep.NEGOTIATE: way(S.COMPLETE, S.ASSESSED, to=S.NEGOTIATED),
        CaseStep.ASK_TEST: way(S.COMPLETE, S.ASSESSED, S.NEGOTIATED, to=S.TESTING),
        CaseStep.PASS_TEST: way(S.TESTING, to=S.ACCEPTED),
        CaseStep.FAIL_TEST: way(S.TESTING, to=S.FAILED),
        CaseStep.OFFER: way(S.COMPLETE, S.ASSESSED, S.NEGOTIATED, S.ACCEPTED, to=S.OFFERED),
        CaseStep.SIGN_INSTITUTION: way(S.OFFERED, to=S.SIGNED),
        CaseStep.SIGN_AGENCY: way(S.SIGNED, to=S.IN_FORCE),
        CaseStep.REFUSE: way(S.SUPPLEMENTED, S.COMPLETE, S.ASSESSED, S.NEGOTIATED, to=S.REFUSED),
        CaseStep.LAPSE: way(S.WANTING, S.COMPLETE, S.ASSESSED, S.NEGOTIATED, to=S.LAPSED),
        CaseStep.WITHDRAW: Way(BEFORE_SIGNING, S.WITHDRAWN),
        CaseStep.SUSPEND: way(S.IN_FORCE, to=S.SUSPENDED),
        CaseStep.RESUME: way(S.SUSPENDED, to=S.IN_FORCE),
        CaseStep.EXIT: way(S.IN_FORCE, S.SUSPENDED, to=S.EXITED),
        CaseStep.TERMINATE: way(S.IN_FORCE, S.SUSPENDED, to=S.TERMINATED),
        CaseStep.RENEW: way(S.IN_FORCE, to=S.RENEWED),
    }
)
"""Step → where it may be taken and where it leads."""

HOLDING: Final = frozenset({S.IN_FORCE, S.SUSPENDED})
"""States of a case whose agreement stands."""

TAKING_MATERIALS: Final = frozenset({S.DRAFT, S.WANTING})
"""States in which the institution brings materials: before it submits, and while shortcomings are told."""

INSTITUTION_STEPS: Final = frozenset(
    {
        CaseStep.OPEN, CaseStep.SUBMIT, CaseStep.SUPPLEMENT, CaseStep.ASK_TEST, CaseStep.SIGN_INSTITUTION,
        CaseStep.WITHDRAW,
    }
)  # fmt: skip
"""Steps that the institution takes; all others are the agency's."""

APPLYING_AGAIN: Final = frozenset({S.REFUSED, S.FAILED, S.LAPSED, S.WITHDRAWN, S.EXITED, S.TERMINATED})
"""States after which the institution may apply again."""


def state_after(state: str, step: CaseStep) -> CaseState:
    """The state that a step leads to.

    :raises AgreementStepError: the step cannot be taken in this state.
    """
    leading = WAYS[step]
    if state not in leading.sources:
        raise AgreementStepError(state=state, step=str(step.value))
    return leading.target


def possible_steps(state: str) -> frozenset[CaseStep]:
    """The steps that can be taken in a state."""
    return frozenset(step for step, leading in WAYS.items() if state in leading.sources)
