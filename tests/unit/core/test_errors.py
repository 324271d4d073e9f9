from typing import ClassVar

import pytest

from yibao.core.errors import YibaoError


class ShelfEmptyError(YibaoError):
    code: ClassVar[str] = "shelf.empty"


def test_facts_are_kept_for_the_text_at_the_door() -> None:
    assert ShelfEmptyError(shelf=3, wanted="甲").facts == {"shelf": 3, "wanted": "甲"}


def test_reads_as_code_and_facts_in_one_line() -> None:
    assert str(ShelfEmptyError(shelf=3, wanted="甲")) == "shelf.empty shelf=3 wanted='甲'"


def test_is_caught_by_its_base() -> None:
    with pytest.raises(YibaoError) as caught:
        raise ShelfEmptyError(shelf=1)
    assert caught.value.code == "shelf.empty"
