"""The rulebook of care over the internet ("互联网+"医疗服务医保支付): <region>/internet_care.yaml, as it holds on a day.

A region either states all of it, or continues a rulebook by a decision of its own and states what differs; one that continues
its own after it ended does so in internet_care_continued.yaml.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, cast

from msgspec import Meta

from yibao.core.money import PPM
from yibao.core.period import Period
from yibao.engines.internet_care import AuditRules, ItemRules, VisitRules
from yibao.policies.documents import Document, read_document
from yibao.policies.errors import NoPolicyError, PolicyError, Problem
from yibao.policies.facts import (
    Fact,
    FactFile,
    FactLaw,
    FactValue,
    Unit,
    place_value,
    read_facts,
    repeated_clauses,
)
from yibao.policies.language import Name, Source, Sourced, Strict, Text, parse
from yibao.policies.law import Clause

ROOT: Final = Path(__file__).parent
INTERNET_FILE: Final = "internet_care.yaml"
CONTINUED_FILE: Final = "internet_care_continued.yaml"
TOPIC: Final = "internet_care"
EXPECTED: Final[Mapping[str, Unit]] = {
    "in_force": "yes_no",
    "offline_services_only": "yes_no",
    "medical_types": "codes",
    "designation": "yes_no",
    "approval": "yes_no",
    "agreement": "yes_no",
    "guided_prices": "yuan_by_kind",
    "price_makers": "codes",
    "market_price_if_not_public": "yes_no",
    "item_conditions": "codes",
    "excluded_kinds": "codes",
    "alike": "percent",
    "departments": "yes_no",
    "common_or_chronic": "codes",
    "payable_diseases": "codes",
    "prescription": "yes_no",
    "never_paid_marks": "codes",
    "voucher_kinds": "codes",
    "shared_budget": "yes_no",
    "licence": "yes_no",
    "independent_years": "years",
    "annex": "yes_no",
    "separate_cost": "yes_no",
    "payable_services": "codes",
    "barred_drugs": "codes",
    "quantity": "count",
    "repeat_days": "days",
    "same_disease_months": "months",
    "same_disease_letters": "count",
    "prior_visit_anywhere": "yes_no",
    "physician_visits_day": "count",
    "person_visits_month": "count",
    "refused_not_paid": "yes_no",
    "record": "yes_no",
    "mechanisms": "codes",
    "record_minutes": "count",
    "prescription_minutes": "count",
    "purchase_minutes": "count",
    "real_name_minutes": "count",
}
"""What every rulebook says, in the order of the articles of Tianjin's."""
PRICE_MAKERS: Final = frozenset({"medical_security", "health"})
"""The bodies whose documents a price standard stands on (医疗保障局会同卫生健康委)."""
KEY_OF_RULE: Final[Mapping[str, str]] = {
    "offline_department": "departments",
    "internet_department": "departments",
    "no_diagnosis": "common_or_chronic",
    "payable_disease": "payable_diseases",
    "voucher": "voucher_kinds",
    "experience": "independent_years",
    "suspended": "annex",
    "follow_up": "same_disease_months",
    "too_long_ago": "same_disease_months",
    "seen_elsewhere": "same_disease_months",
    "empty_prior": "same_disease_months",
    "refused_before": "refused_not_paid",
    "payable_service": "payable_services",
    "barred_drug": "barred_drugs",
    "guided_price": "guided_prices",
    "false_identity": "voucher_kinds",
    "no_record": "record",
    "mechanism": "mechanisms",
    "closely_audited": "physician_visits_day",
    "no_prescription": "prescription",
    "physician_visits": "physician_visits_day",
    "person_visits": "person_visits_month",
    "over_quantity": "quantity",
    "repeated_drug": "repeat_days",
    "duplicate": "payable_services",
    "between_institutions": "excluded_kinds",
    "excluded_kind": "excluded_kinds",
    "sounds_excluded": "excluded_kinds",
    "renamed": "alike",
    "reworded": "alike",
    "split": "alike",
    "steps_added": "alike",
}
"""Which value of the rulebook a broken rule stands on, where it is not the one of the same name."""
_CONDITION: Final = "condition_"
_LEVEL_MARK: Final = ":"


