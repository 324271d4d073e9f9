"""Care over the internet ("互联网+"医疗服务): may a visit be settled, may a line be charged, is an item new, what looks wrong."""

from yibao.engines.internet_care.auditing import AuditLine, AuditRules, Suspicion, VisitToAudit, audit_visit
from yibao.engines.internet_care.items import (
    ExistingItem,
    ItemFinding,
    ItemRules,
    ProposedItem,
    check_item,
    likeness_ppm,
)
from yibao.engines.internet_care.lines import LineFacts, LineRules, check_lines
from yibao.engines.internet_care.visits import (
    PhysicianFacts,
    PriorVisit,
    Refusal,
    VisitFacts,
    VisitRules,
    check_visit,
    months_after,
    prior_visit,
)

__all__ = [
    "AuditLine",
    "AuditRules",
    "ExistingItem",
    "ItemFinding",
    "ItemRules",
    "LineFacts",
    "LineRules",
    "PhysicianFacts",
    "PriorVisit",
    "ProposedItem",
    "Refusal",
    "Suspicion",
    "VisitFacts",
    "VisitRules",
    "VisitToAudit",
    "audit_visit",
    "check_item",
    "check_lines",
    "check_visit",
    "likeness_ppm",
    "months_after",
    "prior_visit",
]
