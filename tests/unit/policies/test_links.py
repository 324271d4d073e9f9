"""Links in sentences: found where Chinese writing leaves no space around them."""

from yibao.policies.links import link_parts, shortened


def test_a_link_ends_before_a_full_width_sign_and_begins_without_a_space():
    sentence = (
        "起付线 1,300 元。（依据：待遇表（转载；文号未见）；转载的官方规定，http://example.com/a_1.html?x=2&y=3）"
    )
    before, link, after = link_parts(sentence)
    assert link == ("http://example.com/a_1.html?x=2&y=3", True)
    assert (before[1], after) == (False, ("）", False))
    assert before[0] + link[0] + after[0] == sentence


def test_a_sentence_without_a_link_is_one_part():
    assert list(link_parts("见 example.com；本次 3.com 元。")) == [("见 example.com；本次 3.com 元。", False)]
    assert list(link_parts("")) == []


def test_a_long_link_is_shortened_as_shown():
    assert shortened("http://a.example/b", 18) == "http://a.example/b"
    assert shortened("http://a.example/bc", 18) == "http://a.example/…"