class ContinuedFile(Strict, frozen=True):
    """A file that continues a rulebook, as it stood on the day `as_of`, by a document of its own, but for some values."""

    topic: Name
    region: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    title: Text
    effective_from: date
    effective_until: date | None
    continues: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    as_of: date
    decision: Sourced
    sources: dict[Name, Source]
    values: list[FactValue]


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """A region's rulebook as it holds on a day; `clauses` say for each value which article of which document it is."""

    region: str
    title: Text
    values: Mapping[str, Any]
    clauses: Mapping[str, Clause]

    def clause_of(self, rule: str) -> Clause:
        """The article that a broken rule stands in."""
        key = "item_conditions" if rule.startswith(_CONDITION) else KEY_OF_RULE.get(rule, rule)
        return self.clauses[key]

    @property
    def document(self) -> str:
        """The document that is in force."""
        return self.clauses["in_force"].document or ""

    def visit_rules(self) -> VisitRules:
        """What `check_visit` needs."""
        said = self.values
        return VisitRules(
            same_disease_months=said["same_disease_months"],
            same_disease_letters=said["same_disease_letters"],
            independent_years=said["independent_years"],
            common_or_chronic=said["common_or_chronic"],
            payable_diseases=said["payable_diseases"],
            voucher_kinds=frozenset(said["voucher_kinds"]),
            is_anywhere=said["prior_visit_anywhere"],
        )

    def item_rules(self) -> ItemRules:
        """What `check_item` needs."""
        said = self.values
        return ItemRules(said["item_conditions"], frozenset(said["excluded_kinds"]), said["alike"])

    def audit_rules(self) -> AuditRules:
        """What `audit_visit` needs."""
        said = self.values
        return AuditRules(
            repeat_days=said["repeat_days"],
            physician_visits_day=said["physician_visits_day"],
            person_visits_month=said["person_visits_month"],
            quantity=said["quantity"],
        )

    def upload_minutes(self) -> dict[str, int]:
        """Within how many minutes each kind of record is uploaded (实时上传), by kind."""
        kinds = ("real_name", "record", "prescription", "purchase")
        return {kind: self.values[f"{kind}_minutes"] for kind in kinds}

    def guided_prices(self) -> dict[tuple[str, str], int]:
        """The guided prices that the rulebook itself publishes: fen by item code and level of institution."""
        return {
            (code, level): fen
            for key, fen in self.values["guided_prices"].items()
            for code, _, level in (key.partition(_LEVEL_MARK),)
        }


def internet_regions(root: Path = ROOT) -> tuple[str, ...]:
    """The regions that have a rulebook."""
    return tuple(path.parent.name for path in sorted(root.glob(f"*/{INTERNET_FILE}")))


def rulebook_on(region: str, day: date) -> Rulebook:
    """A region's rulebook as it holds on a day.

    :raises NoPolicyError: the region has none, or none that is in force on that day.
    """
    return _on(region, _stretch(region, day))


def latest_rulebook(region: str) -> Rulebook:
    """The last rulebook that a region had, for saying under which document nothing is in force on some other day.

    :raises NoPolicyError: it never had one.
    """
    laws = _laws(region)
    if not laws:
        raise NoPolicyError(region=region, scheme=TOPIC, on="")
    return _on(region, max(period.start for _, period, _ in laws[-1].placed))


def is_internet_type(region: str, medical_type: str, day: date) -> bool:
    """Whether a medical category (医疗类别) marks a visit over the internet in a region on a day; outside its days by the last known codes."""
    return medical_type in _types(region, day)


def marked_types() -> frozenset[str]:
    """Every medical category by which some region marks visits over the internet, whenever."""
    return frozenset(code for region in internet_regions() for code in _all_types(region))


def check_rulebook(path: Path) -> FactLaw:
    """Read a region's file and refuse what cannot be law.

    :raises PolicyError: with every problem, its file and line.
    """
    document = read_document(path, f"{path.parent.name}/{path.name}")
    if isinstance(document.content, dict) and "continues" in document.content:
        law = _continued(path, document)
    else:
        law = read_facts(path, EXPECTED)
    problems = _problems(document, law)
    if problems:
        raise PolicyError(tuple(problems))
    return law


@lru_cache(maxsize=64)
def _laws(region: str) -> tuple[FactLaw, ...]:
    """Read a region's files once, the one that continues after the other."""
    paths = [ROOT / region / name for name in (INTERNET_FILE, CONTINUED_FILE)]
    return tuple(check_rulebook(path) for path in paths if path.is_file())


def _law_on(region: str, day: date) -> FactLaw:
    """The file that says what holds on a day.

    :raises NoPolicyError: none does.
    """
    for law in _laws(region):
        if day in Period(law.file.effective_from, law.file.effective_until):
            return law
    raise NoPolicyError(region=region, scheme=TOPIC, on=day.isoformat())


@lru_cache(maxsize=4096)
def _stretch(region: str, day: date) -> date:
    """The first day of the stretch of time, in which nothing changes, that holds this day.

    :raises NoPolicyError: as `rulebook_on`.
    """
    law = _law_on(region, day)
    return max(period.start for _, period, _ in law.placed if period.start <= day)


