"""May a visit over the internet be settled: every rule is looked at, every one that is broken is named."""

from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that is broken, by the name under which the rulebook keeps its article, and the facts that show it."""

    rule: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VisitRules:
    """What the rulebook of the day says of visits; diseases are beginnings of diagnosis codes.

    `is_anywhere`: a visit at any physical institution counts as the earlier one, else only one at the visit's own.
    """

    same_disease_months: int
    same_disease_letters: int
    independent_years: int
    common_or_chronic: tuple[str, ...]
    payable_diseases: tuple[str, ...]
    voucher_kinds: frozenset[str]
    is_anywhere: bool


@dataclass(frozen=True, slots=True)
class PriorVisit:
    """An earlier visit in person that the records of the institutions show: its number, day and diagnosis codes."""

    visit_id: int
    institution_code: str
    is_own: bool
    day: date
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhysicianFacts:
    """What the registers say of the physician on the day of the visit.

    `independent_since`: the first day of practice on one's own, none where nobody recorded it; `suspended_until` the first
    day on which the agreement with the physician works again, none where it does.
    """

    code: str
    is_licensed: bool
    independent_since: date | None
    has_annex: bool
    suspended_until: date | None


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A visit over the internet as the records show it on its day; `main_code` is empty where no diagnosis came."""

    day: date
    voucher_kind: str
    main_code: str
    department: str
    offline_departments: Collection[str]
    internet_departments: Collection[str]
    is_designated: bool
    is_approved: bool
    has_agreement: bool
    physician: PhysicianFacts
    prior_visits: Sequence[PriorVisit]
    is_refused_before: bool = False


def check_visit(facts: VisitFacts, rules: VisitRules) -> list[Refusal]:
    """Name every rule that a visit breaks, in the order of the articles; none: it may be settled.

    Source: 天津市“互联网+”医疗服务医保支付管理办法(试行) 第五、九、十、十三、十五、十六、十八、二十条.
    """
    return [
        *_institution(facts),
        *_departments(facts),
        *_disease(facts, rules),
        *([] if facts.voucher_kind in rules.voucher_kinds else [Refusal("voucher", {"kind": facts.voucher_kind})]),
        *_physician(facts.day, facts.physician, rules),
        *_follow_up(facts, rules),
        *([Refusal("refused_before")] if facts.is_refused_before else []),
    ]


def prior_visit(facts: VisitFacts, rules: VisitRules) -> PriorVisit | None:
    """The latest earlier visit that makes this one a follow-up of the same disease; none where there is none.

    The window is of calendar months and holds its last day: 3 months after 31 August end with 30 November.
    """
    counted = [
        each
        for each in facts.prior_visits
        if (each.is_own or rules.is_anywhere)
        and each.day <= facts.day <= months_after(each.day, rules.same_disease_months)
        and _is_same_disease(facts.main_code, each.codes, rules.same_disease_letters)
    ]
    return max(counted, key=lambda each: (each.day, each.visit_id), default=None)


def months_after(day: date, months: int) -> date:
    """The day so many calendar months later; the month's last day where it has no such day (民法典 第二百零二条)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _institution(facts: VisitFacts) -> Iterator[Refusal]:
    """The physical institution is designated, approved for the internet, and has signed."""
    if not facts.is_designated:
        yield Refusal("designation")
    if not facts.is_approved:
        yield Refusal("approval")
    if not facts.has_agreement:
        yield Refusal("agreement")


def _departments(facts: VisitFacts) -> Iterator[Refusal]:
    """The department is one of the physical institution, and one of those on the internet."""
    if facts.department not in facts.offline_departments:
        yield Refusal("offline_department", {"department": facts.department})
    if facts.department not in facts.internet_departments:
        yield Refusal("internet_department", {"department": facts.department})


def _disease(facts: VisitFacts, rules: VisitRules) -> Iterator[Refusal]:
    """The disease is common or chronic, and on the list that is paid."""
    if not facts.main_code:
        yield Refusal("no_diagnosis")
        return
    if not facts.main_code.startswith(rules.common_or_chronic):
        yield Refusal("common_or_chronic", {"disease": facts.main_code})
    if not facts.main_code.startswith(rules.payable_diseases):
        yield Refusal("payable_disease", {"disease": facts.main_code})


def _physician(day: date, physician: PhysicianFacts, rules: VisitRules) -> Iterator[Refusal]:
    """The physician is licensed, has practised alone long enough, has signed, and is not suspended."""
    told = {"physician": physician.code}
    if not physician.is_licensed:
        yield Refusal("licence", told)
    since = physician.independent_since
    if since is None or months_after(since, 12 * rules.independent_years) > day:
        yield Refusal("experience", {**told, "years": rules.independent_years})
    if not physician.has_annex:
        yield Refusal("annex", told)
    if physician.suspended_until is not None and day < physician.suspended_until:
        yield Refusal("suspended", {**told, "until": physician.suspended_until.isoformat()})


def _follow_up(facts: VisitFacts, rules: VisitRules) -> Iterator[Refusal]:
    """The visit follows one in person for the same disease; what is nearest is told where it does not."""
    if not facts.main_code or prior_visit(facts, rules) is not None:
        return
    same = [
        each
        for each in facts.prior_visits
        if each.day <= facts.day and _is_same_disease(facts.main_code, each.codes, rules.same_disease_letters)
    ]
    told = {"disease": facts.main_code, "months": rules.same_disease_months}
    if not same:
        yield Refusal("follow_up", told)
        return
    nearest = max(same, key=lambda each: (each.is_own, each.day, each.visit_id))
    if nearest.is_own or rules.is_anywhere:
        yield Refusal("too_long_ago", {**told, "day": nearest.day.isoformat()})
    else:
        yield Refusal("seen_elsewhere", {**told, "institution": nearest.institution_code})


def _is_same_disease(code: str, others: Collection[str], letters: int) -> bool:
    """Whether a disease is among others, by the beginning of the code (ICD-10 类目)."""
    return bool(code) and any(other[:letters] == code[:letters] for other in others)
