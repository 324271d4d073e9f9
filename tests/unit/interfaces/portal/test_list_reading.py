"""Lists as hospitals print them and people type them become lines; every line that cannot be read is named."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.interfaces.portal.list_reading import UnreadableFileError, read_list, text_of_file
from yibao.workflows.price_list import ListedLine, RefusedLinesError

ONE = ListedLine(1, "XA01", 20_000, 1_500_000, 300)


class TestForms:
    @pytest.mark.parametrize(
        "text",
        [
            "XA01,2,1.5,3", "XA01\t2\t1.50\t3.00", "XA01;2;1.5;3", "XA01|2|1.5|3", "XA01，2，1.5，3",
            ' XA01 , 2 , "1.5" , ￥3.00元 ', "XA01,2,1.5,3,,\r\n",
        ],
    )  # fmt: skip
    def test_separators_signs_and_spaces(self, text):
        assert read_list(text) == [ONE]

    def test_without_an_amount(self):
        assert read_list("XA01,2,1.5") == [ListedLine(1, "XA01", 20_000, 1_500_000, None)]

    @pytest.mark.parametrize(
        "heading", ["数量,名称,编码,金额,单价", "cnt,med_name,MED_LIST_CODG,det_item_fee_sumamt,pric", "qty,x,Code,amount,Price"]
    )  # fmt: skip
    def test_a_heading_says_which_column_is_what(self, heading):
        assert read_list(f"{heading}\n2,阿莫西林,XA01,3,1.5") == [ListedLine(2, "XA01", 20_000, 1_500_000, 300)]

    def test_numbers_are_those_of_the_text(self):
        assert [line.number for line in read_list("\nXA01,1,1\n\n  \nXB02,1,1")] == [2, 5]

    @pytest.mark.parametrize("text", ["", "\n\n", " ", ",,,\n"])
    def test_nothing_is_nothing(self, text):
        assert read_list(text) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("XA01,1", [(1, "portal.wrong_columns")]),
            ("XA01,1,1,1,1", [(1, "portal.wrong_columns")]),
            ("编码,数量\nXA01,1", [(1, "portal.lacking_columns")]),
            ("XA01,x,1\nXA01,1,1\nXA01,1,1.1234567", [(1, "money.not_an_amount"), (3, "money.not_an_amount")]),
            ("XA01,1,", [(1, "money.not_an_amount")]),
            ("编码,数量,单价\nXA01,1", [(2, "money.not_an_amount")]),
        ],
    )
    def test_name_the_line_and_the_reason(self, text, found):
        with pytest.raises(RefusedLinesError) as refused:
            read_list(text)
        assert [(number, error.code) for number, error in refused.value.problems] == found

    @given(st.text(max_size=300))
    def test_whatever_is_pasted_is_read_or_refused(self, text):
        with suppress(RefusedLinesError):
            assert len(read_list(text)) <= len(text)


class TestFiles:
    def test_of_both_encodings(self):
        for encoding in ("utf-8", "utf-8-sig", "gb18030"):
            assert text_of_file("编码,数量".encode(encoding)) == "编码,数量"

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00\x00", b"PK\x03\x04\x00\x00", bytes(range(256))])
    def test_others_are_refused(self, content):
        with pytest.raises(UnreadableFileError):
            text_of_file(content)
