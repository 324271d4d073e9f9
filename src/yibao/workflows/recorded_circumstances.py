"""What the records say of a visit when it is settled: where care counts as given, its disease, the plan held, a transfer, its parts.

Filings decide the place and the disease, the catalogue's marks the parts of the bill. What the law does not tell apart stays out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from yibao.core.divisions import is_within
from yibao.core.errors import YibaoError
from yibao.domains.reference.queries import choice
from yibao.domains.settlement.queries import BatchSums, VisitToSettle
from yibao.domains.settlement.transfer_chains import earlier_stays
from yibao.domains.storage import Raw
from yibao.engines.benefits import CompiledPolicy
from yibao.engines.benefits.tables import NATIONAL, ROW_CREDITS, ROW_LAYER, SPACE_EXTRAS_OF
from yibao.policies.traces import steps_from_plain
from yibao.workflows.benefit_circumstances import CHRONIC, care_of, is_chronic

UNRECOGNISED_KEY: Final = "filings.chronic_without_recognition"
"""Setting: what becomes of chronic care without a recognition, `refuse` (our default) or `ordinary` (settled as outpatient)."""
GAP_KEY: Final = "filings.transfer_gap_days"
GAP_DAYS: Final = 3
"""Setting and default: at most so many days between discharge and admission make one stay of a transfer (our default)."""
EMERGENCY_TYPES: Final = frozenset({"13", "24"})
"""Medical categories 急诊 and 急诊转住院: care elsewhere in an emergency counts as filed (国家跨省直接结算经办规程)."""
_PLACES: Final = ("filed", "referred", "emergency", "temporary")
"""Places elsewhere that something was filed for, the one that counts first in front."""
_PLACE_OF_REASON: Final = {
    "long_stay": "filed", "referral": "referred", "emergency": "emergency", "temporary": "temporary",
}  # fmt: skip
_ORDINARY: Final = "11"


class NotRecognisedError(YibaoError):
    """Chronic care of a disease that is not recognised for the person on the day (未办理门诊慢特病备案)."""

    code: ClassVar[str] = "filings.not_recognised"


class Filed(NamedTuple):
    """A filing as far as a settlement needs it."""

    id: int
    kind: str
    disease_code: str
    destination: str | None
    reason: str
    institution_code: str


_FILINGS: Final = msgspec.json.Decoder(list[Filed])


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Circumstances of a visit in the law's own names; `filings` are the numbers of those it stands on, amounts in fen."""

    care: str
    place: str
    disease: str
    plan: str
    extras: Mapping[str, int] = field(default_factory=dict)
    deductible_credit_fen: int = 0
    chained_stays: int = 0
    filings: tuple[int, ...] = ()


def circumstances_of(
    raw: Raw,
    policy: CompiledPolicy,
    visit: VisitToSettle,
    batches: Sequence[BatchSums],
    *,
    medical_type: str,
    is_place_decided: bool = False,
) -> Circumstances:
    """Read what a visit stands on; `is_place_decided` where an officer has decided what place it counts as.

    Only a stay after a referral, in a region whose law carries the deductible over, asks the database anything.
    :raises NotRecognisedError: chronic care of a disease that nobody recognised.
    """
    filed = filed_facts(visit.filings)
    place, by_place = (visit.place, None) if is_place_decided else place_of(visit, filed, medical_type)
    care, disease, by_disease = _care(policy, visit, filed, medical_type)
    care, extras = _parts(policy, visit, batches, care)
    credit_fen, chained, by_transfer = _transferred(raw, policy, visit, filed)
    numbers = {each.id for each in (by_place, by_disease, by_transfer) if each is not None}
    return Circumstances(
        care=care,
        place=place_in_law(policy, place),
        disease=disease,
        plan=visit.plan if visit.plan in policy.plans else policy.plans[0],
        extras=extras,
        deductible_credit_fen=credit_fen,
        chained_stays=chained,
        filings=tuple(sorted(numbers)),
    )


def facts_beyond(policy: CompiledPolicy, visit: VisitToSettle, found: Circumstances) -> dict[str, Any]:
    """What of the circumstances is not what the visit alone would give; nothing for most visits."""
    facts: dict[str, Any] = {}
    if found.care != care_of(policy, visit.care, visit.medical_type):
        facts["care"] = found.care
    if found.place != place_in_law(policy, visit.place):
        facts["place"] = found.place
    if found.disease != policy.diseases[0]:
        facts["disease"] = found.disease
    if found.plan != policy.plans[0]:
        facts["plan"] = found.plan
    more = (
        ("extras", dict(found.extras)), ("deductible_credit_fen", found.deductible_credit_fen),
        ("chained_stays", found.chained_stays), ("filings", list(found.filings)),
    )  # fmt: skip
    return {**facts, **{name: value for name, value in more if value}}


def filed_facts(filings: str | None) -> list[Filed]:
    """Filings from the JSON that the visit was read with."""
    return _FILINGS.decode(filings) if filings else []


def place_of(visit: VisitToSettle, filed: Sequence[Filed], medical_type: str) -> tuple[str, Filed | None]:
    """Where care counts as given, and the filing that says so; an emergency needs none."""
    if visit.place == "local":
        return "local", None
    is_emergency = medical_type in EMERGENCY_TYPES or visit.is_emergency
    place, each = place_by_filings(
        filed, division=visit.place_division, institution_code=visit.institution_code, is_emergency=is_emergency
    )
    return place or visit.place, each


