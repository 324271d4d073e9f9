"""Reading what regions owe each other; an officer sees what concerns the own region, as the one that claims or as the one that owes."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from yibao.domains.institutions.models import Institution
from yibao.domains.interregional.models import (
    ClaimCorrection,
    ClearingItem,
    ClearingStatement,
    ClearingStep,
    Inquiry,
    InquiryApproval,
    PrepaidOrder,
    RegionClaim,
)
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.queries import Scope
from yibao.domains.storage import Raw, ask

Standing = Literal["drawn", "issued", "confirmed", "paid", "received"]
STANDINGS: Final[tuple[Standing, ...]] = ("drawn", "issued", "confirmed", "paid", "received")


def claim_is_corrected(*, settlement_id: int) -> bool:
    """Whether an investigation took something off the claim of a settlement, even if it was taken back since."""
    return ClaimCorrection.objects.filter(claim_id=settlement_id).exists()


def corrections_held(raw: Raw, *, settlement_id: int) -> list[ClaimCorrection]:
    """What stands of the corrections of a settlement's claim, with the claim held until the transaction ends; none at home."""
    held = ask(raw, "SELECT 1 FROM interregional_regionclaim WHERE settlement_id = %s FOR UPDATE", (settlement_id,))
    if held.fetchone() is None:
        return []
    rows = ClaimCorrection.objects.filter(claim_id=settlement_id, takes_back=None, taken_back=None)
    return list(rows.select_related("claim__settlement").order_by("pk"))


def receiving_region(statement: ClearingStatement, amount_fen: int) -> str:
    """The region that the money of a statement goes to: the place of care, or the other one where reversals outweigh its claims."""
    return statement.care_region_id if amount_fen >= 0 else statement.enrolment_region_id


def of_region(scope: Scope, prefix: str = "") -> Q:
    """What concerns the member's region; nothing for staff of one institution or without sight of records."""
    if scope.institution_id is not None or not scope.sees_records:
        return Q(pk__in=[])
    return Q(**{f"{prefix}care_region_id": scope.region}) | Q(**{f"{prefix}enrolment_region_id": scope.region})


def visible_claims(scope: Scope) -> QuerySet[RegionClaim]:
    """Claims that concern the member's region, newest first, with settlement, institution and person."""
    related = ("settlement__institution", "settlement__person", "settlement__visit", "care_region", "enrolment_region")
    return RegionClaim.objects.filter(of_region(scope)).select_related(*related).order_by("-settlement_id")


def visible_statements(scope: Scope) -> QuerySet[ClearingStatement]:
    """Statements that concern the member's region, newest month first.

    The region that owes sees a statement from its issue on.
    """
    issued = Exists(ClearingStep.objects.filter(statement=OuterRef("pk")))
    sees = of_region(scope) & (Q(care_region_id=scope.region) | Q(issued))
    return (
        ClearingStatement.objects.filter(sees)
        .select_related("care_region", "enrolment_region", "drawn_by__user")
        .prefetch_related("steps__taken_by__user")
        .order_by("-month", "-pk")
    )


def statements(*, region: str | None = None) -> QuerySet[ClearingStatement]:
    """All statements, or those of one region on either side, newest month first; for whoever runs the platform."""
    found = ClearingStatement.objects.prefetch_related("steps").order_by("-month", "-pk")
    return found if region is None else found.filter(Q(care_region_id=region) | Q(enrolment_region_id=region))


def visible_inquiries(scope: Scope) -> QuerySet[Inquiry]:
    """Investigation requests that concern the member's region, newest first."""
    related = ("claim__settlement__institution", "claim__care_region", "claim__enrolment_region", "asked_by__user")
    return (
        Inquiry.objects.filter(of_region(scope, "claim__"))
        .select_related(*related, "item")
        .prefetch_related("answers__approval__decided_by__user", "answers__evidence", "answers__answered_by__user")
        .order_by("-pk")
    )


def waiting_inquiries(scope: Scope) -> QuerySet[Inquiry]:
    """Requests that have no approved answer yet."""
    answered = InquiryApproval.objects.filter(answer__inquiry=OuterRef("pk"), is_approved=True)
    return visible_inquiries(scope).exclude(Exists(answered))


def standing_of(statement: ClearingStatement) -> Standing:
    """How far a statement has come."""
    return STANDINGS[len(statement.steps.all())]


def due_of(statement: ClearingStatement) -> date | None:
    """The day by which its next step is due."""
    steps = list(statement.steps.all())
    return steps[-1].due_on if steps and steps[-1].kind != ClearingStep.Kind.RECEIVED else None


