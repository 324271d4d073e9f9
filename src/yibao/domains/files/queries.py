"""Fetching files."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.storage import Raw, ask


class NoSuchFileError(YibaoError):
    """No file that this institution may read has the number and name; another's file is told as if there were none."""

    code: ClassVar[str] = "files.no_such_file"


class FileExpiredError(YibaoError):
    """The file could be fetched until a time that has passed (文件已过期)."""

    code: ClassVar[str] = "files.expired"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as it was sent."""

    number: str
    name: str
    digest: bytes
    content: bytes


def file_of(raw: Raw, *, number: str, name: str | None, reader_id: int, at: datetime) -> KeptFile:
    """The file with this number (文件查询号) that an institution may read: its own, or one that is everybody's.

    `name` must be the file's when it is given: real clients send what 9101 or the catalogue answered.
    :raises NoSuchFileError: there is none for this institution.
    :raises FileExpiredError: it cannot be fetched any longer.
    """
    row = ask(
        raw,
        "SELECT f.name, f.expires_at, c.digest, c.data FROM files_file f JOIN files_content c ON c.id = f.content_id"
        " WHERE f.number = %s AND (f.owner_id IS NULL OR f.owner_id = %s)",
        (number, reader_id),
    ).fetchone()
    if row is None or (name is not None and name != row[0]):
        raise NoSuchFileError(field="file_qury_no", number=number[:60])
    known_name, expires_at, digest, data = row
    if expires_at <= at or data is None:
        raise FileExpiredError(field="file_qury_no", number=number, expired_on=f"{localdate(expires_at)}")
    return KeptFile(number, known_name, bytes(digest), bytes(data))
