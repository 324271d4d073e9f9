"""Files going to and fro (文件上传、文件下载): 9101 keeps what an institution sends, 9102 gives what it may read."""

from dataclasses import dataclass
from datetime import datetime

from yibao.domains import storage
from yibao.domains.files.operations import KEPT_FOR, NewFile, keep_file
from yibao.domains.files.queries import KeptFile, file_of
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.workflows.exactly_once import Outcome, Step


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that was kept: the number to fetch it by, and until when."""

    number: str
    name: str
    expires_at: datetime


def upload_file_step(
    *, institution_id: int, institution_code: str, name: str, content: bytes, at: datetime
) -> Step[None, Uploaded]:
    """Keep a file for the institution that sends it (9101)."""
    new = NewFile(institution_id, institution_code, name, content, at, at + KEPT_FOR)

    def act(raw: Raw, _person: LockedPerson | None, _asked: None) -> Outcome[Uploaded]:
        return Outcome(Uploaded(keep_file(raw, new), name, new.expires_at))

    return Step(lambda _raw: None, act)


def fetch_file(*, institution_id: int, number: str, name: str | None, at: datetime) -> KeptFile:
    """A file that the institution may read (9102).

    :raises NoSuchFileError, FileExpiredError: it may not, or not any longer.
    """
    with storage.reading() as raw:
        return file_of(raw, number=number, name=name, reader_id=institution_id, at=at)