@dataclass(frozen=True, slots=True)
class FundSum:
    """What a statement holds of one fund under one scheme: lines and fen, and what of it is held for disputes."""

    scheme: str
    fund: str
    lines: int
    amount_fen: int
    held_fen: int


def fund_sums(statement: ClearingStatement) -> list[FundSum]:
    """A statement's sums by scheme and fund."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.scheme, part.fund, count(*), sum(part.fen)::bigint,"
            " COALESCE(sum(part.fen) FILTER (WHERE i.is_held), 0)::bigint"
            " FROM interregional_clearingitem i"
            " LEFT JOIN interregional_claimcorrection x ON x.id = i.correction_id"
            " JOIN interregional_regionclaim c ON c.settlement_id = COALESCE(i.claim_id, x.claim_id)"
            " CROSS JOIN LATERAL unnest(COALESCE(x.fund_codes, c.fund_codes),"
            "   COALESCE(x.fund_amounts_fen, c.fund_amounts_fen)) AS part(fund, fen)"
            " WHERE i.statement_id = %s GROUP BY c.scheme, part.fund ORDER BY c.scheme, part.fund",
            [statement.pk],
        )
        return [FundSum(*row) for row in cursor.fetchall()]


def items_of(statement: ClearingStatement) -> QuerySet[ClearingItem]:
    """A statement's lines in their order, with claim or correction, institution, person and dispute."""
    related = [
        f"{way}settlement__{name}"
        for way in ("claim__", "correction__claim__")
        for name in ("institution", "person", "visit")
    ]
    return ClearingItem.objects.filter(statement=statement).select_related(*related, "dispute").order_by("pk")


@dataclass(frozen=True, slots=True)
class PairOwing:
    """What the region of enrolment owes the place of care and has not paid, of one scheme: claims and fen."""

    care_region: str
    enrolment_region: str
    scheme: str
    claims: int
    unpaid_fen: int


def owing(scope: Scope | None = None) -> list[PairOwing]:
    """What is owed between each pair of regions by scheme: claims and corrections, less what was paid."""
    with connection.cursor() as cursor:
        cursor.execute(_OWING, [scope.region if scope else None] * 3)
        return [PairOwing(*row) for row in cursor.fetchall()]


_OWING: Final = """
SELECT c.care_region_id, c.enrolment_region_id, c.scheme, count(*) FILTER (WHERE part.is_claim),
       sum(part.fen)::bigint
  FROM (SELECT settlement_id AS claim_id, settlement_id AS item_claim, NULL::bigint AS correction_id, amount_fen AS fen,
               true AS is_claim FROM interregional_regionclaim
        UNION ALL SELECT claim_id, NULL, id, amount_fen, false FROM interregional_claimcorrection) AS part
  JOIN interregional_regionclaim c ON c.settlement_id = part.claim_id
 WHERE (%s::text IS NULL OR c.care_region_id = %s OR c.enrolment_region_id = %s)
   AND NOT EXISTS (SELECT FROM interregional_clearingitem i
                     JOIN interregional_clearingstep s ON s.statement_id = i.statement_id AND s.kind = 'paid'
                    WHERE NOT i.is_held AND (i.claim_id = part.item_claim OR i.correction_id = part.correction_id))
 GROUP BY c.care_region_id, c.enrolment_region_id, c.scheme ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class PairBalance:
    """The four accounts between two regions in fen, as the two ledgers say them; each pair of figures must be the same."""

    care_region: str
    enrolment_region: str
    claimed_fen: int
    owed_fen: int
    prepaid_held_fen: int
    prepaid_fen: int

    @property
    def agrees(self) -> bool:
        """Whether the one's claim is the other's debt, and the fund that one holds the one that the other has paid."""
        return self.claimed_fen == self.owed_fen and self.prepaid_held_fen == self.prepaid_fen


def pair_balances(scope: Scope | None = None) -> list[PairBalance]:
    """What the two ledgers of each pair say they owe each other."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, [scope.region if scope else None] * 3)
        return [PairBalance(*row) for row in cursor.fetchall()]


