"""Uploaded zips: what they say of themselves is not believed, and nothing of a bad one is taken in unnoticed."""

import io
import stat
import zipfile

import pytest

from yibao.domains.files.zipped import (
    UnreadableZipError,
    UnsafeNameError,
    ZipLimits,
    ZipTooLargeError,
    open_zip,
)


def zipped(*files, method=zipfile.ZIP_DEFLATED):
    """A zip of (name, bytes)."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


def read_all(content, **limits):
    """Everything in the zip."""
    return {file.name: b"".join(file.pieces) for file in open_zip(content, limits=ZipLimits(**limits))}


class TestHonestZips:
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_are_read_in_order(self, method):
        files = [("对账明细.txt", "甲\t1\r\n乙\t2\n".encode()), ("b.txt", bytes(range(256)) * 1000)]
        assert list(read_all(zipped(*files, method=method)).items()) == files

    def test_give_lines_across_pieces(self):
        lines = [b"x" * 70_000, b"", b"second", b"last"]
        files = open_zip(zipped(("a.txt", b"\r\n".join(lines))))
        assert list(next(files).lines()) == lines

    def test_may_be_read_from_a_file(self):
        assert read_all(io.BytesIO(zipped(("a.txt", b"1")))) == {"a.txt": b"1"}

    def test_what_is_not_read_is_skipped(self):
        assert [file.name for file in open_zip(zipped(("a", b"1"), ("b", b"2")))] == ["a", "b"]


class TestBombs:
    def test_a_small_zip_of_much_nothing_is_stopped_on_the_way(self):
        bomb = zipped(("zeros", bytes(50_000_000)))
        assert len(bomb) < 60_000
        came = 0
        with pytest.raises(ZipTooLargeError) as refusal:
            for file in open_zip(bomb):
                for piece in file.pieces:
                    came += len(piece)
        assert (refusal.value.facts["what"], came <= len(bomb) * 200) == ("ratio", True)

    def test_a_lie_about_the_size_is_found_out(self):
        honest = zipped(("a", b"A" * 100_000))
        lie = honest.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
        assert lie != honest
        with pytest.raises(UnreadableZipError):
            read_all(lie)

    def test_what_the_directory_says_is_too_much_is_refused_unread(self):
        with pytest.raises(ZipTooLargeError) as refusal:
            next(open_zip(zipped(("a", b"A" * 1001), method=zipfile.ZIP_STORED), limits=ZipLimits(unpacked_bytes=1000)))
        assert refusal.value.facts == {"what": "bytes", "limit": 1000}

    def test_more_files_than_allowed(self):
        many = zipped(*((f"{n}.txt", b"1") for n in range(17)))
        with pytest.raises(ZipTooLargeError) as refusal:
            next(open_zip(many))
        assert refusal.value.facts == {"what": "files", "limit": 16}

    def test_a_hundred_thousand_empty_files_are_refused_before_their_names_are_read(self, monkeypatch):
        many = zipped(*((f"{n}", b"") for n in range(2_000)))
        monkeypatch.setattr(zipfile, "ZipFile", None)
        with pytest.raises(ZipTooLargeError):
            next(open_zip(many))

    def test_a_zip_in_a_zip_is_only_bytes(self):
        inner = zipped(("zeros", bytes(10_000_000)))
        assert read_all(zipped(("inner.zip", inner))) == {"inner.zip": inner}


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "../a.txt", "a/b.txt", "/etc/passwd", "..\\a.txt", "C:a.txt", "folder/", ".hidden", "..", "a\nb", " a", "a ",
            "a\u202etxt.exe", "x" * 201,
        ],
    )  # fmt: skip
    def test_that_lead_elsewhere_are_refused(self, name):
        with pytest.raises(UnsafeNameError):
            next(open_zip(zipped((name, b"1"))))

    def test_with_an_end_hidden_behind_a_zero(self):
        content = zipped(("good.txtXevil", b"1")).replace(b"good.txtXevil", b"good.txt\0evil")
        with pytest.raises(UnsafeNameError):
            next(open_zip(content))

    def test_that_differ_by_case_only(self):
        with pytest.raises(UnsafeNameError):
            next(open_zip(zipped(("a.txt", b"1"), ("A.TXT", b"2"))))

    def test_a_link_is_no_file(self):
        link = zipfile.ZipInfo("a.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        with pytest.raises(UnsafeNameError):
            next(open_zip(zipped((link, b"/etc/passwd"))))

    def test_an_unsafe_name_comes_before_anything_is_read(self):
        with pytest.raises(UnsafeNameError):
            next(open_zip(zipped(("good.txt", b"1"), ("../bad.txt", b"2"))))


class TestDamage:
    @pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", zipped()])
    def test_no_zip(self, content):
        with pytest.raises(UnreadableZipError):
            next(open_zip(content))

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
    def test_cut_short(self, share):
        whole = zipped(("a.txt", bytes(range(256)) * 200))
        with pytest.raises(UnreadableZipError):
            read_all(whole[: int(len(whole) * share)])

    def test_a_changed_byte_in_the_data(self):
        whole = bytearray(zipped(("a.txt", b"some text that is long enough" * 10), method=zipfile.ZIP_STORED))
        whole[60] ^= 1
        with pytest.raises(UnreadableZipError):
            read_all(bytes(whole))

    def test_encrypted(self):
        whole = bytearray(zipped(("a.txt", b"1")))
        whole[6] |= 1
        whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
        with pytest.raises(UnreadableZipError):
            next(open_zip(bytes(whole)))

    def test_packed_in_another_way(self):
        with pytest.raises(UnreadableZipError):
            next(open_zip(zipped(("a.txt", b"1" * 100), method=zipfile.ZIP_LZMA)))
