"""The small markup: what is written, what the reader sees, and back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messengers import markup
from messengers.markup import Span

BOLD, ITALIC, STRUCK, CODE = ("bold",), ("italic",), ("struck",), ("code",)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("plain", [Span("plain")]),
        ("*bold*", [Span("bold", BOLD)]),
        ("_italic_ ~struck~", [Span("italic", ITALIC), Span(" "), Span("struck", STRUCK)]),
        ("*bold _both_*", [Span("bold ", BOLD), Span("both", ("bold", "italic"))]),
        ("`a*b*`", [Span("a*b*", CODE)]),
        ("*a `b` c*", [Span("a ", BOLD), Span("b", ("bold", "code")), Span(" c", BOLD)]),
        ("2*3*4", [Span("2*3*4")]),
        ("snake_case_name", [Span("snake_case_name")]),
        ("* not bold *", [Span("* not bold *")]),
        ("*never closed", [Span("*never closed")]),
        (r"\*stars\*", [Span("*stars*")]),
        ("[here](https://a.example)", [Span("here", (), "https://a.example")]),
        ("[a *b*](https://a.example)", [Span("a ", (), "https://a.example"), Span("b", BOLD, "https://a.example")]),
        ("*[b](https://a.example)*", [Span("b", BOLD, "https://a.example")]),
        ("[no](javascript:alert)", [Span("no")]),
        ("[mail](mailto:a@b.example)", [Span("mail", (), "mailto:a@b.example")]),
        ("[brackets] (alone)", [Span("[brackets] (alone)")]),
        ("https://a.example/x_y_z is one", [Span("https://a.example/x_y_z is one")]),
        ("ends in \\", [Span("ends in \\")]),
        ("", []),
    ],
)
def test_what_is_written_is_seen(written: str, seen: list[Span]) -> None:
    assert markup.parse(written) == seen
    assert markup.parse(markup.source(seen)) == seen


def test_without_formatting_addresses_stand_behind_their_words() -> None:
    written = "*Sale*: [our shop](https://a.example), https://b.example and `x`"
    assert markup.plain(written) == "Sale: our shop (https://a.example), https://b.example and x"


texts = st.text(st.sampled_from("ab \n*_~`[]()\\.!h:/🙂é") | st.characters(codec="utf-8"), max_size=60)


@given(texts)
def test_what_is_escaped_is_seen_as_it_is(text: str) -> None:
    assert "".join(span.text for span in markup.parse(markup.escape(text))) == text
    assert all(not span.styles and not span.href for span in markup.parse(markup.escape(text)))


@given(texts)
@example("*a*\\")
@example("http://a]")
def test_written_anew_it_reads_the_same(text: str) -> None:
    seen = "".join(span.text for span in markup.parse(text))
    assert "".join(span.text for span in markup.parse(markup.source(markup.parse(text)))) == seen