_BALANCES: Final = """
SELECT pair.care, pair.enrolment,
       COALESCE(sum(pair.fen) FILTER (WHERE pair.account = '110102'), 0)::bigint,
       COALESCE(-sum(pair.fen) FILTER (WHERE pair.account = '200102'), 0)::bigint,
       COALESCE(-sum(pair.fen) FILTER (WHERE pair.account = '200101'), 0)::bigint,
       COALESCE(sum(pair.fen) FILTER (WHERE pair.account = '110101'), 0)::bigint
  FROM (SELECT CASE WHEN line.account IN ('110102', '200101') THEN j.region_id ELSE j.counterparty_id END AS care,
               CASE WHEN line.account IN ('110102', '200101') THEN j.counterparty_id ELSE j.region_id END AS enrolment,
               line.account, line.debit_fen - line.credit_fen AS fen
          FROM ledger_journal j CROSS JOIN LATERAL unnest(j.account_codes, j.debits_fen, j.credits_fen)
                                                   AS line(account, debit_fen, credit_fen)
         WHERE j.counterparty_id IS NOT NULL AND line.account IN ('110101', '110102', '200101', '200102')) AS pair
 WHERE (%s::text IS NULL OR pair.care = %s OR pair.enrolment = %s)
 GROUP BY pair.care, pair.enrolment ORDER BY 1, 2
"""


def claim_is_turned(*, settlement_id: int) -> bool:
    """Whether the settlement of a claim was reversed, so that a claim with the other sign stands beside it."""
    return Settlement.objects.filter(reverses_id=settlement_id).exists()


def left_of(claim: RegionClaim) -> dict[str, int]:
    """What is left of a claim after its corrections, in fen by fund."""
    left = dict(zip(claim.fund_codes, claim.fund_amounts_fen, strict=True))
    for correction in claim.corrections.all():
        for fund, fen in zip(correction.fund_codes, correction.fund_amounts_fen, strict=True):
            left[fund] += fen
    return left


def prepaid_fen(care_region: str, enrolment_region: str, fund: str) -> int:
    """What the place of care holds of a prepaid fund, in fen."""
    ordered = PrepaidOrder.objects.filter(
        care_region_id=care_region, enrolment_region_id=enrolment_region, fund_id=fund, decision__is_approved=True
    )
    return int(ordered.aggregate(sum=Sum("amount_fen"))["sum"] or 0)


def visible_prepaid(scope: Scope) -> QuerySet[PrepaidOrder]:
    """Movements of prepaid funds that concern the member's region, newest first."""
    related = ("care_region", "enrolment_region", "fund", "asked_by__user", "decision__decided_by__user")
    return PrepaidOrder.objects.filter(of_region(scope)).select_related(*related).order_by("-pk")


def ordered_movements(scope: Scope | None = None) -> list[PrepaidOrder]:
    """The movements that were ordered, of all regions or of those that concern one."""
    ordered = PrepaidOrder.objects.filter(decision__is_approved=True)
    return list(ordered if scope is None else ordered.filter(of_region(scope)))


def regions_at_work() -> list[str]:
    """The pooling regions that have institutions in this deployment, by code."""
    return list(
        Institution.objects.order_by("division__pooling_region")
        .values_list("division__pooling_region", flat=True)
        .distinct()
    )


def partners_of(care_region: str) -> list[str]:
    """The regions whose insured came to this one for care, by code."""
    claims = RegionClaim.objects.filter(care_region_id=care_region)
    return list(claims.order_by("enrolment_region_id").values_list("enrolment_region_id", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class QuarterClaims:
    """What was claimed in a quarter between a pair under a scheme, in fen."""

    care_region: str
    enrolment_region: str
    scheme: str
    claimed_fen: int


def claimed_between(first: date, until: date, *, scope: Scope | None = None) -> list[QuarterClaims]:
    """What was claimed from a first day on until before another, by pair and scheme; reversals and corrections taken off."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIMED, [first, until, first, until, *[scope.region if scope else None] * 3])
        return [QuarterClaims(*row) for row in cursor.fetchall()]


_CLAIMED: Final = """
SELECT c.care_region_id, c.enrolment_region_id, c.scheme, sum(part.fen)::bigint
  FROM (SELECT settlement_id AS claim_id, amount_fen AS fen FROM interregional_regionclaim
         WHERE (made_at AT TIME ZONE 'Asia/Shanghai')::date >= %s AND (made_at AT TIME ZONE 'Asia/Shanghai')::date < %s
        UNION ALL SELECT claim_id, amount_fen FROM interregional_claimcorrection
         WHERE (made_at AT TIME ZONE 'Asia/Shanghai')::date >= %s AND (made_at AT TIME ZONE 'Asia/Shanghai')::date < %s
       ) AS part
  JOIN interregional_regionclaim c ON c.settlement_id = part.claim_id
 WHERE (%s::text IS NULL OR c.care_region_id = %s OR c.enrolment_region_id = %s)
 GROUP BY c.care_region_id, c.enrolment_region_id, c.scheme ORDER BY 1, 2, 3
"""
