"""The law as data: dated values in <region>/<scheme>/<topic>.yaml, read, checked and compiled for the engines."""

from yibao.policies.errors import NoPolicyError, PolicyError, Problem, UnknownClauseError
from yibao.policies.library import compile_folder, emergencies, law_of, load, schemes, title_of
from yibao.policies.sentences import explain
from yibao.policies.slots import accumulator_names
from yibao.policies.traces import UnreadableTraceError, steps_from_plain, steps_to_plain

__all__ = [
    "NoPolicyError",
    "PolicyError",
    "Problem",
    "UnknownClauseError",
    "UnreadableTraceError",
    "accumulator_names",
    "compile_folder",
    "emergencies",
    "explain",
    "law_of",
    "load",
    "schemes",
    "steps_from_plain",
    "steps_to_plain",
    "title_of",
]
