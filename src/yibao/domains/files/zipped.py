"""Zip files that institutions upload (上传的压缩文件), opened without believing what they say of themselves.

A zip's directory is the sender's word: sizes are held against what really comes out, piece by piece, and names are
names, never paths. Nothing is written to disk here.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO, ClassVar, Final

from yibao.core.errors import YibaoError

PIECE_BYTES: Final = 64 * 1024
HARMLESS_BYTES: Final = 1024 * 1024
"""So much may come out however tightly it was packed."""
_DIRECTORY_BYTES_OF_ONE: Final = 4096
_ENCRYPTED: Final = 0x1
_KNOWN_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_FORBIDDEN: Final = frozenset('/\\:*?"<>|')


class UnreadableZipError(YibaoError):
    """The file is no zip, is damaged, encrypted, or packed in a way that is not read."""

    code: ClassVar[str] = "uploads.unreadable_zip"


class UnsafeNameError(YibaoError):
    """A file in the zip is named by a path, twice, or in characters that no file name has."""

    code: ClassVar[str] = "uploads.unsafe_name"


class ZipTooLargeError(YibaoError):
    """The zip holds more files or bytes than are taken in, or is packed more tightly than any honest one."""

    code: ClassVar[str] = "uploads.zip_too_large"


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What is taken in: files, bytes of all files unpacked, and how many times smaller they may have been packed.

    Our default: real catalogues and reconciliation files are one text file, packed six to twelve times smaller.
    """

    files: int = 16
    unpacked_bytes: int = 512 * 1024 * 1024
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class ZippedFile:
    """One file in an upload: its name, and its bytes as they are asked for, once."""

    name: str
    pieces: Iterator[bytes]

    def lines(self) -> Iterator[bytes]:
        """Its lines without their ends; a line may be as long as the file."""
        rest = b""
        for piece in self.pieces:
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line.removesuffix(b"\r") for line in whole)
        if rest:
            yield rest.removesuffix(b"\r")


def open_zip(content: bytes | BinaryIO, *, limits: ZipLimits | None = None) -> Iterator[ZippedFile]:
    """The files of an uploaded zip in order; each must be read before the next, what is left of it is skipped.

    :raises UnreadableZipError, UnsafeNameError, ZipTooLargeError: the sender is told which; a lie about sizes is found
        out while the pieces are read.
    """
    limits = limits or ZipLimits()
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with _damage_named(), _opened(source, limits) as archive:
        members = _members(archive, limits)
        budget = _Budget(limits, packed_bytes=sum(member.compress_size for member in members))
        for member in members:
            with archive.open(member) as packed:
                yield ZippedFile(member.filename, _pieces(packed, budget))


@contextmanager
def _damage_named() -> Iterator[None]:
    """Everything that a damaged zip makes Python raise is one refusal."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise UnreadableZipError from None


def _opened(source: BinaryIO, limits: ZipLimits) -> zipfile.ZipFile:
    """The zip, when its directory is not longer than that of so many files can be."""
    end = source.seek(0, io.SEEK_END)
    source.seek(max(0, end - 22 - 0xFFFF))
    tail = source.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise UnreadableZipError
    files = int.from_bytes(tail[place + 10 : place + 12], "little")
    directory = int.from_bytes(tail[place + 12 : place + 16], "little")
    if files > limits.files or directory > limits.files * _DIRECTORY_BYTES_OF_ONE:
        raise ZipTooLargeError(what="files", limit=limits.files)
    return zipfile.ZipFile(source)


def _members(archive: zipfile.ZipFile, limits: ZipLimits) -> list[zipfile.ZipInfo]:
    """The files that the directory names, when it names them as it should."""
    members = archive.infolist()
    if not members:
        raise UnreadableZipError
    if len(members) > limits.files:
        raise ZipTooLargeError(what="files", limit=limits.files)
    seen: set[str] = set()
    for member in members:
        _check_name(member, seen)
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _KNOWN_METHODS:
            raise UnreadableZipError
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        raise ZipTooLargeError(what="bytes", limit=limits.unpacked_bytes)
    return members


def _check_name(member: zipfile.ZipInfo, seen: set[str]) -> None:
    """Let a plain name pass: no path, no link, no folder, nothing invisible, nothing twice (however it is written)."""
    name = member.orig_filename
    mode = member.external_attr >> 16
    is_plain = (
        0 < len(name) <= 200
        and name == member.filename
        and name.isprintable()
        and not _FORBIDDEN & set(name)
        and not name.startswith(".")
        and name == name.strip()
        and not (mode and stat.S_IFMT(mode) not in {0, stat.S_IFREG})
    )
    if not is_plain or name.casefold() in seen:
        raise UnsafeNameError(name=ascii(name)[1:-1][:60])
    seen.add(name.casefold())


class _Budget:
    """What may still come out of a zip."""

    def __init__(self, limits: ZipLimits, *, packed_bytes: int) -> None:
        self._limits = limits
        self._most_by_ratio = max(packed_bytes * limits.ratio, HARMLESS_BYTES)
        self._taken = 0

    def take(self, size: int) -> None:
        """Count bytes that came out."""
        self._taken += size
        if self._taken > self._limits.unpacked_bytes:
            raise ZipTooLargeError(what="bytes", limit=self._limits.unpacked_bytes)
        if self._taken > self._most_by_ratio:
            raise ZipTooLargeError(what="ratio", limit=self._limits.ratio)


def _pieces(packed: IO[bytes], budget: _Budget) -> Iterator[bytes]:
    """What comes out, piece by piece; the checksum is held at the end."""
    while True:
        with _damage_named():
            piece = packed.read(PIECE_BYTES)
        if not piece:
            return
        budget.take(len(piece))
        yield piece
