"""The benefit kernel (待遇计算): who pays what for a visit, live and in bulk, with the trace of every step."""

from yibao.engines.benefits.cases import (
    BenefitCase,
    BrokenIdentityError,
    BulkCases,
    MisshapenCasesError,
    UnknownAccumulatorError,
    UnknownCircumstanceError,
)
from yibao.engines.benefits.results import BandRow, BenefitResult, BulkResult, LayerStep
from yibao.engines.benefits.settle import settle, settle_many
from yibao.engines.benefits.tables import CompiledPolicy

__all__ = [
    "BandRow",
    "BenefitCase",
    "BenefitResult",
    "BrokenIdentityError",
    "BulkCases",
    "BulkResult",
    "CompiledPolicy",
    "LayerStep",
    "MisshapenCasesError",
    "UnknownAccumulatorError",
    "UnknownCircumstanceError",
    "settle",
    "settle_many",
]
