"""Maternity (生育待遇): the allowance by days and wage, prenatal checks and delivery by fixed amounts or limits."""

from yibao.engines.maternity.benefits import (
    Days,
    MaternityCase,
    MaternityResult,
    MaternityTerms,
    UnknownCareKindError,
    WrongMaternityCaseError,
    settle_maternity,
)

__all__ = [
    "Days",
    "MaternityCase",
    "MaternityResult",
    "MaternityTerms",
    "UnknownCareKindError",
    "WrongMaternityCaseError",
    "settle_maternity",
]
