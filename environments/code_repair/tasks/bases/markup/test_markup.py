from .inline import to_inline
from .markup import outline, to_html


def test_a_heading_and_a_paragraph() -> None:
    assert to_html("# Title\none\n  two\n\nthree") == '<h1 id="title">Title</h1>\n<p>one two</p>\n<p>three</p>'


def test_marks_in_text() -> None:
    assert to_inline("a *b* **c *d* e** `f*g*`") == "a <em>b</em> <strong>c <em>d</em> e</strong> <code>f*g*</code>"


def test_a_link() -> None:
    assert to_inline("[see *it*](/a?b&c)") == '<a href="/a?b&amp;c">see <em>it</em></a>'


def test_a_backslash_takes_the_meaning_away() -> None:
    assert to_inline(r"\*a\* \n **b\*** <") == r"*a* \n <strong>b*</strong> &lt;"


def test_html_is_escaped() -> None:
    assert to_html('<b> & "c"') == "<p>&lt;b&gt; &amp; &quot;c&quot;</p>"


def test_lists() -> None:
    assert to_html("- a\n- *b*") == "<ul><li>a</li><li><em>b</em></li></ul>"


def test_a_list_in_a_list() -> None:
    assert to_html("1. a\n   - b\n   - c\n2. d") == "<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>"


def test_a_quote_holds_blocks() -> None:
    assert to_html("> # A\n> b\nc") == '<blockquote><h1 id="a">A</h1><p>b</p></blockquote>\n<p>c</p>'


def test_code_is_kept_as_it_is() -> None:
    assert to_html("```\n# a\n\n  <b>\n```\nc") == "<pre># a\n\n  &lt;b&gt;</pre>\n<p>c</p>"


def test_code_without_an_end() -> None:
    assert to_html("```\na") == "<pre>a</pre>"


def test_an_outline() -> None:
    assert outline("# The *first* one #\n\n> ### x\n#no") == [[1, "The first one", "the-first-one"], [3, "x", "x"]]


def test_names_are_unique() -> None:
    assert [name for *_, name in outline("# A\n## a!\n# a-2\n# ?\n# a")] == ["a", "a-2", "a-2-2", "section", "a-3"]
