"""YAML as it is read here: plain values, and a refusal of what would end or fill the process."""

import pytest
import yaml

from yibao.core.yaml_text import DEEPEST, compose_yaml, load_yaml

READERS = [load_yaml, compose_yaml]


def test_values_are_plain():
    assert load_yaml(b"a: [1, two, null]\nb: {c: 2026-11-01}\n")["a"] == [1, "two", None]
    assert compose_yaml("") is None


@pytest.mark.parametrize("read", READERS)
def test_so_deep_is_read(read):
    assert read("[" * DEEPEST + "]" * DEEPEST)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("levels", [DEEPEST + 1, 1_000_000])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deeper_is_refused_with_its_line(read, opening, levels):
    with pytest.raises(yaml.MarkedYAMLError, match="deeper than 100 levels") as refused:
        read(f"# first line\n{opening * levels}")
    assert refused.value.problem_mark.line == 1


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a [1]\nb: *a", "<<: &a {b: 1}\nc: *a"])
def test_a_value_that_refers_to_another_is_refused(read, text):
    with pytest.raises(yaml.MarkedYAMLError, match="not referred to"):
        read(text)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\t- 1", "a: 1\n---\nb: 2"])
def test_what_is_no_yaml(read, text):
    with pytest.raises(yaml.YAMLError):
        read(text)
