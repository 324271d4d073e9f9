"""The base of every anticipated error: a code and facts; the text is made at the door, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class YibaoError(Exception):
    """An anticipated refusal: nothing was changed, and the reader is told which field and why.

    A subclass stands beside the code that raises it and names itself with `code`, the key under which the doors keep
    its Chinese and English text; `facts` fill the placeholders of that text.
    """

    code: ClassVar[str] = "yibao.error"

    def __init__(self, **facts: object) -> None:
        """Keep the facts: names are the placeholders of the text, values are shown as they are."""
        super().__init__(self.code, facts)
        self.facts: Mapping[str, object] = facts

    def __str__(self) -> str:
        """Code and facts in one line, for logs and tests."""
        return f"{self.code} " + " ".join(f"{name}={value!r}" for name, value in self.facts.items())


class SeveralReasonsError(YibaoError):
    """A refusal for several reasons at once: each is a code with facts of its own, and has a sentence of its own.

    The text of the whole has the placeholder `reasons`, which the door fills with the sentences of all.
    """

    code: ClassVar[str] = "yibao.several_reasons"

    def __init__(self, reasons: Sequence[tuple[str, Mapping[str, object]]], **facts: object) -> None:
        """Keep the reasons in their order."""
        self.reasons = tuple(reasons)
        super().__init__(**facts)

    def __str__(self) -> str:
        """Code, facts and the codes of the reasons in one line."""
        return f"{super().__str__()} {' '.join(code for code, _ in self.reasons)}"
