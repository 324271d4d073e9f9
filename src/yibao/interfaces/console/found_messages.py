"""Messages as rows of the live list, and the form that filters them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from yibao.domains.sandbox.models import Exchange, Fault
from yibao.domains.sandbox.queries import Sought
from yibao.interfaces.console.names import transaction_name
from yibao.interfaces.console.texts import is_english

_TEXT: Final = {"autocomplete": "off"}


class MessageFilter(forms.Form):
    """What the live list is narrowed by; every field may stay empty."""

    institution = forms.CharField(
        label=_("Institution code"), required=False, max_length=30, widget=forms.TextInput(attrs=_TEXT)
    )
    infno = forms.CharField(
        label=_("Transaction (infno)"), required=False, max_length=10, widget=forms.TextInput(attrs=_TEXT)
    )
    result = forms.ChoiceField(label=_("Result"), required=False, choices=[("", _("any")), *Exchange.Result.choices])
    text = forms.CharField(
        label=_("Message number or error text"), required=False, max_length=100, widget=forms.TextInput(attrs=_TEXT)
    )

    def sought(self, access_point_id: int | None) -> Sought:
        """What was asked for; only after `is_valid`."""
        asked: dict[str, Any] = self.cleaned_data
        return Sought(
            access_point_id=access_point_id,
            institution=asked["institution"].strip().upper(),
            infno=asked["infno"].strip().upper(),
            result=asked["result"],
            text=asked["text"].strip(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message in the live list; `milliseconds` as text with one decimal."""

    number: int
    received_at: datetime
    infno: str
    name: str
    msgid: str
    institution: str
    point: str
    result: str
    result_name: str
    sentence: str
    milliseconds: str
    fault: str
    is_replay: bool


def message_rows(exchanges: Iterable[Exchange]) -> list[MessageRow]:
    """Rows of messages that came with their access point."""
    return [_row(exchange) for exchange in exchanges]


def sentence_of(exchange: Exchange) -> str:
    """Why a message was refused, in the reader's language."""
    return exchange.sentence_en if is_english() else exchange.sentence_zh


def milliseconds(microseconds: int) -> str:
    """Microseconds as milliseconds with one decimal."""
    tenths = (microseconds + 50) // 100
    return f"{tenths // 10}.{tenths % 10}"


def fault_name(kind: str) -> str:
    """What a fault on demand is called; nothing for none."""
    return str(Fault.Kind(kind).label) if kind else ""


def _row(exchange: Exchange) -> MessageRow:
    return MessageRow(
        number=exchange.pk,
        received_at=exchange.received_at,
        infno=exchange.infno,
        name=transaction_name(exchange.infno) if exchange.infno else "",
        msgid=exchange.msgid,
        institution=exchange.institution_code,
        point=exchange.access_point.name,
        result=exchange.result,
        result_name=exchange.get_result_display(),
        sentence=sentence_of(exchange),
        milliseconds=milliseconds(exchange.total_us),
        fault=fault_name(exchange.fault_kind),
        is_replay=exchange.replay_of is not None,
    )
