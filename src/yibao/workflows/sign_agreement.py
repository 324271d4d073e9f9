"""Sign an agreement online (网上签约): the text from the uniform template, the institution's signature, then the agency's.

When the second signature stands the agreement begins: a designation enters the register of institutions, a renewal ends the
case that it follows.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.agreements.deadlines import day_after_term
from yibao.domains.agreements.models import Agreement, AgreementCase, AgreementKind, Party, SigningKey
from yibao.domains.agreements.operations import (
    CaseAct,
    NotThisPartyError,
    locked_case,
    officer_who_found_complete,
    party_of,
    take_step,
)
from yibao.domains.agreements.queries import is_designated_on
from yibao.domains.agreements.signing import (
    draw_up,
    let_begin,
    make_signing_key,
    register_public_key,
    sign_agreement,
    signing_key,
)
from yibao.domains.agreements.states import CaseState, CaseStep, state_after
from yibao.domains.institutions.operations import designate_again
from yibao.policies.agreement_library import NATION, ROOT, AppliedProcedure
from yibao.policies.agreement_texts import TEMPLATES_FILE, Template, read_templates
from yibao.workflows.apply_for_agreement import law_of_case, require_stage, stage_clock


class SameAgreementOfficerError(YibaoError):
    """Who found the materials complete does not sign for the agency (不相容岗位分离)."""

    code: ClassVar[str] = "agreements.same_officer"


class BaseAgreementMissingError(YibaoError):
    """The designation that this agreement stands on is not in force on its first day."""

    code: ClassVar[str] = "agreements.base_missing"


class BeginsTooEarlyError(YibaoError):
    """An agreement begins today or later, a renewal when the one before ends."""

    code: ClassVar[str] = "agreements.begins_too_early"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedText:
    """What the agency fills into the uniform text: number and first day; without a number it is given one."""

    number: str
    valid_from: date


@transaction.atomic
def offer_text(case_id: int, wish: OfferedText, act: CaseAct) -> Agreement:
    """Draw the agreement up from the uniform text of its kind and offer it for signature.

    :raises AgreementStepError: a stage before it is not done.
    :raises BeginsTooEarlyError, AgreementNumberUsedError, BaseAgreementMissingError: nothing was written.
    """
    case = locked_case(case_id, act.member)
    law = law_of_case(case)
    require_stage(case, law.procedure.path, None)
    day = localdate(act.at)
    earliest = case.renews.valid_until if case.renews else day
    if wish.valid_from < earliest:
        raise BeginsTooEarlyError(earliest=earliest.isoformat())
    term = law.procedure.life.term
    until = day_after_term(wish.valid_from, term.value, term.unit)
    number = wish.number.strip() or f"{case.region_id}-{case.kind}-{day:%Y}-{case.pk}"
    content = _text(case, law, number=number, valid_from=wish.valid_from, until=until)
    agreement = draw_up(
        case, number=number, content=content, valid_from=wish.valid_from, valid_until=until, at=act.at
    )  # fmt: skip
    clock = stage_clock("sign", law.procedure.stages.sign, case.clock_from or day)
    take_step(case, CaseStep.OFFER, act, clock=clock)
    return agreement


def _text(case: AgreementCase, law: AppliedProcedure, *, number: str, valid_from: date, until: date) -> dict[str, Any]:
    """The uniform text filled in, Chinese and English, with what it was made from."""
    template: Template = read_templates(ROOT / NATION / TEMPLATES_FILE)[law.procedure.template]
    basis = "、".join(law.documents)
    facts = {
        "number": number,
        "institution": case.institution.name,
        "institution_code": case.institution.code,
        "practitioner": case.practitioner.name if case.practitioner else "",
        "practitioner_code": case.practitioner.code if case.practitioner else "",
        "agency": f"{case.region.name}医疗保障经办机构",
        "basis": basis,
        "valid_from": valid_from.isoformat(),
        "last_day": date.fromordinal(until.toordinal() - 1).isoformat(),
    }
    return {
        "template": law.procedure.template,
        "number": number,
        "title": {"zh": template.title.zh, "en": template.title.en},
        "clauses": [
            {"part": clause.part, "zh": clause.zh.format_map(facts), "en": clause.en.format_map(facts)}
            for clause in template.clauses
        ],
        "acceptance": case.report.digest if case.report else "",
    }


@transaction.atomic
def sign_for_institution(case_id: int, *, signature: str, act: CaseAct) -> Agreement:
    """Sign for the institution: by its key that is kept here, or with the signature that its own system made.

    :raises NoSigningKeyError, OwnKeySignsElsewhereError, SignatureDoesNotFitError: nothing was written.
    """
    case = locked_case(case_id, act.member)
    state_after(case.state, CaseStep.SIGN_INSTITUTION)
    agreement = Agreement.objects.select_related("case").get(case=case)
    take_step(case, CaseStep.SIGN_INSTITUTION, act, **_same_clock(case))
    sign_agreement(agreement, party=Party.INSTITUTION, signature=signature, act=act)
    return agreement


@transaction.atomic
def sign_for_agency(case_id: int, act: CaseAct) -> Agreement:
    """Sign for the agency; the agreement then begins on its day.

    :raises SameAgreementOfficerError: the officer found the materials complete.
    :raises BaseAgreementMissingError: there is no designation in force on the first day.
    :raises AgreementOverlapError: another agreement of the kind covers a part of the days.
    """
    case = locked_case(case_id, act.member)
    state_after(case.state, CaseStep.SIGN_AGENCY)
    if officer_who_found_complete(case) == act.member.pk:
        raise SameAgreementOfficerError(officer=act.member.user.get_username())
    agreement = Agreement.objects.select_related("case").get(case=case)
    _require_base(agreement)
    take_step(case, CaseStep.SIGN_AGENCY, act)
    key_for_agency(region=case.region_id, act=act)
    sign_agreement(agreement, party=Party.AGENCY, signature="", act=act)
    let_begin(agreement, at=act.at)
    if agreement.kind == AgreementKind.DESIGNATION:
        designate_again(institution_id=agreement.institution_id, on=agreement.valid_from)
    if case.renews_id is not None:
        before = AgreementCase.objects.select_for_update().get(agreement=case.renews_id)
        if before.state == CaseState.IN_FORCE:
            take_step(before, CaseStep.RENEW, act)
    return agreement


def _same_clock(case: AgreementCase) -> dict[str, Any]:
    """The columns of the clock as they are: a signature does not stop it."""
    return {
        name: getattr(case, name) for name in ("clock_stage", "clock_from", "clock_value", "clock_unit")
    }  # fmt: skip


def _require_base(agreement: Agreement) -> None:
    """A supplement and an annex stand on a designation that holds on their first day."""
    if agreement.kind == AgreementKind.DESIGNATION:
        return
    if not is_designated_on(agreement.institution_id, agreement.valid_from):
        raise BaseAgreementMissingError(day=agreement.valid_from.isoformat())


@transaction.atomic
def key_for_agency(*, region: str, act: CaseAct) -> SigningKey:
    """The agency's key, made when it signs for the first time."""
    held = signing_key(party=Party.AGENCY, region=region, institution_id=None)
    return held or make_signing_key(party=Party.AGENCY, region=region, institution_id=None, at=act.at)


@transaction.atomic
def key_for_institution(*, public_key: str, act: CaseAct) -> SigningKey:
    """Let the platform keep a signing key for the member's institution, or take the public half of its own.

    :raises NotThisPartyError: the member is none of an institution's.
    :raises yibao.core.sm2.UnreadableKeyError: what was typed is no public key.
    """
    party = party_of(act.member)
    institution_id, region = act.member.institution_id, act.member.region_id
    if party is not Party.INSTITUTION or institution_id is None:
        raise NotThisPartyError(user=act.member.user.get_username())
    if public_key.strip():
        return register_public_key(region=region, institution_id=institution_id, public_key=public_key, at=act.at)
    return make_signing_key(party=Party.INSTITUTION, region=region, institution_id=institution_id, at=act.at)
