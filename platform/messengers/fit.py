"""Cuts a message to what a messenger can carry, and says what that changes. Pure.

`pump` sends the parts; the bot editor and the chat panel show the warnings before anything is sent. Nothing is lost:
what a messenger cannot show becomes words or an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from messengers import markup
from messengers.adapter import Capabilities
from messengers.content import (
    Attachment,
    Button,
    CallButton,
    Card,
    Content,
    Location,
    ReplyButton,
    ShareLocationButton,
    SharePhoneButton,
    UrlButton,
)
from messengers.cut import cut, length

_MARKS = frozenset("*_~`[\\")
BEARER = "👇"  # what buttons stand under where files cannot have them and there are no words
MAP_ADDRESS = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 - the field's word for it
    """Something that will look different there. `code` is for the page's words, `facts` for the gaps in them."""

    code: str
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The messages that leave, what they change, and the buttons that became numbers: "2" means the second."""

    parts: list[Content]
    warnings: list[Warning]
    numbered: list[ReplyButton]


def fit(content: Content, capabilities: Capabilities, links: Mapping[int, str] | None = None) -> Fitted:
    """Return the message in parts that the messenger can carry; `links` are the files' addresses by media id."""
    if _fits_as_it_is(content, capabilities):
        marked = content.markup and capabilities.markup
        return Fitted([content if marked == content.markup else content.model_copy(update={"markup": marked})], [], [])
    return _Fitting(capabilities, links or {}).fit(content)


def _fits_as_it_is(content: Content, can: Capabilities) -> bool:
    """Say whether a message is but a short text: most of a mailing's are, and asking is cheaper than fitting."""
    return not (
        content.attachments
        or content.location
        or content.cards
        or content.buttons
        or len(content.text) * 2 > can.text  # a character has at most two UTF-16 units
        or (content.markup and not can.markup and not _MARKS.isdisjoint(content.text))
        or content.text != content.text.strip()
    )