@lru_cache(maxsize=128)
def _on(region: str, first_day: date) -> Rulebook:
    """The rulebook of a stretch of time."""
    law = _law_on(region, first_day)
    facts = law.on(first_day)
    return Rulebook(
        region=region,
        title=law.file.title,
        values={key: fact.value for key, fact in facts.items()},
        clauses={key: fact.clause for key, fact in facts.items()},
    )


@lru_cache(maxsize=8192)
def _types(region: str, day: date) -> frozenset[str]:
    """The medical categories of a region's internet visits on a day; those of its other days where nothing is in force."""
    try:
        return frozenset(rulebook_on(region, day).values["medical_types"])
    except NoPolicyError:
        return _all_types(region)


@lru_cache(maxsize=64)
def _all_types(region: str) -> frozenset[str]:
    """The medical categories of a region's internet visits on any day; none where it has no rulebook."""
    said = [fact.value for law in _laws(region) for key, _, fact in law.placed if key == "medical_types"]
    return frozenset(code for codes in said for code in codes)


def _continued(path: Path, document: Document) -> FactLaw:
    """What a file says that continues another region's rulebook: the other's values of its first day, and its own."""
    file = parse(document, ContinuedFile)
    problems: list[Problem] = []
    if file.region != path.parent.name:
        problems.append(document.problem("wrong_folder", f"{file.region} lies in {path.parent.name}", "region"))
    if file.decision.source not in file.sources:
        problems.append(document.problem("unknown_source", str(file.decision.source), "decision", "source"))
    base = path.parent.parent / file.continues / INTERNET_FILE
    if base == path or not base.is_file():
        problems.append(document.problem("unknown_code", f"{file.continues} has no rulebook", "continues"))
    own = [
        placed
        for place in range(len(file.values))
        if (placed := place_value(document, file, place, expected=EXPECTED, problems=problems)) is not None
    ]
    problems += repeated_clauses(document, file)
    if problems:
        raise PolicyError(tuple(problems))
    whole = Period(file.effective_from, file.effective_until)
    said = {key for key, _, _ in own}
    continued = check_rulebook(base)
    ends = continued.file.effective_until
    if file.continues == file.region and (ends is None or file.effective_from < ends):
        raise PolicyError((document.problem("overlap", f"{base.name} ends {ends}", "effective_from"),))
    taken = continued.on(file.as_of)
    kept = [(key, whole, _taken_over(file, fact)) for key, fact in taken.items() if key not in said]
    head = FactFile(
        topic=file.topic, region=file.region, title=file.title, effective_from=file.effective_from,
        effective_until=file.effective_until, sources=file.sources, values=file.values,
    )  # fmt: skip
    return FactLaw(head, document.name, (*kept, *((key, whole, fact) for key, _, fact in own)))


def _taken_over(file: ContinuedFile, fact: Fact) -> Fact:
    """A value of another region's rulebook under the region's own document, at the same article."""
    decision, source = file.decision, file.sources[cast("str", file.decision.source)]
    clause, origin = fact.clause, f"{fact.clause.document or '-'} {fact.clause.article or ''}".strip()
    note = f"{decision.note} ({file.continues}: {origin}, {clause.trust}) {clause.note}"
    return Fact(
        fact.value,
        Clause(f"{decision.clause}-{clause.id}", source.document, clause.article, source.link, decision.trust, note),
    )


def _problems(document: Document, law: FactLaw) -> list[Problem]:
    """What cannot be law although each value can be read."""
    problems = []
    for key, period, fact in law.placed:
        if key in {"medical_types", "payable_diseases", "voucher_kinds", "item_conditions"} and not fact.value:
            problems.append(document.problem("no_value", f"{key} names nothing from {period.start}", "values"))
        if key == "price_makers" and set(fact.value) != PRICE_MAKERS:
            problems.append(document.problem("unknown_code", f"price makers are {', '.join(PRICE_MAKERS)}", "values"))
        if key == "alike" and not 0 < fact.value <= PPM:
            problems.append(document.problem("no_value", "likeness is above nought", "values"))
        if key == "guided_prices" and not all(_LEVEL_MARK in named and fen for named, fen in fact.value.items()):
            problems.append(
                document.problem("no_value", "a guided price is named code:level and is positive", "values")
            )
    problems += _unreached_diseases(document, law)
    return problems


def _unreached_diseases(document: Document, law: FactLaw) -> list[Problem]:
    """Diseases that are paid but neither common nor chronic could never be paid."""
    problems = []
    for day in sorted({period.start for _, period, _ in law.placed}):
        said = {key: fact.value for key, fact in law.on(day).items()}
        lost = [code for code in said["payable_diseases"] if not code.startswith(said["common_or_chronic"])]
        if lost:
            problems.append(document.problem("never_holds", f"{', '.join(lost)}: not common or chronic", "values"))
    return problems
