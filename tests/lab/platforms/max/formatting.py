"""HTML as MAX reads it: the words that stand there, and which of them look how."""

from html.parser import HTMLParser
from typing import Any

from lab.platforms.max.refusals import bad

_STYLES = {
    **dict.fromkeys(("b", "strong"), "strong"),
    **dict.fromkeys(("i", "em"), "emphasized"),
    **dict.fromkeys(("s", "del"), "strikethrough"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("pre", "code"), "monospaced"),
    "mark": "highlighted",
    "h1": "heading",
    "a": "link",
}


def read(text: str, form: str | None) -> tuple[str, list[dict[str, Any]]]:
    """Return the words and their markup."""
    if form is None:
        return text, []
    if form != "html":
        raise bad("This lab reads HTML alone")  # Markdown is MAX's own, and Kaskad writes none
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.open:
        raise bad(f"A tag is not closed: {reader.open[-1][0]}")
    return reader.words, [one for one in reader.markup if one["length"]]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.markup: list[dict[str, Any]] = []
        self.open: list[tuple[str, int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _STYLES:
            raise bad(f"Unknown tag: {tag}")
        self.open.append((tag, _length(self.words), dict(attrs).get("href") or ""))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise bad(f"A tag ends that did not begin: {tag}")
        _tag, start, href = self.open.pop()
        told = {"type": _STYLES[tag], "from": start, "length": _length(self.words) - start}
        self.markup.append(told | ({"url": href} if tag == "a" else {}))

    def handle_data(self, data: str) -> None:
        self.words += data


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
