"""Kaskad's small markup as styled spans, and back. Pure; `fit` cuts with it, adapters and pages render its spans.

*bold*, _italic_, ~struck~, `code`, [words](address), and a backslash before a mark that is meant literally. A mark
that is never closed, or that stands inside a word, is meant literally, too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

MARKS = {"*": "bold", "_": "italic", "~": "struck"}
_SIGNS = {style: sign for sign, style in MARKS.items()}
_LINK = re.compile(r"\[((?:\\.|[^\]\\\n])+)\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)")
# An address that stands in the text by itself: the marks in it are its own.
_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}»]", re.IGNORECASE)
_SAFE_SCHEMES = ("https://", "http://", "mailto:", "tel:")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; `styles` are bold, italic, struck or code, the outermost first."""

    text: str
    styles: tuple[str, ...] = ()
    href: str = ""


def parse(text: str) -> list[Span]:
    """Return marked-up text as spans. Joined, their texts are what the reader sees."""
    return _joined(_parse(text, Span("")))


def source(spans: Iterable[Span]) -> str:
    """Return spans as marked-up text."""
    written: list[str] = []
    for href, run in _runs(spans):
        inner = _styled(run, inside_link=bool(href))
        written.append(f"[{inner}]({href})" if href else inner)
    return "".join(written)


def escape(text: str) -> str:
    """Return marked-up text that shows exactly `text`."""
    return source([Span(text)])


def plain(text: str) -> str:
    """Return marked-up text for where there is no formatting: addresses stand in brackets behind their words."""
    written: list[str] = []
    for href, run in _runs(parse(text)):
        words = "".join(span.text for span in run)
        written.append(f"{words} ({href})" if href and href != words else words)
    return "".join(written)


# ---- reading


def _parse(text: str, style: Span) -> Iterator[Span]:
    literal: list[str] = []
    place = 0
    while place < len(text):
        found = _structure(text, place, style)
        if found is not None:
            yield replace(style, text="".join(literal))
            literal.clear()
            spans, place = found
            yield from spans
        elif text[place] == "\\" and place + 1 < len(text):
            literal.append(text[place + 1])
            place += 2
        else:
            literal.append(text[place])
            place += 1
    yield replace(style, text="".join(literal))


def _structure(text: str, place: int, style: Span) -> tuple[Iterable[Span], int] | None:
    """Return the spans of what opens here and where it ends, if something does."""
    sign = text[place]
    if sign == "`" and (end := text.find("`", place + 1)) > place + 1:
        return [replace(style, text=text[place + 1 : end], styles=(*style.styles, "code"))], end + 1
    if sign == "[" and not style.href and (link := _LINK.match(text, place)):
        href = link[2] if link[2].lower().startswith(_SAFE_SCHEMES) else ""
        return _parse(link[1], replace(style, href=href)), link.end()
    if sign in MARKS and MARKS[sign] not in style.styles and (end := _closing(text, place)):
        inner = replace(style, styles=(*style.styles, MARKS[sign]))
        return _parse(text[place + 1 : end], inner), end + 1
    if sign in "hH" and (address := _ADDRESS.match(text, place)):
        return [replace(style, text=address[0])], address.end()
    return None


def _closing(text: str, opening: int) -> int:
    """Return where the mark that opens here closes; 0 when it does not."""
    if text[opening - 1 : opening].isalnum() or text[opening + 1 : opening + 2].isspace():
        return 0
    place = opening + 1
    while place < len(text):
        if text[place] == "\\":
            place += 2
            continue
        inside_word = text[place + 1 : place + 2].isalnum()
        if text[place] == text[opening] and place > opening + 1 and not text[place - 1].isspace() and not inside_word:
            return place
        place += 1
    return 0


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans without empty ones, neighbours of one style made one."""
    result: list[Span] = []
    for span in spans:
        if not span.text:
            continue
        if result and replace(result[-1], text=span.text) == span:
            result[-1] = replace(span, text=result[-1].text + span.text)
        else:
            result.append(span)
    return result


# ---- writing


def _runs(spans: Iterable[Span]) -> Iterator[tuple[str, list[Span]]]:
    run: list[Span] = []
    for span in spans:
        if run and run[-1].href != span.href:
            yield run[-1].href, run
            run = []
        run.append(span)
    if run:
        yield run[-1].href, run


def _styled(spans: Sequence[Span], *, inside_link: bool) -> str:
    written: list[str] = []
    opened: tuple[str, ...] = ()
    for span in [*spans, Span("")]:
        kept = 0
        while kept < min(len(opened), len(span.styles)) and opened[kept] == span.styles[kept]:
            kept += 1
        written += [_sign(style) for style in reversed(opened[kept:])]
        written += [_sign(style) for style in span.styles[kept:]]
        opened = span.styles
        written.append(span.text if "code" in span.styles else _escaped(span.text, inside_link=inside_link))
    return "".join(written)


def _sign(style: str) -> str:
    return _SIGNS.get(style, "`")


def _escaped(text: str, *, inside_link: bool) -> str:
    marks = r"([\\*_~`\[\]])" if inside_link else r"([\\*_~`\[])"
    written: list[str] = []
    place = 0
    for address in _ADDRESS.finditer(text):
        written += [re.sub(marks, r"\\\1", text[place : address.start()]), address[0]]
        place = address.end()
    written.append(re.sub(marks, r"\\\1", text[place:]))
    return "".join(written)
