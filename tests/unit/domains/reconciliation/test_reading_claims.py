"""Files of institutions, read block by block or row by row, come to the same; what is no such file is refused with its line."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from yibao.domains.reconciliation import claim_files
from yibao.domains.reconciliation.claim_files import (
    FileAmountError,
    FileColumnError,
    FileNumberError,
    FileTextError,
    FileTooLongError,
    ZipBombError,
    ZipRefusedError,
    read_claims,
)

PLAIN = b"11\t21\t31\t48.05\t30.24\t-7.76\t0\tnull\n12\t22\t32\t-1.00\t0.00\t0.00\t001\n"


def columns(content):
    """All rows of a file, column by column, quotes left out."""
    parts = [claims[1:] for claims in read_claims(content)]
    texts = [",".join(column.strip("{}") for column in each).replace('"', "") for each in zip(*parts, strict=True)]
    return [text.split(",") for text in texts]


def zipped(*files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            archive.writestr(name, text)
    return packed.getvalue()


def workbook(*rows):
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


EXPECTED = [
    ["1", "2"], ["11", "12"], ["11", "12"], ["21", "22"], ["31", "32"], ["4805", "-100"], ["3024", "0"], ["-776", "0"],
]  # fmt: skip


class TestForms:
    @pytest.mark.parametrize(
        "content",
        [
            PLAIN,
            PLAIN.replace(b"\n", b"\r\n"),
            PLAIN.rstrip(b"\n"),
            PLAIN.replace(b"48.05", b"48.050"),
            PLAIN.replace(b"\t", b","),
            zipped(("detail.txt", PLAIN)),
            zipped(("detail.csv", PLAIN.replace(b"\t", b","))),
        ],
    )
    def test_all_come_to_the_same(self, content):
        found = columns(content)

        assert found[:3] == EXPECTED[:3]
        assert [[str(int(each)) for each in column] for column in found[3:8]] == EXPECTED[3:]
        assert [int(each) for each in found[8]] == [0, 1]

    def test_a_heading_gives_the_order_and_the_lines_go_on(self):
        content = "医疗费总额\t结算ID\t基金支付总额\t个人账户支出\n5\tA-1\t0.5\tnull\n\n6.1\t7\t\t0\n".encode()

        assert columns(content) == [
            ["2", "4"], ["A-1", "7"], ["NULL", "7"], ["", ""], ["", ""], ["500", "610"], ["50", "0"], ["0", "0"], ["0", "0"],
        ]  # fmt: skip

    def test_a_workbook_is_read_as_it_is_written(self):
        content = workbook(["setl_id", "medfee_sumamt", "fund_pay_sumamt", "acct_pay"], [10**12, 0.1, 12.3, None])

        assert columns(content)[1:8] == [[str(10**12)], [str(10**12)], [""], [""], ["10"], ["1230"], ["0"]]

    def test_a_chinese_excel_writes_gb18030(self):
        content = "结算ID,医疗费总额,基金支付总额,个人账户支出\n5,1,1,0\n".encode("gb18030")

        assert columns(content)[1] == ["5"]

    def test_blocks_end_with_whole_lines(self, monkeypatch):
        monkeypatch.setattr(claim_files, "_BLOCK_BYTES", 7)
        content = b"".join(b"%d\t2\t3\t1.00\t0.00\t0.00\t0\n" % number for number in range(1000, 1100))

        found = columns(content)

        assert found[0] == [str(number) for number in range(1, 101)]
        assert found[1] == [str(number) for number in range(1000, 1100)]

    def test_nothing_is_no_rows(self):
        assert list(read_claims(b"")) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "error", "facts"),
        [
            (PLAIN + b"13\t2\t3\n", FileColumnError, {"line": 3, "column": "medfee_sumamt"}),
            (PLAIN + b"13\t2\t3\t1.001\t0\t0\t0\n", FileAmountError, {"line": 3, "column": "medfee_sumamt"}),
            (PLAIN + b"13\t2\t3\t1e3\t0\t0\t0\n", FileAmountError, {"line": 3, "column": "medfee_sumamt"}),
            (PLAIN + b"13\t2\t3\t1\t\xd9\xa3\t0\t0\n", FileAmountError, {"line": 3, "column": "fund_pay_sumamt"}),
            (PLAIN + b"null\t2\t3\t1\t0\t0\t0\n", FileNumberError, {"line": 3, "column": "setl_id"}),
            (PLAIN + b'1","2\t2\t3\t1\t0\t0\t0\n', FileNumberError, {"line": 3, "column": "setl_id"}),
            (PLAIN + b"13\t{2}\t3\t1\t0\t0\t0\n", FileNumberError, {"line": 3, "column": "mdtrt_id"}),
            (b"a\0b\tc\n", FileTextError, {"line": 0}),
            (b"x" * 5_000_000, FileTextError, {"line": 0}),
            ("结算ID\t就诊ID\n".encode(), FileColumnError, {"line": 1}),
        ],
    )
    def test_say_the_line(self, content, error, facts):
        with pytest.raises(error) as refused:
            list(read_claims(content))
        assert facts.items() <= refused.value.facts.items()

    @pytest.mark.parametrize("content", [PLAIN, PLAIN.replace(b"\t", b",")])
    def test_of_too_many_rows(self, content, monkeypatch):
        monkeypatch.setattr(claim_files, "ROWS_MAX", 1)
        with pytest.raises(FileTooLongError):
            list(read_claims(content))

    @pytest.mark.parametrize(
        "content",
        [
            zipped(("a.txt", PLAIN), ("b.txt", PLAIN)),
            zipped(),
            zipped(("folder/a.txt", PLAIN)),
            zipped(("..\\a.txt", PLAIN)),
            zipped(("a.zip", zipped(("a.txt", PLAIN)))),
            zipped(("a.txt", PLAIN))[:60],
            b"PK",
        ],
        ids=[
            "two files",
            "none",
            "in a folder",
            "with a way",
            "an archive",
            "cut off",
            "no archive",
        ],  # bytes hold the time
    )
    def test_of_archives_that_are_not_one_plain_file(self, content):
        with pytest.raises(ZipRefusedError):
            list(read_claims(content))

    def test_of_an_archive_that_says_less_than_it_holds(self):
        content = bytearray(zipped(("a.txt", b"0" * 10_000_000)))
        for signature, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
            at = content.index(signature) + place
            content[at : at + 4] = (100).to_bytes(4, "little")
        with pytest.raises((ZipRefusedError, FileColumnError, FileNumberError)):
            list(read_claims(bytes(content)))

    def test_of_bombs(self, monkeypatch):
        monkeypatch.setattr(claim_files, "UNPACKED_BYTES_MAX", 1000)
        monkeypatch.setattr(claim_files, "WORKBOOK_BYTES_MAX", 1000)
        for content in (zipped(("a.txt", b"0" * 1001)), workbook(["x"] * 100)):
            with pytest.raises(ZipBombError):
                list(read_claims(content))
