"""Keep what institutions upload of care (4301 to 4701) and of self-payers (4201 to 4205): one walk for all kinds.

What a kind is stands in clinical_kinds.yaml. A record sent again under its key is a new version; nothing is lost.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from yibao.core.errors import YibaoError
from yibao.domains.clinical.operations import NewRecord, keep_records
from yibao.domains.clinical.queries import records_of_number
from yibao.domains.people.models import Person
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.domains.visits.models import Visit
from yibao.workflows.clinical_kinds import CLINICAL_KINDS, ClinicalKind
from yibao.workflows.exactly_once import Outcome, Request, Step, UnknownPersonNumberError
from yibao.workflows.settle_visit import UnknownVisitError

_BEIJING = ZoneInfo("Asia/Shanghai")
COMPLETION = "4203"
_BILL = ("4201A", "4202")


class MixedRecordsError(YibaoError):
    """Rows of one message are of different visits (不同就诊的记录)."""

    code: ClassVar[str] = "clinical.mixed"


class NamedTwiceError(YibaoError):
    """Two rows of one message are the same record."""

    code: ClassVar[str] = "clinical.named_twice"


class OtherInstitutionsRecordError(YibaoError):
    """The record names another institution than the one that sends it."""

    code: ClassVar[str] = "clinical.other_institution"


class VisitMissingError(YibaoError):
    """A record of an insured person names the person's visit (就诊ID不能为空)."""

    code: ClassVar[str] = "clinical.visit_missing"


class UploadCompletedError(YibaoError):
    """The upload of this self-payer's stay was completed (上传已完成); it must be opened again first."""

    code: ClassVar[str] = "clinical.completed"


class NothingToCompleteError(YibaoError):
    """No stay of a self-payer was uploaded under this number."""

    code: ClassVar[str] = "clinical.nothing_to_complete"


class FeesDoNotAddUpError(YibaoError):
    """The fee lines of a self-payer's stay do not add up to its total (费用明细与医疗总费用不符)."""

    code: ClassVar[str] = "clinical.fees_do_not_add_up"


@dataclass(frozen=True, slots=True)
class Upload:
    """What an institution uploads: the nodes as they were read; `visit_id` the platform's number of the visit, if sent."""

    institution_id: int
    institution: str
    kind: str
    nodes: Mapping[str, Any]
    visit_id: int | None
    person_number: str | None
    at: datetime


def upload_step(upload: Upload, request: Request) -> Step[None, list[tuple[int, int]]]:
    """The change that keeps the records and gives (number, version) of each, for `exactly_once.perform`.

    :raises MixedRecordsError, NamedTwiceError, OtherInstitutionsRecordError, VisitMissingError, UnknownVisitError,
        UnknownPersonNumberError, UploadCompletedError, NothingToCompleteError, FeesDoNotAddUpError: nothing changed.
    """

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[list[tuple[int, int]]]:
        kind = CLINICAL_KINDS[upload.kind]
        rows = _rows(upload, kind)
        _check_rows(upload, kind, rows)
        person_id, visit_id = _whose(upload, kind, rows)
        if kind.self_paid:
            _check_self_paid(upload, rows[0][kind.visit_number], rows[0])
        records = [
            _record(upload, request, kind, row, content, person_id=person_id, visit_id=visit_id)
            for row, content in _contents(upload, kind, rows)
        ]
        _check_named_once(records)
        kept = keep_records(raw, records=records)
        return Outcome(kept, kept[0][0])

    return Step(lambda _raw: None, act)


def _rows(upload: Upload, kind: ClinicalKind) -> list[Mapping[str, Any]]:
    """The rows of the node that names the record."""
    node = upload.nodes[kind.node]
    return list(node) if isinstance(node, list) else [node]


def _contents(
    upload: Upload, kind: ClinicalKind, rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, object]]]:
    """Each record with its content: the row itself, or the whole message under its first row."""
    if kind.each:
        yield from ((row, {kind.node: row}) for row in rows)
    else:
        yield rows[0], upload.nodes