class _Fitting:
    def __init__(self, capabilities: Capabilities, links: Mapping[int, str]) -> None:
        self.can = capabilities
        self.links = links
        self.warnings: list[Warning] = []
        self.numbered: list[ReplyButton] = []

    def fit(self, content: Content) -> Fitted:
        parts = self._message(content) if _says_more_than_cards(content) else []
        carousel = bool(content.cards) and len(content.cards) <= self.can.cards and all(map(self._shows, content.cards))
        if carousel:
            parts.append(Content(cards=content.cards))
        elif content.cards:
            self._warn("cards_as_messages", count=len(content.cards))
            for card in content.cards:
                parts += self._message(_as_message(card))
        return Fitted(parts, self.warnings, self.numbered)

    def _message(self, content: Content) -> list[Content]:
        files, links = self._files(content.attachments)
        buttons, lines = self._buttons(content.buttons)
        location = content.location
        if location and not self.can.location:
            self._warn("location_as_link")
            links.append(_map_link(location))
            location = None
        text = self._text(content, [*links, *lines])
        return self._assembled(text, content.markup and self.can.markup, files, location, buttons)

    def _assembled(
        self, text: str, marked: bool, files: list[Attachment], location: Location | None, buttons: list[Button]
    ) -> list[Content]:
        groups = self._groups(files)
        captioned = bool(text) and len(groups) == 1 and length(text, markup=marked) <= self.can.caption
        if buttons and groups and len(groups[-1]) > 1 and not self.can.album_buttons:
            captioned = False
            text = text or BEARER
        if text and groups and not captioned:
            self._warn("caption_moved")
        parts = [Content(attachments=group, text=text if captioned else "", markup=marked) for group in groups]
        if location:
            parts.append(Content(location=location, markup=marked))
        if text and not captioned:
            pieces = cut(text, self.can.text, markup=marked)
            if len(pieces) > 1:
                self._warn("text_split", parts=len(pieces))
            parts += [Content(text=piece, markup=marked) for piece in pieces]
        if buttons and parts:
            # Under the words if there are any, or else under whatever there is.
            bearer = max((n for n, part in enumerate(parts) if part.text), default=len(parts) - 1)
            parts[bearer] = parts[bearer].model_copy(update={"buttons": buttons})
        return parts

    def _text(self, content: Content, lines: Sequence[str]) -> str:
        marked = content.markup and self.can.markup
        text = content.text.strip()
        if content.markup and not self.can.markup:
            plain = markup.plain(text)
            if any(span.styles or span.href for span in markup.parse(text)):
                self._warn("formatting_lost")
            text = plain
        shown = [markup.escape(line) if marked else line for line in lines]
        return "\n\n".join(block for block in (text, "\n".join(shown)) if block)

    def _files(self, attachments: Sequence[Attachment]) -> tuple[list[Attachment], list[str]]:
        carried: list[Attachment] = []
        links: list[str] = []
        for file in attachments:
            limit = self.can.attachments.get(file.kind, 0)
            if limit and file.size <= limit and self.can.attachments_per_message:
                carried.append(file)
                continue
            code = "file_too_large" if limit else "file_as_link"
            self._warn(code, name=file.name, kind=file.kind.value, limit=limit)
            address = self.links.get(file.media, "")
            links.append(": ".join(part for part in (file.name or file.kind.value, address) if part))
        return carried, links

    def _buttons(self, buttons: Sequence[Button]) -> tuple[list[Button], list[str]]:
        carried: list[Button] = []
        lines: list[str] = []
        replies = 0
        for button in buttons:
            if isinstance(button, ReplyButton) and replies < self.can.reply_buttons:
                replies += 1
                carried.append(self._shortened(button))
            elif isinstance(button, ReplyButton):
                self.numbered.append(button)
                lines.append(f"{len(self.numbered)}. {button.text}")
            elif self._carries(button):
                carried.append(self._shortened(button))
            else:
                lines.append(_as_line(button))
        if lines:
            self._warn("buttons_as_text", count=len(lines))
        return carried, lines

    def _groups(self, files: list[Attachment]) -> list[list[Attachment]]:
        """Put files together that may share a message, in their order."""
        groups: list[list[Attachment]] = []
        for file in files:
            group = groups[-1] if groups else []
            together = {*(one.kind for one in group), file.kind}
            full = not group or len(group) >= self.can.attachments_per_message
            if full or not any(together <= album for album in self.can.albums):
                groups.append([file])
            else:
                group.append(file)
        return groups

    def _carries(self, button: Button) -> bool:
        match button:
            case UrlButton():
                return self.can.url_buttons
            case CallButton():
                return self.can.call_buttons
            case SharePhoneButton():
                return self.can.share_phone
            case ShareLocationButton():
                return self.can.share_location
            case _:
                return False

    def _shortened(self, button: Button) -> Button:
        if len(button.text) <= self.can.button_text:
            return button
        self._warn("button_shortened", text=button.text, limit=self.can.button_text)
        return button.model_copy(update={"text": button.text[: self.can.button_text - 1].rstrip() + "…"})

    def _shows(self, card: Card) -> bool:
        replies = sum(isinstance(button, ReplyButton) for button in card.buttons)
        others = all(self._carries(button) for button in card.buttons if not isinstance(button, ReplyButton))
        image = card.image is None or card.image.size <= self.can.attachments.get(card.image.kind, 0)
        return others and image and replies <= self.can.reply_buttons

    def _warn(self, code: str, **facts: int | str) -> None:
        self.warnings.append(Warning(code, facts))


def _says_more_than_cards(content: Content) -> bool:
    return bool(content.text.strip() or content.attachments or content.location or content.buttons)


def _as_message(card: Card) -> Content:
    words = [f"*{markup.escape(card.title)}*", markup.escape(card.text)]
    text = "\n".join(part for part in words if part)
    return Content(text=text, attachments=[card.image] if card.image else [], buttons=card.buttons)


def _as_line(button: Button) -> str:
    match button:
        case UrlButton(text=text, url=url):
            return f"{text}: {url}"
        case CallButton(text=text, phone=phone):
            return f"{text}: {phone}"
        case _:
            return button.text


def _map_link(location: Location) -> str:
    address = MAP_ADDRESS.format(latitude=location.latitude, longitude=location.longitude)
    return f"{location.title}: {address}" if location.title else address
