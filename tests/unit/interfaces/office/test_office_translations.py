"""The Chinese catalogue says every string of the code and the pages, and the compiled file is the one that belongs to it."""

import re

import pytest

from . import translations


@pytest.fixture(scope="module")
def catalogue():
    return translations.read_catalogue()


@pytest.fixture(scope="module")
def wanted():
    found = translations.of_python() | translations.of_pages()
    assert len(found) > 300
    return found


def said(catalogue, message):
    """The Chinese of a message, or nothing."""
    known = catalogue.get(translations.key_of(message))
    if known is None or (isinstance(known.id, str) != isinstance(message, str)):
        return ""
    return "".join(known.string if isinstance(known.string, tuple | list) else [known.string])


def placeholders(message):
    """The places that are filled, of the plural where there is one; anything else with a per cent sign shows itself."""
    text = message if isinstance(message, str) else message[-1]
    return sorted(re.findall(r"%(?:\(\w+\)s|.?)", text))


class TestCatalogue:
    def test_says_every_string(self, catalogue, wanted):
        assert [message for message in wanted if not said(catalogue, message)] == []

    def test_has_nothing_doubtful(self, catalogue):
        assert [message.id for message in catalogue if message.id and message.fuzzy] == []

    def test_has_nothing_that_is_gone(self, catalogue, wanted):
        keys = {translations.key_of(message) for message in wanted}
        assert [m.id for m in catalogue if m.id and translations.key_of(m.id) not in keys] == []

    def test_keeps_every_placeholder(self, catalogue):
        broken = [m.id for m in catalogue if m.id and placeholders(said(catalogue, m.id)) != placeholders(m.id)]
        assert broken == []

    def test_is_chinese(self, catalogue):
        without = {
            m.id for m in catalogue if m.id and not any("\u4e00" <= c <= "\u9fff" for c in said(catalogue, m.id))
        }
        assert without == set()

    def test_compiled_file_is_not_stale(self, catalogue):
        assert translations.COMPILED.read_bytes() == translations.compiled(catalogue)


class TestReadingOfPages:
    def test_tags_and_blocks_are_read(self):
        page = """{% translate "One" %} {% translate 'Two' as two %}
        {% blocktranslate with a=b %}{{ a }} is 5 %{% endblocktranslate %}
        {% blocktranslate count n=c %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"""
        assert translations.of_page(page) == {"One", "Two", "%(a)s is 5 %%", ("%(n)s row", "%(n)s rows")}

    def test_a_broken_placeholder_is_seen(self):
        assert placeholders("a %(b)s") == placeholders("%(b)s a")
        assert placeholders("a %(b)s") != placeholders("a %(b）s")

    def test_a_tag_in_another_form_is_refused(self):
        with pytest.raises(AssertionError):
            translations.of_page("{% translate words|upper %}")


class TestReadingOfCode:
    def test_calls_are_read(self, tmp_path):
        (tmp_path / "a.py").write_text('x = _("One")\ny = ngettext("a row", "rows", 2)\n')
        assert translations.of_python(tmp_path) == {"One", ("a row", "rows")}

    def test_what_is_missing_is_seen(self, catalogue):
        assert said(catalogue, "No such words were ever written") == ""
