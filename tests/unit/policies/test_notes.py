"""Notes of policy files in both languages: each that is shipped is said in Chinese too, and what a file of notes may not be."""

import re
from collections import Counter

import pytest

from yibao.core.yaml_text import load_yaml
from yibao.policies.errors import PolicyError
from yibao.policies.library import ROOT
from yibao.policies.notes import NOTES_FILE, note_in, read_notes

SHIPPED = [note for path in sorted(ROOT.glob(f"*/{NOTES_FILE}")) for note in read_notes(path)]


def notes_of(node):
    """Every note of a file, as it is read."""
    if isinstance(node, dict):
        for key, child in node.items():
            if key == "note" and isinstance(child, str):
                yield child
            else:
                yield from notes_of(child)
    elif isinstance(node, list):
        for child in node:
            yield from notes_of(child)


def notes_of_files():
    for path in ROOT.rglob("*.yaml"):
        if path.name != NOTES_FILE:
            yield from notes_of(load_yaml(path.read_text(encoding="utf-8")))


def test_every_note_of_every_file_is_said_once_in_chinese():
    assert {note.en for note in SHIPPED} == set(notes_of_files())
    assert [words for words, times in Counter(note.en for note in SHIPPED).items() if times > 1] == []


def test_figures_are_the_same_in_both_and_the_chinese_is_chinese():
    def is_sound(note):
        figures = [Counter(re.findall(r"\d+", text)) for text in (note.en, note.zh)]
        is_chinese = re.search(r"[一-鿿]", note.zh) and not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", note.zh)
        return is_chinese and not figures[0] - figures[1]

    assert [note for note in SHIPPED if not is_sound(note)] == []


def test_a_note_is_given_in_the_language_asked_for_whichever_it_is_written_in():
    assert note_in("As above.", "zh") == "同上。"
    assert note_in("同上。", "en") == "As above."
    assert note_in("As above.", "en") == "As above."
    assert note_in("nobody said this", "zh") == "nobody said this"


@pytest.mark.parametrize(
    ("content", "kind", "line"),
    [
        ("notes:\n- en: As above.\n  zh: 同上。\n- en: As above.\n  zh: 如上。\n", "repeated_key", 4),
        ("notes:\n- en: As above.\n  zh: 同上。\n- en: The same.\n  zh: 同上。\n", "repeated_key", 5),
        ("notes:\n- en: As above.\n", "not_in_the_language", 2),
        ("notes:\n- en: As above.\n  zh: ''\n", "not_in_the_language", 3),
        ("notes:\n- en: As above.\n  zh: 同上。\n  fr: idem\n", "unknown_key", 4),
        ("notes: []\n", "not_in_the_language", 1),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path, content, kind, line):
    path = tmp_path / NOTES_FILE
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        read_notes(path)
    assert [(problem.kind, problem.line) for problem in refused.value.problems] == [(kind, line)]
