"""Codes of the field in the reader's words."""

from typing import Final, Literal, Protocol

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yibao.policies.notes import note_in

SCHEMES: Final[dict[str, Promise]] = {"310": _("employees"), "390": _("residents")}
"""Schemes of basic insurance (险种类型)."""

ITEM_CLASSES: Final[dict[str, Promise]] = {"01": _("class A"), "02": _("class B"), "03": _("class C")}
"""Classes of the catalogue 甲, 乙, 丙 (收费项目等级)."""

PLACES: Final[dict[str, Promise]] = {
    "local": _("local"),
    "filed": _("elsewhere, on file"),
    "referred": _("elsewhere, referred"),
    "emergency": _("elsewhere, in an emergency"),
    "temporary": _("elsewhere for a time, on file"),
    "unfiled": _("elsewhere, not on file"),
}
"""Where care was given, seen from the region of insurance (异地就医备案)."""

PURPOSES: Final[dict[str, Promise]] = {
    "settlement": _("looked at a settlement"),
    "export": _("took out a list"),
    "admin": _("opened a register"),
    "poverty": _("looked at a listing of the poverty watch"),
    "reimbursement": _("worked on a reimbursement by hand"),
    "maternity": _("worked on a maternity claim"),
    "recalculation": _("looked at a recalculation"),
    "reconciliation": _("looked at a reconciliation"),
    "contributions": _("looked at contributions"),
    "double": _("looked at a double enrolment"),
    "sandbox": _("looked at a message of the sandbox"),
    "sharing": _("looked at the family sharing of an account"),
    "access": _("looked at the access to the public pages"),
    "filings": _("looked at a filing"),
    "settlement_list": _("looked at a settlement list"),
    "clinical": _("looked at clinical records"),
    "internet_audit": _("looked at an audited visit over the internet"),
    "mobile_order": _("looked at a mobile payment order"),
    "prescription": _("looked at an electronic prescription"),
}
"""Why a person's record was read, by the word that stands in the note."""


def scheme_name(code: str) -> str:
    """The scheme in words, or its code where no words are known."""
    return str(SCHEMES.get(code, code))


def class_name(code: str) -> str:
    """The class of an item in words, or its code."""
    return str(ITEM_CLASSES.get(code, code))


def place_name(code: str) -> str:
    """The place of care in words, or its code."""
    return str(PLACES.get(code, code))


def purpose_name(code: str) -> str:
    """The purpose of a reading in words, or the word that was noted."""
    return str(PURPOSES.get(code, code))


class Named(Protocol):
    """A record that carries its name in both languages."""

    @property
    def name_zh(self) -> str:
        """The Chinese name."""

    @property
    def name_en(self) -> str:
        """The English name."""


def own_name(record: Named) -> str:
    """The record's name in the reader's language."""
    return reader_of(zh=record.name_zh, en=record.name_en)


def reader_language() -> Literal["zh", "en"]:
    """The reader's language: English, or Chinese for everybody else."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def reader_of(*, zh: str, en: str) -> str:
    """One of two texts, in the reader's language."""
    return en if reader_language() == "en" else zh


class InBoth(Protocol):
    """What is said in Chinese and English."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


def own_words(text: InBoth) -> str:
    """A text that is kept in both languages, in the reader's."""
    return reader_of(zh=text.zh, en=text.en)


def law_note(note: str) -> str:
    """A note of a policy file in the reader's language."""
    return note_in(note, reader_language())
