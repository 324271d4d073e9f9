"""Care in another region that the region of enrolment settles directly only when it was filed for (先备案、后就医)."""

from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.reference.queries import choice
from yibao.domains.settlement.queries import VisitToSettle
from yibao.workflows.recorded_circumstances import filed_facts, place_of

UNFILED_KEY: Final = "interregional.refuse_unfiled"
"""Setting: regions of enrolment that settle care elsewhere directly only when it was filed for; none by default, their law's
ratio of `unfiled` then applies (医保发〔2022〕22号 leaves it to the region: our default)."""


class NotFiledError(YibaoError):
    """Care in another region without a filing, which the region of enrolment wants first (未办理异地就医备案)."""

    code: ClassVar[str] = "interregional.not_filed"


def check_filed(visit: VisitToSettle, *, care_region: str, medical_type: str) -> None:
    """Refuse to settle unfiled care elsewhere where the region of enrolment wants a filing; an emergency needs none.

    Costs nothing where care was given at home.
    :raises NotFiledError: nothing was filed that covers the visit.
    """
    if visit.region == care_region:
        return
    place, _ = place_of(visit, filed_facts(visit.filings), medical_type)
    if place == "unfiled" and visit.region in choice(UNFILED_KEY, []):
        raise NotFiledError(insured_at=visit.region)
