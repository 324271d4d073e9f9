"""The benefit kernel (待遇计算): who pays what for a visit, live and in bulk, with the trace of every step."""

from yibao.engines.benefits.bulk import Chunk, settle_chunks, settle_many
from yibao.engines.benefits.cases import (
    BenefitCase,
    BrokenIdentityError,
    BulkCases,
    MisshapenCasesError,
    UnknownAccumulatorError,
    UnknownCircumstanceError,
    UnknownComponentError,
)
from yibao.engines.benefits.results import BandRow, BenefitResult, BulkResult, LayerStep
from yibao.engines.benefits.settle import settle
from yibao.engines.benefits.tables import CompiledPolicy, EmergencyTerms

__all__ = [
    "BandRow",
    "BenefitCase",
    "BenefitResult",
    "BrokenIdentityError",
    "BulkCases",
    "BulkResult",
    "Chunk",
    "CompiledPolicy",
    "EmergencyTerms",
    "LayerStep",
    "MisshapenCasesError",
    "UnknownAccumulatorError",
    "UnknownCircumstanceError",
    "UnknownComponentError",
    "settle",
    "settle_chunks",
    "settle_many",
]
