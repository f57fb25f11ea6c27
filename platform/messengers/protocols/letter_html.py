"""A letter's HTML as words, a line for each block; what is quoted begins with >. Pure; `letter_reading` calls it."""

import re
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser

_SILENT = frozenset({"style", "script", "head", "title", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "div", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "pre", "section", "article"}
)
_GAPS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre"})
_ALONE = frozenset({"br", "hr", "img", "meta", "link", "input", "wbr", "col", "area", "base", "source"})
_HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all", re.IGNORECASE)
_PICTURE = re.compile(r"\[cid:([^\]\s]{1,250})\]")
_DEPTH = 30  # of quotes
_TEXT_LIMIT = 400_000


@dataclass(frozen=True, slots=True)
class Shown:
    """The words that are seen; once more with `[cid:…]` where pictures are."""

    text: str
    text_with_pictures: str


def shown(html: str) -> Shown:
    """Return what a person sees of a page."""
    page = _Page()
    page.feed(html[:_TEXT_LIMIT])
    page.close()
    text = page.text()
    return Shown(_PICTURE.sub("", text), text)


def pictures(text: str) -> list[str]:
    """Return the names of the pictures that stand in a text."""
    return _PICTURE.findall(text)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._unseen: list[str] = []
        self._in_unseen: Counter[str] = Counter()  # of each, how often it stands there
        self._quoted = 0
        self._link: tuple[str, int, int] | None = None

    def text(self) -> str:
        lines = [line.rstrip() for line in self._lines]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br" and not self._unseen:
            self._break()
        elif tag == "hr" and not self._unseen:
            self._line()
            self._say("________________________________")
            self._line()
        elif tag == "img" and not self._unseen:
            if (source := given.get("src") or "").lower().startswith("cid:"):
                self._say(f"[cid:{source[4:].strip()}]")
        elif tag in _ALONE:
            return
        elif self._unseen or tag in _SILENT or _HIDDEN.search(given.get("style") or ""):
            self._unseen.append(tag)
            self._in_unseen[tag] += 1
        elif tag == "blockquote":
            self._line()
            self._quoted = min(self._quoted + 1, _DEPTH)
            self._begin()
        elif tag in _BLOCKS:
            self._line()
        elif tag == "a":
            self._link = (given.get("href") or "", len(self._lines), len(self._lines[-1]))

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            while self._in_unseen[tag]:
                last = self._unseen.pop()
                self._in_unseen[last] -= 1
                if last == tag:
                    break
            return
        if tag == "blockquote":
            self._line()
            self._quoted = max(0, self._quoted - 1)
            self._begin()
        elif tag in _BLOCKS:
            self._line()
            if tag in _GAPS:
                self._break()
        elif tag == "a" and self._link is not None:
            address, line, place = self._link
            words = self._lines[-1][place:].strip() if line == len(self._lines) else "…"
            if address.startswith(("http://", "https://")) and words and words not in address and not self._quoted:
                self._say(f" ({address})")
            self._link = None

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            words = re.sub(r"[ \t\r\n\f\u00a0]+", " ", data)
            if self._is_empty():
                words = words.lstrip()
            self._say(words)

    def _say(self, words: str) -> None:
        self._lines[-1] += words

    def _is_empty(self) -> bool:
        return not self._lines[-1].strip("> ")

    def _line(self) -> None:
        """Begin a new line, unless one has just begun."""
        if not self._is_empty():
            self._break()

    def _break(self) -> None:
        self._lines.append("> " * self._quoted)

    def _begin(self) -> None:
        if self._is_empty():
            self._lines[-1] = "> " * self._quoted
