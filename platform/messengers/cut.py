"""Cuts a long text where a reader would: at paragraphs, else lines, sentences, words; never inside a letter. Pure.

Formatting that runs across a cut is closed before it and opened again behind it. `fit` calls this.
"""

from collections.abc import Sequence
from dataclasses import replace

import regex

from messengers import markup as marks
from messengers.markup import Span

# Each way to cut, the best first: a match ends where the next part may begin.
_PARAGRAPH = regex.compile(r"\n\s*\n")
_LINE = regex.compile(r"\n")
_SENTENCE = regex.compile(r"[.!?…]+[\"'»”)\]]*\s+")
_WORD = regex.compile(r"\s+")
_LETTER = regex.compile(r"\X")
_WAYS = (_PARAGRAPH, _LINE, _SENTENCE)


def length(text: str, *, markup: bool, in_bytes: bool = False) -> int:
    """Return how long the reader's text is.

    In UTF-16 units, the strictest way in which messengers count letters, or in bytes of UTF-8.
    """
    return _size("".join(span.text for span in marks.parse(text)) if markup else text, in_bytes)


def cut(text: str, limit: int, *, markup: bool, in_bytes: bool = False) -> list[str]:
    """Return the text in parts of at most `limit`."""
    spans = marks.parse(text) if markup else [Span(text)]
    shown = "".join(span.text for span in spans)
    parts: list[str] = []
    start = 0
    while start < len(shown):
        end = _end(shown, start, limit, in_bytes)
        inner_start, inner_end = _trimmed(shown, start, end)
        if inner_start < inner_end:
            piece = _slice(spans, inner_start, inner_end)
            parts.append(marks.source(piece) if markup else shown[inner_start:inner_end])
        start = end
    return parts


def _end(text: str, start: int, limit: int, in_bytes: bool) -> int:
    """Return where the part that begins at `start` ends."""
    # Spaces at either edge are dropped, so they do not count.
    start += len(text[start:]) - len(text[start:].lstrip())
    last = _reach(text, start, limit, in_bytes)
    if not text[last:].strip():
        return len(text)
    for way in _WAYS:
        ends = [
            match.end() for match in way.finditer(text, start, last + 1) if _is_full_enough(match.start(), start, last)
        ]
        if ends:
            return min(ends[-1], _after_spaces(text, last))
    words = [match.start() for match in _WORD.finditer(text, start, last + 1) if match.start() > start]
    return words[-1] if words else last


def _reach(text: str, start: int, limit: int, in_bytes: bool) -> int:
    """Return how far whole letters go within `limit` units; at least one letter, however wide."""
    end, used = start, 0
    for letter in _LETTER.finditer(text, start):
        used += _size(letter[0], in_bytes)
        if used > limit and end > start:
            break
        end = letter.end()
        if used > limit:
            break
    return end


def _is_full_enough(place: int, start: int, last: int) -> bool:
    """Say whether a cut here leaves a part worth sending: half of what would fit."""
    return place - start >= (last - start) // 2


def _after_spaces(text: str, place: int) -> int:
    return place + len(text[place:]) - len(text[place:].lstrip())


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())


def _slice(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    piece: list[Span] = []
    place = 0
    for span in spans:
        words = span.text[max(0, start - place) : max(0, end - place)]
        place += len(span.text)
        if words:
            piece.append(replace(span, text=words))
    return piece


def _size(text: str, in_bytes: bool) -> int:
    if in_bytes:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
