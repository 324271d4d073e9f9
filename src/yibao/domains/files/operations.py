"""Keeping files, and letting go of bytes that nobody may fetch any longer."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.storage import Raw, ask

LARGEST_BYTES: Final = 32 * 1024 * 1024
"""The largest file that is kept (our default; the interface's texts name no limit)."""

KEPT_FOR: Final = timedelta(days=30)
"""How long a file can be fetched unless its keeper says otherwise (our default; the texts name no time)."""

PUBLIC: Final = "plc"
"""What stands in the place of an institution's code for files that are everybody's."""

_NAME: Final = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}").fullmatch


class FileTooLargeError(YibaoError):
    """The file is larger than `LARGEST_BYTES` (文件过大)."""

    code: ClassVar[str] = "files.too_large"


class FileNameError(YibaoError):
    """The name of a file has a path in it, a control character, or more than 200 characters (文件名无效)."""

    code: ClassVar[str] = "files.name"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to keep: whose (nobody's is everybody's, with the code `PUBLIC`), its name, its bytes, until when."""

    owner_id: int | None
    owner_code: str
    name: str
    content: bytes
    kept_at: datetime
    expires_at: datetime


def keep_file(raw: Raw, new: NewFile) -> str:
    """Keep a file (文件上传) and give its query number (文件查询号); the same bytes are kept once.

    The number is fsi/<code>/<32 hex digits>, the form that real platforms give (third party), at most 49 characters.
    :raises FileTooLargeError: it has more than `LARGEST_BYTES`.
    :raises FileNameError: the name is not that of a file alone.
    """
    assert (new.owner_id is None) == (new.owner_code == PUBLIC)
    if len(new.content) > LARGEST_BYTES:
        raise FileTooLargeError(field="in", limit=LARGEST_BYTES, size=len(new.content))
    if not _NAME(new.name) or new.name in {".", ".."}:
        raise FileNameError(field="filename", name=new.name[:50])
    number = f"fsi/{new.owner_code}/{secrets.token_hex(16)}"
    ask(
        raw,
        "WITH content AS (INSERT INTO files_content (digest, size_bytes, data) VALUES (%s, %s, %s)"
        " ON CONFLICT (digest) DO UPDATE SET data = COALESCE(files_content.data, EXCLUDED.data) RETURNING id)"
        " INSERT INTO files_file (number, owner_id, name, content_id, kept_at, expires_at)"
        " SELECT %s, %s, %s, content.id, %s, %s FROM content",
        (
            digest_of(new.content),
            len(new.content),
            new.content,
            number,
            new.owner_id,
            new.name,
            new.kept_at,
            new.expires_at,
        ),
    )
    return number


def digest_of(content: bytes) -> bytes:
    """The SM3 digest (GB/T 32905) of bytes, 32 bytes."""
    return hashlib.new("sm3", content).digest()


def drop_expired(raw: Raw, *, at: datetime) -> int:
    """Drop the bytes that no file can be fetched for any longer (清理过期文件); how many contents were emptied.

    Numbers, names and digests stay: they say what was sent, by whom and when.
    """
    dropped = ask(
        raw,
        "UPDATE files_content SET data = NULL WHERE data IS NOT NULL AND NOT EXISTS ("
        " SELECT FROM files_file WHERE content_id = files_content.id AND expires_at > %s) RETURNING id",
        (at,),
    )
    return len(dropped.fetchall())
