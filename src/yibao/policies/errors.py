"""What can be wrong with policy files and with asking for one."""

from dataclasses import dataclass
from typing import ClassVar

from yibao.core.errors import YibaoError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a policy file: where, which kind, and the words that say it exactly."""

    file: str
    line: int
    kind: str
    detail: str

    def __str__(self) -> str:
        """File, line, kind and detail, as compilers write them."""
        return f"{self.file}:{self.line}: {self.kind}: {self.detail}"


class PolicyError(YibaoError):
    """Policy files say something that cannot be law: `problems` names file, line and reason of each."""

    code: ClassVar[str] = "policies.invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems in the order of files and lines."""
        self.problems = tuple(sorted(set(problems)))
        super().__init__(problems=[str(problem) for problem in self.problems])


class NoPolicyError(YibaoError):
    """There is no policy for this region and scheme, or none in force on that day."""

    code: ClassVar[str] = "policies.none_in_force"


class UnknownClauseError(YibaoError):
    """A trace names a clause or layer that the policy it is explained with does not have."""

    code: ClassVar[str] = "policies.unknown_clause"
