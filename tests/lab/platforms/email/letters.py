"""How a mail program reads a letter: its subject, its words without their HTML, what can be pressed, its files."""

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import cast

_SILENT = frozenset({"style", "script", "head", "title"})
_BLOCKS = frozenset({"p", "div", "tr", "table", "h1", "h2", "h3", "li", "ul", "ol", "blockquote", "hr", "br", "pre"})
_HIDDEN = re.compile(r"display:\s*none|mso-hide:\s*all")
_BUTTON = re.compile(r"background(-color)?:\s*#")
_ADDRESSES = re.compile(r"<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Link:
    """What can be pressed in a letter; a `button` looks like one."""

    words: str
    address: str
    button: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file in a letter."""

    name: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Letter:
    """A letter as it is read."""

    raw: bytes
    headers: EmailMessage
    words: str
    links: list[Link] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.headers.get("Subject", ""))

    @property
    def name(self) -> str:
        """Its Message-ID."""
        return str(self.headers.get("Message-ID", "")).strip()

    @property
    def references(self) -> list[str]:
        """The letters before it in the same talk, as it says itself."""
        told = f"{self.headers.get('References', '')} {self.headers.get('In-Reply-To', '')}"
        return list(dict.fromkeys(re.findall(r"<[^<>\s]+>", told)))

    @property
    def sender(self) -> str:
        """The address that it says it comes from."""
        return address_in(str(self.headers.get("From", "")))

    @property
    def answer_to(self) -> str:
        """The address that answers go to."""
        return address_in(str(self.headers.get("Reply-To") or self.headers.get("From", "")))

    @property
    def unsubscribing(self) -> list[str]:
        """The addresses by which one may leave."""
        return _ADDRESSES.findall(str(self.headers.get("List-Unsubscribe", "")))

    def buttons(self) -> list[Link]:
        """Return what looks like a button."""
        return [link for link in self.links if link.button]


def read(raw: bytes) -> Letter:
    """Read a letter; ValueError when it is none."""
    letter = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    words, links = "", []
    if html is not None:
        seen = _Seen()
        seen.feed(html.get_content())
        seen.close()
        words, links = seen.words(), seen.links
    elif plain is not None:
        words = plain.get_content().strip()
    bodies = [body for body in (plain, html) if body is not None]
    files = [
        File(part.get_filename() or "", part.get_content_type(), _content(part))
        for part in letter.walk()
        if not part.is_multipart() and not any(part is body for body in bodies)
    ]
    return Letter(raw, letter, words.replace("\r\n", "\n"), links, files)


def address_in(header: str) -> str:
    """Return the only address in a header, in small letters; empty when there is none or more."""
    found = [address for _name, address in getaddresses([header]) if address]
    return found[0].lower() if len(found) == 1 else ""


def without_tag(address: str) -> str:
    """Return the mailbox that an address like shop+7@shop.example belongs to."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


class _Seen(HTMLParser):
    """Keeps what a person sees of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self._parts: list[str] = []
        self._unseen: list[str] = []  # open elements of which nothing is seen
        self._link: tuple[str, bool, int] | None = None

    def words(self) -> str:
        """Return the words, a line for each block."""
        lines = [" ".join(line.split()) for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        style = given.get("style") or ""
        if tag in ("meta", "img", "link", "input"):
            return
        if self._unseen or tag in _SILENT or _HIDDEN.search(style):
            if tag not in ("br", "hr"):
                self._unseen.append(tag)
            return
        if tag in _BLOCKS:
            self._parts.append("\n")
        if tag == "a":
            self._link = (given.get("href") or "", bool(_BUTTON.search(style)), len(self._parts))

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                while self._unseen.pop() != tag:
                    pass
            return
        if tag == "a" and self._link is not None:
            address, button, begun = self._link
            words = " ".join("".join(self._parts[begun:]).split())
            self.links.append(Link(words, address, button))
            if button:
                del self._parts[begun:]
            self._link = None
        if tag in _BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data.replace("\n", " "))
