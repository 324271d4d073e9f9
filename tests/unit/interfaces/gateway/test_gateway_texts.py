import importlib
import logging
import re
from string import Formatter
from typing import ClassVar

import pytest

from yibao.core.errors import YibaoError
from yibao.interfaces.gateway import codec, texts
from yibao.interfaces.gateway.schemes import SchemeError


class NobodyKnowsError(YibaoError):
    code: ClassVar[str] = "gateway.nobody_knows"


def refusal(infno: str, raw: object) -> codec.InputRefusedError:
    with pytest.raises(codec.InputRefusedError) as refused:
        codec.decode_input(infno, raw)
    return refused.value


def test_a_field_is_named_in_chinese_with_its_technical_name():
    error = refusal("2204", {"feedetail": [{"cnt": "十"}]})
    said = texts.text_of(error).split("；")
    assert said[0] == "费用明细流水号(feedetail[0].feedetl_sn)不能为空"
    assert "数量(feedetail[0].cnt)不是数字：十" in said
    assert len(said) == len(error.faults)
    english = texts.text_of(error, "en").split("; ")
    assert "quantity (feedetail[0].cnt) is no number: 十" in english


def test_a_value_with_braces_is_shown_as_it_is():
    assert "不是数字：{0.__class__}" in texts.text_of(refusal("2204", {"feedetail": [{"cnt": "{0.__class__}"}]}))


def test_an_unknown_transaction():
    assert (
        texts.text_of(codec.UnknownTransactionError(infno="9999")) == "未知交易编号：交易编号(infno)9999不在支持范围内"
    )


def test_an_unknown_code_is_raised_in_tests_and_generic_in_production(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    with pytest.raises(texts.MissingTextError):
        texts.text_of(NobodyKnowsError())
    with pytest.raises(texts.MissingTextError):
        texts.text_of(codec.UnknownTransactionError())
    monkeypatch.setattr(texts.Strictness, "raises", False)
    with caplog.at_level(logging.ERROR):
        assert texts.text_of(NobodyKnowsError()) == "交易失败，请联系医保经办机构（gateway.nobody_knows）"
        assert texts.text_of(NobodyKnowsError(), "en").endswith("(gateway.nobody_knows)")
    assert "gateway.nobody_knows" in caplog.text


def test_every_error_of_the_protocol_has_its_sentence():
    modules = {f"yibao.interfaces.gateway.{name}" for name in ("codec", "envelope", "schemes.base")}
    assert modules <= {importlib.import_module(name).__name__ for name in modules}
    told_by_field = (codec.FieldsRefusedError, SchemeError)
    found = [child for child in descendants(YibaoError) if child.__module__ in modules and child not in told_by_field]
    missing = [c.code for c in found if not issubclass(c, codec.FieldsRefusedError) and c.code not in texts.SENTENCES]
    assert len(found) > 10
    assert missing == []


def descendants(base: type[YibaoError]) -> list[type[YibaoError]]:
    return [each for child in base.__subclasses__() for each in (child, *descendants(child))]


def test_both_languages_show_facts_by_name_and_keep_the_separator_free():
    for code, sentence in texts.SENTENCES.items():
        for text in (sentence.zh, sentence.en):
            names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
            assert all(re.fullmatch(r"[a-z_]+", name) for name in names), code
            assert "；" not in text, code
            assert ";" not in text, code