def _check_rows(upload: Upload, kind: ClinicalKind, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows are of one visit and of the institution that sends them."""
    for place, row in enumerate(rows):
        for name in (kind.visit_number, "mdtrt_id", "psn_no"):
            if row.get(name) != rows[0].get(name):
                raise MixedRecordsError(field=f"{kind.node}[{place}].{name}")
        if row.get("fixmedins_code") not in (None, upload.institution):
            raise OtherInstitutionsRecordError(field=f"{kind.node}[{place}].fixmedins_code", sent=row["fixmedins_code"])


def _whose(upload: Upload, kind: ClinicalKind, rows: Sequence[Mapping[str, Any]]) -> tuple[int | None, int | None]:
    """The person and the visit the records belong to; of a self-payer the person, when the document is known here."""
    if kind.self_paid:
        document = rows[0].get("psn_cert_type"), rows[0].get("certno")
        known = Person.objects.filter(document_type=document[0], document_number=document[1]) if all(document) else None
        return (known.values_list("pk", flat=True).first() if known is not None else None), None
    if upload.visit_id is None:
        if upload.person_number is None:
            return None, None
        raise VisitMissingError(field=f"{kind.node}.mdtrt_id")
    visit = Visit.objects.filter(pk=upload.visit_id, institution_id=upload.institution_id).first()
    if visit is None:
        raise UnknownVisitError(visit_id=upload.visit_id)
    if upload.person_number is not None:
        number = Person.objects.values_list("number", flat=True).get(pk=visit.person_id)
        if number != upload.person_number:
            if not Person.objects.filter(number=upload.person_number).exists():
                raise UnknownPersonNumberError(number=upload.person_number)
            raise UnknownVisitError(visit_id=upload.visit_id)
    return visit.person_id, visit.pk


def _check_self_paid(upload: Upload, visit_number: str, row: Mapping[str, Any]) -> None:
    """A completed upload takes nothing more until it is opened again; it completes when the lines are the total."""
    before = records_of_number(
        institution_id=upload.institution_id, visit_number=visit_number, kinds=(COMPLETION, *_BILL)
    )
    completed = [
        record for record in before if record.kind == COMPLETION and record.content["data"]["cplt_flag"] == "1"
    ]
    if upload.kind != COMPLETION:
        if completed and upload.kind in _BILL:
            raise UploadCompletedError(visit_number=visit_number)
        return
    if row["cplt_flag"] != "1":
        return
    stay = next((record for record in before if record.kind == "4202"), None)
    if stay is None:
        raise NothingToCompleteError(field="data.fixmedins_mdtrt_id", visit_number=visit_number)
    lines_fen = sum(
        record.content["fsiOwnpayPatnFeeListDDTO"]["det_item_fee_sumamt"] for record in before if record.kind == "4201A"
    )
    total_fen = stay.content["ownPayPatnMdtrtD"]["medfee_sumamt"]
    if lines_fen != total_fen:
        raise FeesDoNotAddUpError(visit_number=visit_number, total_fen=total_fen, lines_fen=lines_fen)


def _record(
    upload: Upload,
    request: Request,
    kind: ClinicalKind,
    row: Mapping[str, Any],
    content: Mapping[str, object],
    *,
    person_id: int | None,
    visit_id: int | None,
) -> NewRecord:
    """The record to be kept."""
    item = kind.item or ("", "")
    return NewRecord(
        institution_id=upload.institution_id,
        person_id=person_id,
        visit_id=visit_id,
        kind=upload.kind,
        visit_number=row[kind.visit_number],
        key=" ".join(str(row[name]) for name in kind.key if row.get(name) is not None)[:200],
        occurred_at=next((_moment(row[name]) for name in kind.at if row.get(name) is not None), None),
        report_number=(row.get(kind.report) or "") if kind.report else "",
        item_code=(row.get(item[0]) or "")[:30],
        item_name=(row.get(item[1]) or "")[:300],
        is_valid=row.get("vali_flag") != "0",
        content=content,
        infno=request.infno,
        msgid=request.msgid,
        operator=request.operator,
        entered_at=upload.at,
    )


def _moment(value: date | datetime) -> datetime:
    """A moment; a day begins at midnight in Beijing."""
    return value if isinstance(value, datetime) else datetime.combine(value, time.min, _BEIJING)


def _check_named_once(records: Sequence[NewRecord]) -> None:
    """No two rows of a message are the same record."""
    seen: set[str] = set()
    for record in records:
        if record.key in seen:
            raise NamedTwiceError(key=record.key, visit_number=record.visit_number)
        seen.add(record.key)
