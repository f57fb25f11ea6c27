"""A message's text as the widget takes it: pieces with their style, so that it never parses anything."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from messengers import markup
from messengers.content import Content
from messengers.markup import Span

_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}»]", re.IGNORECASE)


def spans(content: Content) -> list[dict[str, Any]]:
    """Return the text in pieces: `{"text": …, "styles": ["bold"], "href": …}`. Addresses can be followed."""
    pieces = markup.parse(content.text) if content.markup else [Span(content.text)]
    return [_shown(piece) for span in pieces for piece in _with_addresses(span) if piece.text]


def _with_addresses(span: Span) -> Iterator[Span]:
    place = 0
    if not span.href and "code" not in span.styles:
        for found in _ADDRESS.finditer(span.text):
            yield replace(span, text=span.text[place : found.start()])
            yield replace(span, text=found[0], href=found[0])
            place = found.end()
    yield replace(span, text=span.text[place:])


def _shown(span: Span) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": span.text}
    if span.styles:
        shown["styles"] = list(span.styles)
    if span.href:
        shown["href"] = span.href
    return shown
