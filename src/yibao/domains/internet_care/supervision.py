"""What the internet practice of institutions looks like: queues, indicators for their assessment, violations to be disclosed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate

from yibao.domains.institutions.models import Institution
from yibao.domains.internet_care.auditing import standing
from yibao.domains.internet_care.models import AuditRun, Review, Verification
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.queries import Scope
from yibao.domains.storage import Raw, ask

STATES = ("open", "refused", "done", "clean")
"""How an audited settlement stands: waiting for a reviewer, for a second officer, decided, or nothing was found."""
_STANDS = {
    "open": Q(findings__isnull=False, review=None),
    "refused": Q(review__verdict=Review.Verdict.REFUSE, review__verification=None),
    "done": Q(review__verdict=Review.Verdict.APPROVE) | Q(review__verification__isnull=False),
    "clean": Q(findings=None),
}


def audits_in(scope: Scope, *, state: str) -> "QuerySet[AuditRun]":
    """The audited settlements of a state in a member's sight, oldest first: whoever waits longest is looked at first."""
    found = AuditRun.objects.filter(_STANDS[state], settlement__institution__division__pooling_region=scope.region)
    if scope.institution_id is not None:
        found = found.filter(settlement__institution_id=scope.institution_id)
    return (
        found.distinct()
        .select_related("settlement__institution__division", "settlement__person", "settlement__visit", "review")
        .prefetch_related("findings")
        .order_by("pk")
    )


def undecided_in(
    *, institution_id: int, first_day: date, last_day: date, medical_types: Collection[str]
) -> tuple[int, int]:
    """Of an institution's standing visits over the internet settled on these days: how many no audit looked at, how many wait."""
    visits = standing(
        Settlement.objects.filter(
            institution_id=institution_id,
            visit__medical_type__in=list(medical_types),
            settled_at__date__gte=first_day,
            settled_at__date__lte=last_day,
        )
    )
    waiting = Q(internet_audit__in=AuditRun.objects.filter(_STANDS["open"] | _STANDS["refused"]))
    return visits.filter(internet_audit=None).count(), visits.filter(waiting).distinct().count()


def counts_by_state(scope: Scope) -> dict[str, int]:
    """How many audited settlements stand in each state."""
    return {state: audits_in(scope, state=state).count() for state in STATES}


@dataclass(frozen=True, slots=True, kw_only=True)
class InternetIndicators:
    """An institution's practice over the internet in a period, for its assessment (协议考核); money in fen.

    `online_visits` and cost are of standing settlements; `found` counts settlements with findings, `violations` those of
    them that were verified, `deducted_fen` what was deducted for them.
    """

    institution_id: int
    online_visits: int
    online_total_fen: int
    online_fund_fen: int
    all_fund_fen: int
    audited: int
    found: int
    violations: int
    deducted_fen: int

    @property
    def violation_ppm(self) -> int:
        """The share of audited visits with a verified violation, in millionths."""
        return self.violations * 1_000_000 // self.audited if self.audited else 0

    @property
    def online_share_ppm(self) -> int:
        """The share of the funds' money that was spent online, in millionths."""
        return self.online_fund_fen * 1_000_000 // self.all_fund_fen if self.all_fund_fen > 0 else 0


def internet_indicators(
    raw: Raw, *, institution_id: int, medical_types: Collection[str], first_day: date, last_day: date
) -> InternetIndicators:
    """What an institution's practice over the internet came to from the first to the last day, by the day of settling."""
    row = ask(
        raw,
        "SELECT count(*) FILTER (WHERE v.medical_type = ANY (%s::text[]) AND s.kind <> 'reversal')"
        "   - count(*) FILTER (WHERE v.medical_type = ANY (%s::text[]) AND s.kind = 'reversal'),"
        " COALESCE(sum(s.total_fen) FILTER (WHERE v.medical_type = ANY (%s::text[])), 0)::bigint,"
        " COALESCE(sum(s.fund_fen) FILTER (WHERE v.medical_type = ANY (%s::text[])), 0)::bigint,"
        " COALESCE(sum(s.fund_fen), 0)::bigint FROM settlement_settlement s JOIN visits_visit v ON v.id = s.visit_id"
        " WHERE s.institution_id = %s AND (s.settled_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %s AND %s",
        (*[list(medical_types)] * 4, institution_id, first_day, last_day),
    ).fetchone()
    assert row is not None
    runs = AuditRun.objects.filter(
        settlement__institution_id=institution_id,
        settlement__settled_at__date__gte=first_day,
        settlement__settled_at__date__lte=last_day,
    )
    verified = Verification.objects.filter(is_verified=True, review__audit__in=runs)
    counted = runs.aggregate(all=Count("pk", distinct=True), found=Count("findings__audit", distinct=True))
    return InternetIndicators(
        institution_id=institution_id,
        online_visits=row[0],
        online_total_fen=row[1],
        online_fund_fen=row[2],
        all_fund_fen=row[3],
        audited=counted["all"],
        found=counted["found"],
        violations=verified.count(),
        deducted_fen=sum(each.deducted_fen for each in verified),
    )


@dataclass(frozen=True, slots=True)
class PublishedViolation:
    """A verified violation as the public reads it (公开违法违规案件): the institution, the rules, the money; no patient."""

    number: int
    institution_code: str
    institution_name: str
    verified_on: date
    rules: tuple[str, ...]
    articles: tuple[str, ...]
    route: str
    deducted_fen: int


def published_violations(
    *, region: str, first_day: date | None = None, last_day: date | None = None
) -> list[PublishedViolation]:
    """The verified violations of a region, newest first, of some days where they are named (第二十三条)."""
    found = Verification.objects.filter(
        is_verified=True, review__audit__settlement__institution__division__pooling_region=region
    )
    if first_day is not None:
        found = found.filter(verified_at__date__gte=first_day)
    if last_day is not None:
        found = found.filter(verified_at__date__lte=last_day)
    rows = (
        found.select_related("review__audit__settlement__institution")
        .prefetch_related("review__audit__findings")
        .order_by("-pk")
    )
    return [_published(row) for row in rows]


def institution_violations(institution: Institution, *, first_day: date, last_day: date) -> list[PublishedViolation]:
    """An institution's verified violations of some days, for agreement handling and notices to other departments (第二十四条)."""
    region = institution.division.pooling_region
    found = published_violations(region=region, first_day=first_day, last_day=last_day)
    return [each for each in found if each.institution_code == institution.code]


def _published(row: Verification) -> PublishedViolation:
    """One violation without anything of the patient."""
    audit = row.review.audit
    findings = list(audit.findings.all())
    institution = audit.settlement.institution
    return PublishedViolation(
        number=row.pk,
        institution_code=institution.code,
        institution_name=institution.name,
        verified_on=localdate(row.verified_at),
        rules=tuple(dict.fromkeys(each.rule for each in findings)),
        articles=tuple(dict.fromkeys(each.article for each in findings)),
        route=row.review.route,
        deducted_fen=row.deducted_fen,
    )
