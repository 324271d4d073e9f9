"""Whether the division of care that an envelope names (就医地医保区划) is where the institution lies.

The published interface asks for the member and does not say what follows from a wrong one; clients send codes of a county, a city or
a city's own insured (xxxx99). So whatever lies in the institution's pooling region is right, and a wrong one is warned of unless
the region chose otherwise (our default).
"""

from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.reference.queries import choice

CHOICE_KEY: Final = "gateway.wrong_care_division"
"""Setting: `warn` (our default, in warn_msg), `refuse`, or `ignore`."""


class WrongCareDivisionError(YibaoError):
    """The division of care does not lie in the pooling region of the institution (就医地医保区划与机构所在统筹区不符)."""

    code: ClassVar[str] = "gateway.wrong_care_division"


def notice_of_division(sent: str, *, region: str) -> WrongCareDivisionError | None:
    """What is to be warned of, or nothing; only a wrong division asks the database what the region chose.

    :raises WrongCareDivisionError: the region refuses a wrong one.
    """
    if not sent or sent.startswith(_prefix(region)):
        return None
    wrong = WrongCareDivisionError(field="mdtrtarea_admvs", sent=sent, region=region)
    chosen = choice(CHOICE_KEY, "warn")
    if chosen == "refuse":
        raise wrong
    return None if chosen == "ignore" else wrong


def _prefix(region: str) -> str:
    """The leading digits that every division of a pooling region shares: 11 of 110000, 4403 of 440300."""
    if region.endswith("0000"):
        return region[:2]
    return region[:4] if region.endswith("00") else region
