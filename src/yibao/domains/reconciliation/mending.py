"""What a difference means and what mends it, in words: one table for every door."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from django.utils.timezone import localdate

from yibao.domains.reconciliation.models import ReconciliationDifference

CANCELLING: Final[Mapping[str, str]] = {"2207": "2208", "2304": "2305", "2102": "2103"}


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence in Chinese and English, with placeholders."""

    zh: str
    en: str


SENTENCES: Final[Mapping[str, Words]] = msgspec.yaml.decode(
    Path(__file__).with_suffix(".yaml").read_bytes(), type=dict[str, Words]
)
"""The sentences by situation."""


@dataclass(frozen=True, slots=True)
class Mending:
    """What mends a difference: the transaction (empty when none does), and the sentence."""

    infno: str
    zh: str
    en: str


def mending_of(difference: ReconciliationDifference) -> Mending:
    """What to do about a difference."""
    facts = _facts(difference)
    words = SENTENCES[difference.situation]
    return Mending(difference.mended_by, words.zh.format_map(facts), words.en.format_map(facts))


def _facts(difference: ReconciliationDifference) -> dict[str, str]:
    """What the sentences name: the transaction there was, and those that would settle or cancel it."""
    known = {difference.infno.rstrip("A"), difference.mended_by}
    settle = next((infno for infno in CANCELLING if infno in known or CANCELLING[infno] in known), "2207")
    return {
        "infno": difference.infno,
        "msgid": difference.msgid,
        "settle": settle,
        "cancel": CANCELLING[settle],
        "day": localdate(difference.settled_at).isoformat() if difference.settled_at else "",
    }