def place_by_filings(
    filed: Sequence[Filed], *, division: str, institution_code: str, is_emergency: bool
) -> tuple[str | None, Filed | None]:
    """What filings and an emergency make of care elsewhere at an institution, and the filing that says so; none: nothing does."""
    here = ((_filed_place(each, division, institution_code), each) for each in filed)
    found = [(place, each) for place, each in here if place is not None]
    if found:
        place, each = min(found, key=lambda pair: _PLACES.index(pair[0]))
        if place != "temporary":
            return place, each
    if is_emergency:
        return "emergency", None
    return found[0] if found else (None, None)


def _filed_place(each: Filed, division: str, institution_code: str) -> str | None:
    """What a filing makes of care at this institution; none where it is about something else."""
    covers = each.destination is not None and is_within(division, each.destination)
    if each.kind == "elsewhere" and covers:
        return _PLACE_OF_REASON[each.reason]
    if each.kind == "transfer" and (covers or each.institution_code == institution_code):
        return "referred"
    return None


def place_in_law(policy: CompiledPolicy, place: str) -> str:
    """The law's own place: one that tells no kinds of filing apart knows filed and unfiled only.

    The national notice lets a region take up to ten points off after a referral or in an emergency, up to twenty from
    other temporary care (医保发〔2022〕22号): where the law tells these apart, temporary care has the twenty of `unfiled`.
    """
    if place in policy.places:
        return place
    if place == "temporary" and "referred" in policy.places:
        return "unfiled"
    return "filed" if place in _PLACES and "filed" in policy.places else place


def _care(
    policy: CompiledPolicy, visit: VisitToSettle, filed: Sequence[Filed], medical_type: str
) -> tuple[str, str, Filed | None]:
    """Kind of care and disease: chronic care needs a recognition wherever the law treats it or the disease apart."""
    care, none = care_of(policy, visit.care, medical_type), policy.diseases[0]
    knows_diseases = len(policy.diseases) > 1
    if is_chronic(visit.care, medical_type) and (care == CHRONIC or knows_diseases):
        found = _recognised(policy, filed, visit.disease_code)
        if found is not None:
            group = policy.disease_of(found.disease_code)
            unknown = found.disease_code if care == CHRONIC and knows_diseases else none
            return care, (group or unknown) if knows_diseases else none, found
        if choice(UNRECOGNISED_KEY, "refuse") != "ordinary":
            raise NotRecognisedError(field="dise_codg", disease=visit.disease_code or "", day=visit.benefit_date)
        return care_of(policy, visit.care, _ORDINARY), none, None
    if visit.care == "inpatient" and knows_diseases and visit.disease_code:
        found = _recognised(policy, filed, visit.disease_code)
        group = policy.disease_of(found.disease_code) if found else None
        return care, group or none, found if group else None
    return care, none, None


def _recognised(policy: CompiledPolicy, filed: Sequence[Filed], code: str | None) -> Filed | None:
    """The recognition that a disease code means; without a code the only one that there is."""
    held = [each for each in filed if each.kind == "recognition"]
    if not code:
        return held[0] if len(held) == 1 else None
    group = policy.disease_of(code)
    same = [each for each in held if each.disease_code == code]
    alike = [each for each in held if group is not None and policy.disease_of(each.disease_code) == group]
    return next(iter((*same, *alike)), None)


def _parts(
    policy: CompiledPolicy, visit: VisitToSettle, batches: Sequence[BatchSums], care: str
) -> tuple[str, dict[str, int]]:
    """Kind of care and carved-out parts by the marks of the lines: a bill of negotiated drugs alone is care of its own."""
    marked = [line for batch in batches if batch.marked for line in msgspec.json.decode(batch.marked)]
    if not marked:
        return care, {}
    marks = {mark for mark, *_ in marked}
    if visit.care == "outpatient" or visit.is_dual_channel:
        kinds = [mark for mark in marks if mark in policy.index["care"]]
        if len(marks) == 1 and kinds and len(marked) == sum(batch.lines for batch in batches):
            return kinds[0], {}
    extras: dict[str, int] = {}
    for mark, full_fen, over_fen, first_fen, scope_fen in marked:
        if mark in policy.components:
            parts = {"in_scope": scope_fen, "self_pay_first": first_fen, "over_ceiling": over_fen}
            extras[mark] = extras.get(mark, 0) + parts.get(_carved_of(policy, mark), full_fen)
    return care, {mark: fen for mark, fen in extras.items() if fen}


def _carved_of(policy: CompiledPolicy, component: str) -> str:
    """The national part that a component is carved out of."""
    bit = 1 << policy.components.index(component)
    return next(part for k, part in enumerate(NATIONAL) if int(policy.space[SPACE_EXTRAS_OF + k]) & bit)


def _transferred(
    raw: Raw, policy: CompiledPolicy, visit: VisitToSettle, filed: Sequence[Filed]
) -> tuple[int, int, Filed | None]:
    """What was borne as deductible before a transfer, how many stays of the year it continues, and the referral."""
    here = [each for each in filed if each.kind == "transfer" and each.institution_code == visit.institution_code]
    layers = {policy.layers[row[ROW_LAYER]] for row in policy.rows_read if row[ROW_CREDITS]}
    if visit.care != "inpatient" or not here or not layers:
        return 0, 0, None
    stays = earlier_stays(raw, visit_id=visit.visit_id, gap_days=int(choice(GAP_KEY, GAP_DAYS)))
    borne_fen = sum(
        step.deductible_fen for stay in stays for step in steps_from_plain(stay.trace) if step.layer in layers
    )
    year, _ = policy.benefit_time(visit.benefit_date)
    same_year = {stay.visit_id for stay in stays if stay.benefit_year == year}
    return borne_fen, len(same_year), here[0] if stays else None
