"""Which business a message of the sandbox belongs to: ordinary care, care of a person insured elsewhere, care over the internet."""

from datetime import datetime

from django.utils.timezone import localdate

from yibao.core.divisions import NotADivisionError, is_within
from yibao.policies.internet_care import is_internet_type


def business_of(*, region: str, insured_at: str | None, medical_type: str, at: datetime) -> str:
    """The business by the medical category, and by the division where the person is insured (insuplc_admdvs)."""
    if medical_type and is_internet_type(region, medical_type, localdate(at)):
        return "internet"
    return "cross_region" if insured_at and _lies_elsewhere(insured_at, region) else "normal"


def _lies_elsewhere(division: str, region: str) -> bool:
    """Whether a division lies outside a pooling region; what is no division lies nowhere."""
    try:
        return division != region and not is_within(division, region)
    except NotADivisionError:
        return False
